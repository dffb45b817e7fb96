import { optimizer, someRows, withSlots } from './_optimizer.js';

/**
 * Adam that leaves rows without any gradient alone, as torch.optim.SparseAdam: their moments stay, and the bias correction goes by the steps of
 * all. Coupled weight decay pulls on the moved rows only. A row that gets a gradient in every step moves as with `adam` (so epsilon
 * stands where torch.optim.Adam has it, not where SparseAdam has it).
 */
export const lazyAdam = optimizer({
  name: 'lazy-adam',
  summary: 'adam on the rows that have a gradient in the step, such as the users and items of the batch',
  create: (k, parameters, o) =>
    withSlots(k, parameters, ['first', 'second'], (p, [first, second], step) => {
      const dim = p.values.length / p.shape[0]!;
      const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...o, step };
      k.lazyAdam(p.values, p.gradient, first!, second!, dim, adam, someRows(p)?.rows);
    }),
});
