import { optimizer, someRows, withSlots } from './_optimizer.js';

/** Adagrad (Duchi et al., JMLR 2011) as torch.optim.Adagrad without learning rate decay. */
export const adagrad = optimizer({
  name: 'adagrad',
  summary: 'step sizes that only shrink',
  create(k, parameters, o) {
    const epsilon = o.epsilon ?? 1e-10;
    // Otherwise rows without a gradient move, too; without epsilon their 0 / 0 is no number.
    const sparse = o.l2 === 0 && Math.fround(epsilon) > 0;
    return withSlots(k, parameters, ['squares'], (p, [squares]) => {
      k.adagrad(p.values, p.gradient, squares!, { ...o, epsilon }, sparse ? someRows(p) : undefined);
    });
  },
});
