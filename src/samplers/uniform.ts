import { sampler } from './_sampler.js';

/** Every item that the user does not have is equally likely. */
export const uniform = sampler({
  name: 'uniform',
  summary: 'every item alike',
  create: (k, train, _, spared) => ({
    draw: (out, users, key, epoch, first) => k.negatives(out, users, spared, train.nItems, key, epoch, first),
    close() {},
  }),
});
