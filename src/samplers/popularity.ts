import { sampler } from './_sampler.js';

/** Samples items in proportion to their number of train interactions. An item without train interactions is never sampled. */
export const popularity = sampler({
  name: 'popularity',
  summary: 'items in proportion to their number of train interactions',
  create: (k, train, rows, avoided) => ({
    draw: (out, users, key, epoch, first) =>
      k.negatives(out, users, avoided, train.nItems, key, epoch, first, rows.indices),
    close() {},
  }),
});
