import { optimizer, someRows, withSlots } from './_optimizer.js';

/**
 * Lazy Adam: like torch.optim.SparseAdam it does not update rows without a gradient. Their moments stay unchanged, and
 * the bias correction uses the global step count. Coupled weight decay applies to the updated rows only. A row with a
 * gradient in every step is updated as by `adam`, so epsilon has the position of torch.optim.Adam, not of SparseAdam.
 */
export const lazyAdam = optimizer({
  name: 'lazy-adam',
  summary: 'Adam that updates only rows with a gradient in the step: the users and items of the batch',
  create: (k, parameters, o) =>
    withSlots(k, parameters, ['first', 'second'], (p, [first, second], step) => {
      const dim = p.values.length / p.shape[0]!;
      const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...o, step };
      k.lazyAdam(p.values, p.gradient, first!, second!, dim, adam, someRows(p)?.rows);
    }),
});
