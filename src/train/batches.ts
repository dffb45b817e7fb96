/** The batches of an epoch. They depend on the seed and the number of the epoch only, so a resumed run sees the same. */
import { shuffle, stream } from '../config/random.js';
import type { Interactions } from '../data/interactions.js';
import { freeRows, type Kernels, takeRows } from '../kernels/index.js';
import type { Batch } from '../models/_model.js';

export interface Batches {
  readonly perEpoch: number;
  epoch(epoch: number): Iterable<Batch>;
  close(): void;
}

export function createBatches(
  k: Kernels,
  train: Interactions,
  kind: 'pairs' | 'rows',
  batchSize: number,
  seed: number,
): Batches {
  return kind === 'pairs' ? pairBatches(k, train, batchSize, seed) : rowBatches(k, train, batchSize, seed);
}

/** Every train interaction once, in random order, each with one negative drawn uniformly from what the user does not have. */
function pairBatches(k: Kernels, train: Interactions, batchSize: number, seed: number): Batches {
  const total = train.indices.length;
  const size = Math.min(batchSize, total);
  const rows = takeRows(k, { columns: train.items, indptr: train.indptr, indices: train.indices });
  const [users, positives, negatives] = [k.ints(size), k.ints(size), k.ints(size)];
  const orderKey = stream(seed, 'batches order');
  const negativeKey = stream(seed, 'batches negatives');
  const owner = new Int32Array(total);
  for (let u = 0; u < train.users; u++) owner.fill(u, train.indptr[u]!, train.indptr[u + 1]!);
  const order = new Int32Array(total);
  return {
    perEpoch: Math.ceil(total / size),
    *epoch(epoch) {
      for (let e = 0; e < total; e++) order[e] = e;
      shuffle(order, orderKey, epoch);
      for (let start = 0, index = 0; start < total; start += size, index++) {
        const n = Math.min(size, total - start);
        for (let b = 0; b < n; b++) {
          users[b] = owner[order[start + b]!]!;
          positives[b] = train.indices[order[start + b]!]!;
        }
        k.negatives(negatives.subarray(0, n), users, rows, train.items, negativeKey, epoch, start);
        yield { kind: 'pairs', size: n, users, positives, negatives, epoch, index };
      }
    },
    close() {
      freeRows(k, rows);
      k.free(users, positives, negatives);
    },
  };
}

/** Every user with at least one train item once, in random order. */
function rowBatches(k: Kernels, train: Interactions, batchSize: number, seed: number): Batches {
  const active = Int32Array.from({ length: train.users }, (_, u) => u).filter(
    (u) => train.indptr[u + 1]! > train.indptr[u]!,
  );
  const size = Math.max(1, Math.min(batchSize, active.length));
  const users = k.ints(size);
  const key = stream(seed, 'batches order');
  return {
    perEpoch: Math.ceil(active.length / size),
    *epoch(epoch) {
      const order = active.slice();
      shuffle(order, key, epoch);
      for (let start = 0, index = 0; start < order.length; start += size, index++) {
        const part = order.subarray(start, start + size);
        users.set(part);
        yield { kind: 'rows', size: part.length, users, epoch, index };
      }
    },
    close: () => k.free(users),
  };
}
