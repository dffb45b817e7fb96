/** Implicit feedback of users on items in compressed sparse row (CSR) form, and the data sets built from it. */
import { fail } from '../errors.js';
import type { DataMemory } from '../memory/index.js';

export interface Interactions {
  /** Number of users: the rows. */
  readonly nUsers: number;
  /** Number of items: the columns. */
  readonly nItems: number;
  /** Row starts, length `nUsers + 1`. */
  readonly indptr: Int32Array;
  /** Item indices, strictly ascending within each row. */
  readonly indices: Int32Array;
  /** Unix time in seconds of each entry of `indices`, if the source has times. */
  readonly times?: Float64Array;
  /** Weight of each entry of `indices`, > 0, if the source has weights. */
  readonly weights?: Float32Array;
  /** Items that are never sampled as negatives for each user, if these are more than the row's own: see `avoiding`. */
  readonly avoided?: Interactions;
  /** Users who take part in training, ascending, if others are held out whole. Absent: all users. */
  readonly trainUsers?: Int32Array;
}

/** External ids: `ids[k]` is the id of row or column `k`, exactly as in the source. */
export interface IdMap {
  readonly ids: readonly string[];
  readonly index: ReadonlyMap<string, number>;
}

/** A data set ready for training: disjoint parts over the same users and items. */
export interface Dataset {
  readonly name: string;
  readonly users: IdMap;
  readonly items: IdMap;
  /** Readable names of items, if the source has any. `''` for an item without a name. */
  readonly itemLabels?: readonly string[];
  readonly train: Interactions;
  readonly valid: Interactions;
  readonly test: Interactions;
  /**
   * Histories of users who are held out whole. They have no train interactions, and valid or test has the rest of theirs. A model is evaluated
   * on them by its scores for their histories. Absent: no user is held out whole.
   */
  readonly foldIn?: Interactions;
  /** Interactions removed from `train` for evaluation, if the option `hiddenShare` is set. */
  readonly hidden?: {
    readonly interactions: Interactions /** Fingerprint of the data set before they were removed. */;
    readonly whole: string;
  };
  /** Memory that it takes, from its rows as they were read. Absent: estimated from its sizes. */
  readonly memory?: DataMemory;
  /** SHA-256 (hex) of the ids, the parts and the train weights. Equal data has equal fingerprints in every source format. */
  readonly fingerprint: string;
  /** Processing steps: rows read, filtered, dropped, split. Shown to the user and kept in manifests. */
  readonly notes: readonly string[];
}

interface StatedSizes {
  readonly count: number;
  readonly weighted: boolean;
}

/** Sizes of interactions whose arrays are read when they are asked for. A copy with other arrays does not have them. */
const stated = new WeakMap<Interactions, StatedSizes>();

/** States the sizes of `x`, so that asking for them does not read its arrays. */
export const stateSizes = (x: Interactions, sizes: StatedSizes): void => void stated.set(x, sizes);

/** Number of interactions. */
export const count = (x: Interactions): number => stated.get(x)?.count ?? x.indices.length;

/** Whether interactions have weights. */
export const isWeighted = (x: Interactions): boolean => stated.get(x)?.weighted ?? x.weights !== undefined;

/** The items of one user, ascending. A view: do not write. */
export const itemsOf = (x: Interactions, user: number): Int32Array =>
  x.indices.subarray(x.indptr[user]!, x.indptr[user + 1]!);

/** The weights of one user's items, in the order of `itemsOf`; undefined if there are none. A view: do not write. */
export const weightsOf = (x: Interactions, user: number): Float32Array | undefined =>
  x.weights?.subarray(x.indptr[user]!, x.indptr[user + 1]!);

/** Position of `item` of `user` in `indices`, by binary search. -1 if the user does not have it. */
export function placeInRow(x: Interactions, user: number, item: number): number {
  let lo = x.indptr[user]!;
  let hi = x.indptr[user + 1]!;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (x.indices[mid]! < item) lo = mid + 1;
    else hi = mid;
  }
  return lo < x.indptr[user + 1]! && x.indices[lo] === item ? lo : -1;
}

/** True if `user` has `item`. */
export const has = (x: Interactions, user: number, item: number): boolean => placeInRow(x, user, item) >= 0;

/** The same as `packLists` of `list(0)`, `list(1)`, ..., `list(n - 1)`, without holding them one by one. */
export function packEach(
  n: number,
  list: (at: number) => ArrayLike<number>,
): { indptr: Int32Array; indices: Int32Array } {
  const indptr = new Int32Array(n + 1);
  let indices = new Int32Array(n);
  for (let at = 0; at < n; at++) {
    const own = list(at);
    const [start, end] = [indptr[at]!, indptr[at]! + own.length];
    if (end > indices.length) {
      const larger = new Int32Array(Math.max(end, Math.ceil(1.5 * indices.length)));
      larger.set(indices.subarray(0, start));
      indices = larger;
    }
    indices.set(own, start);
    indptr[at + 1] = end;
  }
  return { indptr, indices: indices.subarray(0, indptr[n]!) };
}

/** Concatenates lists of numbers. List n is stored from `indptr[n]` to `indptr[n + 1]`, in its own order. */
export function packLists(lists: readonly ArrayLike<number>[]): { indptr: Int32Array; indices: Int32Array } {
  const indptr = new Int32Array(lists.length + 1);
  for (const [n, list] of lists.entries()) indptr[n + 1] = indptr[n]! + list.length;
  const indices = new Int32Array(indptr[lists.length]!);
  for (const [n, list] of lists.entries()) indices.set(list, indptr[n]!);
  return { indptr, indices };
}

/**
 * Builds interactions from pairs. A repeated pair counts once, with its earliest time and the sum of its weights.
 * @param userIds user index of each pair, in `[0, nUsers)`
 * @param itemIds item index of each pair, in `[0, nItems)`
 * @param times Unix time of each pair in seconds
 * @param weights weight of each pair
 * @throws RecdistillError `bad-data` for a summed weight that is not above 0 and finite as float32
 */
export function fromPairs(
  nUsers: number,
  nItems: number,
  userIds: ArrayLike<number>,
  itemIds: ArrayLike<number>,
  times?: ArrayLike<number>,
  weights?: ArrayLike<number>,
): Interactions {
  const n = userIds.length;
  // Two stable counting sorts, by item and then by user, order the pairs in linear time.
  const byItem = stableOrder(nItems, itemIds, n, (k) => k);
  const order = stableOrder(nUsers, userIds, n, (k) => byItem[k]!);
  const indptr = new Int32Array(nUsers + 1);
  const indices = new Int32Array(n);
  const kept = times ? new Float64Array(n) : undefined;
  const starts = weights ? new Uint32Array(n + 1) : undefined;
  let size = 0;
  let lastUser = -1;
  let lastItem = -1;
  for (let at = 0; at < n; at++) {
    const k = order[at]!;
    const u = userIds[k]!;
    const i = itemIds[k]!;
    if (u === lastUser && i === lastItem) {
      if (kept) kept[size - 1] = Math.min(kept[size - 1]!, times![k]!);
      continue;
    }
    indices[size] = i;
    if (kept) kept[size] = times![k]!;
    if (starts) starts[size] = at;
    size += 1;
    indptr[u + 1]! += 1;
    [lastUser, lastItem] = [u, i];
  }
  for (let u = 0; u < nUsers; u++) indptr[u + 1]! += indptr[u]!;
  if (starts) starts[size] = n;
  return {
    ...{ nUsers, nItems, indptr, indices: indices.slice(0, size) },
    ...(kept ? { times: kept.slice(0, size) } : {}),
    ...(starts ? { weights: sumsOf(weights!, order, starts.subarray(0, size + 1)) } : {}),
  };
}

/**
 * Sums the weights of each run of `order`; run n starts at `starts[n]`. The smallest weight is added first, so that the
 * source order does not matter.
 * @throws RecdistillError `bad-data` for a sum that is not above 0 and finite as float32
 */
function sumsOf(weights: ArrayLike<number>, order: Uint32Array, starts: Uint32Array): Float32Array {
  const sums = new Float32Array(starts.length - 1);
  for (let n = 0; n < sums.length; n++) {
    const run = order.subarray(starts[n]!, starts[n + 1]!);
    const sum =
      run.length === 1
        ? weights[run[0]!]!
        : Float64Array.from(run, (k) => weights[k]!)
            .sort()
            .reduce((a, b) => a + b);
    sums[n] = sum;
    if (!(sums[n]! > 0 && sums[n]! < Number.POSITIVE_INFINITY)) refuseWeight(sum, run[0]!);
  }
  return sums;
}

const refuseWeight = (sum: number, pair: number) =>
  fail('bad-data', {
    path: 'weights',
    problem: `the weight of pair ${pair} (from 0), summed over all pairs of the same user and item, is ${sum}; expected a number above 0 that is finite as float32`,
    hint: 'Correct the weight, or divide all weights by the same constant.',
  });

/** Sorts `source(0) .. source(n - 1)` by ascending `keys`. The sort is stable. */
function stableOrder(range: number, keys: ArrayLike<number>, n: number, source: (k: number) => number): Uint32Array {
  const cursor = new Uint32Array(range + 1);
  for (let k = 0; k < n; k++) cursor[keys[k]! + 1]! += 1;
  for (let key = 0; key < range; key++) cursor[key + 1]! += cursor[key]!;
  const order = new Uint32Array(n);
  for (let k = 0; k < n; k++) {
    const pair = source(k);
    order[cursor[keys[pair]!]!++] = pair;
  }
  return order;
}

/** The rows `from` to `to` (exclusive), as rows 0, 1, 2, ... Indices and weights are views: do not write. Times are not kept. */
export function rowsOfRange(x: Interactions, from: number, to: number): Interactions {
  const [first, last] = [x.indptr[from]!, x.indptr[to]!];
  return {
    ...{ nUsers: to - from, nItems: x.nItems },
    indptr: Int32Array.from({ length: to - from + 1 }, (_, row) => x.indptr[from + row]! - first),
    indices: x.indices.subarray(first, last),
    ...(x.weights ? { weights: x.weights.subarray(first, last) } : {}),
    ...(x.trainUsers ? { trainUsers: x.trainUsers.filter((u) => u >= from && u < to).map((u) => u - from) } : {}),
  };
}

/** The transposed interactions: users and items exchanged. Weights are kept, times are not. */
export function transpose(x: Interactions): Interactions {
  const indptr = new Int32Array(x.nItems + 1);
  for (const i of x.indices) indptr[i + 1]! += 1;
  for (let i = 0; i < x.nItems; i++) indptr[i + 1]! += indptr[i]!;
  const cursor = indptr.slice();
  const indices = new Int32Array(x.indices.length);
  const weights = x.weights && new Float32Array(x.indices.length);
  for (let u = 0; u < x.nUsers; u++) {
    for (let k = x.indptr[u]!; k < x.indptr[u + 1]!; k++) {
      const at = cursor[x.indices[k]!]!++;
      indices[at] = u;
      if (weights) weights[at] = x.weights![k]!;
    }
  }
  return { nUsers: x.nItems, nItems: x.nUsers, indptr, indices, ...(weights ? { weights } : {}) };
}

/**
 * Row-wise union of two parts over the same users and items, used to mask train and valid items when testing. Times and
 * weights are not kept.
 */
export function union(a: Interactions, b: Interactions): Interactions {
  const indptr = new Int32Array(a.nUsers + 1);
  const indices = new Int32Array(a.indices.length + b.indices.length);
  let size = 0;
  for (let u = 0; u < a.nUsers; u++) {
    let i = a.indptr[u]!;
    let j = b.indptr[u]!;
    while (i < a.indptr[u + 1]! || j < b.indptr[u + 1]!) {
      const x = i < a.indptr[u + 1]! ? a.indices[i]! : Number.POSITIVE_INFINITY;
      const y = j < b.indptr[u + 1]! ? b.indices[j]! : Number.POSITIVE_INFINITY;
      indices[size++] = Math.min(x, y);
      if (x <= y) i += 1;
      if (y <= x) j += 1;
    }
    indptr[u + 1] = size;
  }
  return { nUsers: a.nUsers, nItems: a.nItems, indptr, indices: indices.slice(0, size) };
}

/** What a model may know of each user when it is tested on valid: the train interactions, or the history of a user who is held out. */
export const knownItems = ({ train, foldIn }: Pick<Dataset, 'train' | 'foldIn'>): Interactions =>
  foldIn ? union(train, foldIn) : train;

/** Whether a user of the data is held out whole, so that no student has them. False for an id that the data does not have. */
export function isHeldOut({ users, foldIn }: Pick<Dataset, 'users' | 'foldIn'>, userId: string): boolean {
  const user = users.index.get(userId);
  return foldIn !== undefined && user !== undefined && itemsOf(foldIn, user).length > 0;
}

/** Number of interactions of each item. */
export function itemCounts(x: Interactions): Int32Array {
  const counts = new Int32Array(x.nItems);
  for (const i of x.indices) counts[i]! += 1;
  return counts;
}

/** Which of a user's items are never sampled as negatives: those of train, or also those of valid and test. */
export type Avoid = 'train' | 'held-out';

/**
 * The train interactions. With `held-out`, negative sampling also avoids the items of valid and test. This is label
 * leakage. The published results of bidirectional distillation have it (docs/methods/bd.md).
 */
export const avoiding = ({ train, valid, test }: Dataset, avoid: Avoid = 'train'): Interactions =>
  avoid === 'train' ? train : { ...train, avoided: union(union(train, valid), test) };
