/**
 * The regulariser of PCKD: projected users and items should score a user's items in the order of the student. Only the projections learn from
 * it; the embeddings, and the scores before the projection, are constants.
 */
import type { Kernels } from '../../kernels/index.js';
import { inconsistency, preferenceList, preferencePair } from '../../losses/index.js';
import type { Batch, Tables } from '../../models/_model.js';
import { createScratch } from '../../models/scratch.js';
import type { Side } from '../features/side.js';

export interface PreferenceOptions {
  /** `list`: all items. `pair`: the first two. `hybrid`: the last two as a pair, and the others as a list, with equal weights. */
  readonly regulariser: 'list' | 'pair' | 'hybrid';
  /** Divides the scores in the softmax of a list. */
  readonly scoreTemperature: number;
}

export interface Preference {
  /**
   * Adds `scale` times the gradient of the loss to the parameters of both projections.
   * @param users distinct
   * @param lists items of each user; a user with fewer than two has no part in it
   * @param measure whether `turned` is needed
   * @returns the loss without `scale`, summed over users; the sum of the users' shares of pairs whose order the projections turn round; and the
   *   number of users with a part in it
   */
  accumulate(
    users: Int32Array,
    lists: readonly Int32Array[],
    tables: Tables,
    scale: number,
    batch: Batch,
    measure: boolean,
  ): { readonly loss: number; readonly turned: number; readonly users: number };
  close(): void;
}

/** @param width dimension of the projected rows */
export function createPreference(
  k: Kernels,
  sides: { readonly users: Side; readonly items: Side },
  width: number,
  { regulariser, scoreTemperature: temperature }: PreferenceOptions,
): Preference {
  const scratch = createScratch(k);
  let ids = pairIds(k, 0);
  const lossOf = (pre: Float32Array | Float64Array, post: Float32Array | Float64Array): number => {
    if (regulariser === 'list') return preferenceList(pre, post, post, temperature);
    if (regulariser === 'pair') return preferencePair(pre, post, post);
    const split = pre.length - 2;
    const [ahead, behind] = [post.subarray(0, split), post.subarray(split)];
    const listed = split > 0 ? preferenceList(pre.subarray(0, split), ahead, ahead, temperature) : 0;
    return listed + preferencePair(pre.subarray(split), behind, behind);
  };
  return {
    accumulate(users, lists, { userFactors, itemFactors, dim }, scale, batch, measure) {
      const total = lists.reduce((sum, list) => sum + list.length, 0);
      if (ids.users.length < total) {
        ids.free();
        ids = pairIds(k, Math.ceil(1.25 * total));
      }
      const placeOf = new Map<number, number>();
      let n = 0;
      lists.forEach((list, row) => {
        for (const item of list) {
          if (!placeOf.has(item)) placeOf.set(item, placeOf.size);
          ids.users[n] = users[row]!;
          ids.rows[n] = row;
          ids.items[n] = item;
          ids.places[n++] = placeOf.get(item)!;
        }
      });
      if (n === 0) return { loss: 0, turned: 0, users: 0 };
      const items = Int32Array.from(placeOf.keys());
      const ofUsers = sides.users.project(users, userFactors, batch);
      const ofItems = sides.items.project(items, itemFactors, batch);
      const [pre, post] = [scratch.floats('pre', n), scratch.floats('post', n)];
      k.dotPairs(userFactors, itemFactors, dim, ids.users, ids.items, pre, n);
      k.dotPairs(ofUsers, ofItems, width, ids.rows, ids.places, post, n);
      let [loss, turned, taught, from] = [0, 0, 0, 0];
      for (const { length } of lists) {
        const [own, scores] = [pre.subarray(from, from + length), post.subarray(from, from + length)];
        from += length;
        if (length < 2) {
          scores.fill(0);
          continue;
        }
        taught += 1;
        if (measure) turned += inconsistency(own, scores);
        loss += lossOf(own, scores);
        for (let at = 0; at < length; at++) scores[at]! *= scale;
      }
      const userGradient = scratch.floats('users', users.length * width).fill(0);
      const itemGradient = scratch.floats('items', items.length * width).fill(0);
      k.accumulate(userGradient, ids.rows, ofItems, ids.places, post, width, n);
      k.accumulate(itemGradient, ids.places, ofUsers, ids.rows, post, width, n);
      sides.users.back(users, userFactors, userGradient, batch);
      sides.items.back(items, itemFactors, itemGradient, batch);
      return { loss, turned, users: taught };
    },
    close() {
      scratch.close();
      ids.free();
    },
  };
}

/** Pairs of a user and an item: their ids, the row of the user, the place of the item among the distinct ones. */
function pairIds(k: Kernels, length: number) {
  const [users, rows, items, places] = [k.ints(length), k.ints(length), k.ints(length), k.ints(length)];
  return { users, rows, items, places, free: () => k.free(users, rows, items, places) };
}
