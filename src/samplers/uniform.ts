import { sampler } from './_sampler.js';

/** Samples uniformly from the items that the user does not have. */
export const uniform = sampler({
  name: 'uniform',
  summary: 'all unobserved items with equal probability',
  create: (k, train, _, avoided) => ({
    draw: (out, users, key, epoch, first) => k.negatives(out, users, avoided, train.nItems, key, epoch, first),
    close() {},
  }),
});
