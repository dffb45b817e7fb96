/** The pairs of a batch that one model learns from the other: the users and the items sampled for them. */
import { type Interactions, itemsOf, placeInRow } from '../../data/interactions.js';
import type { Kernels } from '../../kernels/index.js';
import type { Batch } from '../../models/_model.js';
import type { DrawnItems } from './draws.js';

/** Maximum number of pairs in a batch of `batchSize` interactions or users. */
export function maxPairs(train: Interactions, kind: Batch['kind'], batchSize: number, samples: number): number {
  if (kind === 'pairs') return Math.min(batchSize, train.indices.length) * samples;
  const degrees = Int32Array.from({ length: train.nUsers }, (_, u) => itemsOf(train, u).length).sort();
  return degrees.subarray(-batchSize).reduce((a, b) => a + b, 0) * samples;
}

/** Buffers are in kernel memory. */
export interface BatchPairs {
  readonly users: Int32Array;
  readonly items: Int32Array;
  /** Writes the pairs of a batch to `users` and `items`; returns their number. */
  pick(batch: Batch): number;
  /** Replaces the negatives of a batch by the sampled items. */
  share(batch: Batch): void;
  close(): void;
}

/** Batches of pairs: the items sampled for each pair. Batches of users: all items sampled for a user, each once. */
export function createBatchPairs(k: Kernels, train: Interactions, drawn: DrawnItems, most: number): BatchPairs {
  const { each } = drawn;
  const [users, items] = [k.ints(most), k.ints(most)];
  const lastFor = new Float64Array(train.nItems);
  let rows = 0;
  let n = 0;
  /** Adds the items sampled for the user's interactions in positions `[from, to)`. */
  const add = (user: number, start: number, from: number, to: number, once: boolean) => {
    for (let at = start + from * each; at < start + to * each; at++) {
      const item = drawn.items[at]!;
      if (item < 0 || (once && lastFor[item] === rows)) continue;
      lastFor[item] = rows;
      users[n] = user;
      items[n++] = item;
    }
  };
  return {
    users,
    items,
    pick(batch) {
      if (batch.kind === 'items') throw new TypeError('bd works on batches of users or of their interactions');
      const start = drawn.start(batch.epoch);
      n = 0;
      for (let b = 0; b < batch.size; b++) {
        const user = batch.users[b]!;
        rows += 1;
        if (batch.kind === 'rows') add(user, start, train.indptr[user]!, train.indptr[user + 1]!, true);
        else {
          const place = placeInRow(train, user, batch.positives[b]!);
          add(user, start, place, place + 1, false);
        }
      }
      return n;
    },
    share(batch) {
      if (batch.kind !== 'pairs') return;
      const start = drawn.start(batch.epoch);
      for (let b = 0; b < batch.size; b++) {
        const from = start + placeInRow(train, batch.users[b]!, batch.positives[b]!) * each;
        for (let j = 0; j < each; j++)
          if (drawn.items[from + j]! >= 0) batch.negatives[b * each + j] = drawn.items[from + j]!;
      }
    },
    close: () => k.free(users, items),
  };
}
