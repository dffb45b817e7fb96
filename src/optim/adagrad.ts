import { optimizer, someRows, withSlots } from './_optimizer.js';

/** Adagrad (Duchi et al., JMLR 2011), like torch.optim.Adagrad without learning rate decay. */
export const adagrad = optimizer({
  name: 'adagrad',
  summary: 'Adagrad: per-parameter learning rates that decrease monotonically',
  create(k, parameters, o) {
    const epsilon = o.epsilon ?? 1e-10;
    // Otherwise rows without a gradient change, too. Without epsilon their update is 0 / 0 = NaN.
    const sparse = o.l2 === 0 && Math.fround(epsilon) > 0;
    return withSlots(k, parameters, ['squares'], (p, [squares]) => {
      k.adagrad(p.values, p.gradient, squares!, { ...o, epsilon }, sparse ? someRows(p) : undefined);
    });
  },
});
