import { type OptimizerSpec, withSlots } from './_optimizer.js';

/** Adagrad (Duchi et al., JMLR 2011) as torch.optim.Adagrad without learning rate decay. */
export const adagrad: OptimizerSpec = {
  name: 'adagrad',
  summary: 'step sizes that only shrink',
  create: (k, parameters, o) =>
    withSlots(k, parameters, ['squares'], (p, [squares]) => {
      k.adagrad(p.values, p.gradient, squares!, { epsilon: 1e-10, ...o });
    }),
};
