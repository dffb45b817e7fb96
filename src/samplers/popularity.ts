import { sampler } from './_sampler.js';

/** An item is as likely as it is popular: drawn from all train interactions, so an item that nobody has is never drawn. */
export const popularity = sampler({
  name: 'popularity',
  summary: 'items as often as they occur in train',
  create: (k, train, rows, spared) => ({
    draw: (out, users, key, epoch, first) =>
      k.negatives(out, users, spared, train.nItems, key, epoch, first, rows.indices),
    close() {},
  }),
});
