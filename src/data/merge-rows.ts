/**
 * Merges rows that arrive one by one, in any order, into interactions. The number of rows of each user is known beforehand, so that a row is
 * written to its final place: 4 bytes a row, and 8 more for a time and for a weight, without a sort of all rows.
 */
import { fail } from '../errors.js';
import type { Interactions } from './interactions.js';

export interface MergeSpec {
  readonly nUsers: number;
  readonly nItems: number;
  /** Number of rows of each user, at most 2^31 - 1 in all. */
  readonly userRows: Int32Array;
  readonly timed: boolean;
  /** Weight of a pair: the sum of given weights, its number of rows, or none. */
  readonly weights: 'given' | 'rows' | 'none';
}

export interface Merger {
  /** @param time and @param weight are ignored if there are none */
  add(user: number, item: number, time: number, weight: number): void;
  /**
   * In parts, each pair once, with its earliest time and the sum of its weights. Call once, after `userRows` rows of each user.
   * @throws RecdistillError `bad-data` for a summed weight that is not above 0 and finite as float32
   */
  merging(): Generator<number, Interactions>;
}

/** A view on an array is kept up to this share of unused entries, because a copy would need both at once. */
const UNUSED = 1 / 2;
/** Users whose rows are merged at a time. */
const USERS_AT_ONCE = 1024;
/** Rows of one user whose order fits into a float64 beside an item. */
const PACKED = 2 ** 21;

export function createMerger({ nUsers, nItems, userRows, timed, weights: how }: MergeSpec): Merger {
  const starts = new Int32Array(nUsers + 1);
  for (let u = 0; u < nUsers; u++) starts[u + 1] = starts[u]! + userRows[u]!;
  const rows = starts[nUsers]!;
  const cursor = starts.slice(0, nUsers);
  const indices = new Int32Array(rows);
  const times = timed ? new Float64Array(rows) : undefined;
  const given = how === 'given' ? new Float64Array(rows) : undefined;
  const sums = how === 'none' ? undefined : new Float32Array(rows);

  /** Merges the rows `from` to `to` of one user into the entries from `size`. @returns the entry after them */
  function mergeUser(user: number, from: number, to: number, size: number): number {
    const own = indices.subarray(from, to);
    const order = times || given ? sortBeside(own) : undefined;
    if (!order) own.sort();
    // What is written ends before what is still to be read.
    const ownTimes = times?.slice(from, to);
    const ownWeights = given?.slice(from, to);
    const n = to - from;
    for (let at = 0, end = 0; at < n; at = end, size++) {
      const item = own[at]!;
      for (end = at + 1; end < n && own[end] === item; ) end += 1;
      indices[size] = item;
      if (times) times[size] = earliest(ownTimes!, order!, at, end);
      if (sums) {
        const sum = ownWeights ? summed(ownWeights, order!.subarray(at, end)) : end - at;
        sums[size] = sum;
        if (!(sums[size]! > 0 && sums[size]! < Number.POSITIVE_INFINITY)) refuseWeight(sum, user, item);
      }
    }
    return size;
  }

  return {
    add(user, item, time, weight) {
      const at = cursor[user]!++;
      indices[at] = item;
      if (times) times[at] = time;
      if (given) given[at] = weight;
    },
    *merging() {
      const indptr = new Int32Array(nUsers + 1);
      for (let u = 0; u < nUsers; u++) {
        if (u % USERS_AT_ONCE === 0) yield u / nUsers;
        indptr[u + 1] = mergeUser(u, starts[u]!, starts[u + 1]!, indptr[u]!);
      }
      const size = indptr[nUsers]!;
      return {
        ...{ nUsers, nItems, indptr, indices: fitted(indices, size) },
        ...(times ? { times: fitted(times, size) } : {}),
        ...(sums ? { weights: fitted(sums, size) } : {}),
      };
    },
  };
}

function earliest(times: Float64Array, order: Int32Array, from: number, to: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let k = from; k < to; k++) least = Math.min(least, times[order[k]!]!);
  return least;
}

/** Sorts the items of one user. @returns the position that each had before */
function sortBeside(items: Int32Array): Int32Array {
  const n = items.length;
  if (n > PACKED) {
    const order = Int32Array.from(items, (_, k) => k).sort((a, b) => items[a]! - items[b]! || a - b);
    items.set(Int32Array.from(order, (k) => items[k]!));
    return order;
  }
  const packed = new Float64Array(n);
  for (let k = 0; k < n; k++) packed[k] = items[k]! * PACKED + k;
  packed.sort();
  const order = new Int32Array(n);
  for (let k = 0; k < n; k++) {
    const item = Math.floor(packed[k]! / PACKED);
    items[k] = item;
    order[k] = packed[k]! - item * PACKED;
  }
  return order;
}

/** The smallest weight is added first, so that the order of the rows does not matter. */
const summed = (weights: Float64Array, run: Int32Array): number =>
  run.length === 1
    ? weights[run[0]!]!
    : Float64Array.from(run, (k) => weights[k]!)
        .sort()
        .reduce((a, b) => a + b);

const refuseWeight = (sum: number, user: number, item: number) =>
  fail('bad-data', {
    path: 'weights',
    problem: `the weight of item ${item} of user ${user} (numbers from 0, in the order of the ids), summed over all rows, is ${sum}; expected a number above 0 that is finite as float32`,
    hint: 'Correct the weight, or divide all weights by the same constant.',
  });

/** The first `size` entries: a view, or a copy if that frees more than it takes for a moment. */
export function fitted<T extends Int32Array | Float32Array | Float64Array>(values: T, size: number): T {
  const fits = values.length - size <= values.length * UNUSED;
  return (fits ? values.subarray(0, size) : values.slice(0, size)) as T;
}
