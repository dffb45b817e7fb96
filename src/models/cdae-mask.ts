/** The (user, item) pairs in the loss of CDAE. */

import { type Interactions, itemsOf } from '../data/interactions.js';
import { type Floats, freeRows, type Kernels, takeRows } from '../kernels/index.js';
import { stream } from '../math/random.js';

export interface Mask {
  /** The pairs of the last `draw`, in kernel memory. The target is 1 for an interaction and 0 for a sampled item. */
  readonly users: Int32Array;
  readonly items: Int32Array;
  readonly targets: Floats;
  /** @returns the number of pairs: the users' interactions, and each sampled item once for its user */
  draw(users: Int32Array, epoch: number, index: number): number;
  close(): void;
}

/**
 * For a user with n interactions, `negatives * n` items that the user does not have (see `avoiding`) are sampled uniformly with
 * replacement. An item that is sampled twice counts once. The sample depends on the seed, the epoch and the position of the user in it.
 * @param batchSize maximum number of users in one call
 */
export function createMask(
  k: Kernels,
  train: Interactions,
  negatives: number,
  batchSize: number,
  seed: number,
  purpose: string,
): Mask {
  const degrees = Int32Array.from({ length: train.nUsers }, (_, u) => train.indptr[u + 1]! - train.indptr[u]!);
  const interactions = degrees
    .sort()
    .subarray(-batchSize)
    .reduce((a, b) => a + b, 0);
  const most = interactions * negatives;
  const [users, items] = [k.ints(interactions + most), k.ints(interactions + most)];
  const targets = k.floats(interactions + most);
  const [against, drawn] = [k.ints(most), k.ints(most)];
  const { indptr, indices } = train.avoided ?? train;
  const rows = takeRows(k, { columns: train.nItems, indptr, indices });
  const key = stream(seed, purpose);
  // For each item, the last sample of a user that contained it.
  const lastIn = new Float64Array(train.nItems);
  let draws = 0;
  return {
    users,
    items,
    targets,
    draw(chosen, epoch, index) {
      let asked = 0;
      for (const user of chosen) {
        const n = itemsOf(train, user).length * negatives;
        against.fill(user, asked, asked + n);
        asked += n;
      }
      k.negatives(drawn.subarray(0, asked), against, rows, train.nItems, key, epoch, index * most);
      let [pairs, from] = [0, 0];
      const add = (user: number, item: number, target: number) => {
        users[pairs] = user;
        items[pairs] = item;
        targets[pairs] = target;
        pairs += 1;
      };
      for (const user of chosen) {
        draws += 1;
        const own = itemsOf(train, user);
        for (const item of own) add(user, item, 1);
        const to = from + own.length * negatives;
        for (; from < to; from++) {
          const item = drawn[from]!;
          if (lastIn[item] === draws) continue;
          lastIn[item] = draws;
          add(user, item, 0);
        }
      }
      return pairs;
    },
    close() {
      freeRows(k, rows);
      k.free(users, items, targets, against, drawn);
    },
  };
}
