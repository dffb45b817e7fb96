import { type OptimizerSpec, withSlots } from './_optimizer.js';

/** Plain stochastic gradient descent. */
export const sgd: OptimizerSpec = {
  name: 'sgd',
  create: (k, parameters, o) =>
    withSlots(k, parameters, [], (p, _, step) => {
      // Without momentum the kernel leaves its buffer alone, so any array will do.
      k.sgd(p.values, p.gradient, p.gradient, { ...o, momentum: 0, step });
    }),
};
