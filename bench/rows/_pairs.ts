import type { Kernels } from 'recdistill';
import { takeRows } from 'recdistill/kernels';
import { shuffle, stream } from 'recdistill/math';
import type { PairBatch } from 'recdistill/models';
import type { BenchData } from '../data.js';
import { type Tensors, tensor } from '../tensors.js';

/**
 * Interactions of an epoch of cml and neumf that are compared: all of an epoch as short as CiteULike's, the first 32 batches of a longer one. Where rounding
 * makes another item the nearest, or turns a unit on, rows move by a step and their neighbours follow, so that after hundreds of batches PyTorch
 * is as far from its own float64 (peers/rounding.py).
 */
export const comparedOf = (size: number, batchSize: number): number =>
  size <= 100 * batchSize ? size : 32 * batchSize;

export interface DrawnEpoch {
  /** Interactions. */
  readonly size: number;
  /** `userIds`, `positives`, and `negatives` of shape [size, perPositive]. */
  readonly inputs: Tensors;
  /** @param most the first so many interactions alone */
  batches(batchSize: number, most?: number): Iterable<PairBatch>;
}

/** All train interactions once, in random order, each with items that the user does not have; drawn beforehand for both sides. */
export function drawnEpoch(k: Kernels, { train, nUsers: count, nItems }: BenchData, perPositive = 1): DrawnEpoch {
  const size = train.indices.length;
  const owner = new Int32Array(size);
  for (let u = 0; u < count; u++) owner.fill(u, train.indptr[u], train.indptr[u + 1]);
  const order = Int32Array.from({ length: size }, (_, e) => e);
  shuffle(order, stream(1, 'benchmark order'), 0);
  const [users, positives] = [k.ints(size), k.ints(size)];
  const [against, negatives] = [k.ints(size * perPositive), k.ints(size * perPositive)];
  users.set(order.map((e) => owner[e]!));
  positives.set(order.map((e) => train.indices[e]!));
  for (let e = 0; e < size; e++) against.fill(users[e]!, e * perPositive, (e + 1) * perPositive);
  const rows = takeRows(k, { columns: nItems, indptr: train.indptr, indices: train.indices });
  k.negatives(negatives, against, rows, nItems, stream(1, 'benchmark negatives'), 0, 0);
  return {
    size,
    inputs: {
      userIds: tensor(users),
      positives: tensor(positives),
      negatives: tensor(negatives, size, perPositive),
    },
    *batches(batchSize, most = size) {
      const last = Math.min(size, most);
      for (let begin = 0, index = 0; begin < last; begin += batchSize, index++) {
        const end = Math.min(begin + batchSize, last);
        yield {
          kind: 'pairs',
          size: end - begin,
          users: users.subarray(begin, end),
          positives: positives.subarray(begin, end),
          negatives: negatives.subarray(begin * perPositive, end * perPositive),
          perPositive,
          epoch: 1,
          index,
        };
      }
    },
  };
}
