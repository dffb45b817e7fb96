/** Filters: functions that map interactions to a subset of them. */
import { defined } from '../defined.js';
import { type Interactions, itemCounts, transpose } from './interactions.js';
import { fitted } from './merge-rows.js';
import { type Pairs, selectPairs } from './pairs.js';

/** The rows rated at least `minRating`. */
export const ratedAtLeast = (pairs: Pairs, minRating: number): Pairs =>
  selectPairs(pairs, (row) => pairs.ratings![row]! >= minRating);

/**
 * Keeps the entries `k` of `indices` with `keep[k] = 1`. Users and items keep their numbering. If all are kept, it is `x` itself.
 * @param reuse the arrays of `x` get the result, because the caller does not need `x` any more
 */
export function selectEntries(x: Interactions, keep: Uint8Array, reuse = false): Interactions {
  let size = 0;
  for (let k = 0; k < keep.length; k++) size += Number(keep[k] !== 0);
  if (size === x.indices.length) return x;
  const indptr = new Int32Array(x.nUsers + 1);
  const indices = reuse ? x.indices : new Int32Array(size);
  const times = x.times && (reuse ? x.times : new Float64Array(size));
  const weights = x.weights && (reuse ? x.weights : new Float32Array(size));
  const copyUser = (from: number, to: number, start: number): number => {
    let at = start;
    for (let k = from; k < to; k++) {
      if (keep[k] === 0) continue;
      indices[at] = x.indices[k]!;
      if (times) times[at] = x.times![k]!;
      if (weights) weights[at] = x.weights![k]!;
      at += 1;
    }
    return at;
  };
  for (let u = 0; u < x.nUsers; u++) indptr[u + 1] = copyUser(x.indptr[u]!, x.indptr[u + 1]!, indptr[u]!);
  return {
    nUsers: x.nUsers,
    nItems: x.nItems,
    indptr,
    indices: fitted(indices, size),
    ...defined({ times: times && fitted(times, size), weights: weights && fitted(weights, size) }),
  };
}

/** The interactions of the users `u` with `keep[u] = 1`. Users and items keep their numbering. */
export function rowsOfUsers(x: Interactions, keep: ArrayLike<number>): Interactions {
  const entries = new Uint8Array(x.indices.length);
  for (let u = 0; u < x.nUsers; u++) entries.fill(keep[u]!, x.indptr[u]!, x.indptr[u + 1]!);
  return selectEntries(x, entries);
}

/**
 * Keeps users with at least `minUser` and items with at least `minItem` interactions. All others lose their interactions
 * but stay in the numbering (see `compact`).
 * @param core `once`: both counts are taken from `x`. `k-core`: repeated until both minimums hold in the result
 * @param reuse as `selectEntries`
 */
export function withMinimum(
  x: Interactions,
  minUser: number,
  minItem: number,
  core: 'once' | 'k-core',
  reuse = false,
): Interactions {
  const userCount = x.indptr.slice(1).map((end, u) => end - x.indptr[u]!);
  const itemCount = itemCounts(x);
  const userGone = userCount.map((n) => Number(n < minUser));
  const itemGone = itemCount.map((n) => Number(n < minItem));
  if (core === 'k-core') peel(x, { userCount, itemCount, userGone, itemGone, minUser, minItem });
  const keep = new Uint8Array(x.indices.length);
  for (let u = 0; u < x.nUsers; u++) {
    if (userGone[u] === 1) continue;
    for (let k = x.indptr[u]!; k < x.indptr[u + 1]!; k++) keep[k] = 1 - itemGone[x.indices[k]!]!;
  }
  return selectEntries(x, keep, reuse);
}

interface Peeling {
  readonly userCount: Int32Array;
  readonly itemCount: Int32Array;
  readonly userGone: Int32Array;
  readonly itemGone: Int32Array;
  readonly minUser: number;
  readonly minItem: number;
}

/** Removes users and items one at a time and decrements the counts of their neighbours. Linear in the interactions. */
function peel(x: Interactions, p: Peeling): void {
  const t = transpose(x);
  const gone: number[] = [];
  // A stack of removed users (u) and items (-1 - i) whose neighbours still have to be updated.
  for (let u = 0; u < x.nUsers; u++) if (p.userGone[u] === 1) gone.push(u);
  for (let i = 0; i < x.nItems; i++) if (p.itemGone[i] === 1) gone.push(-1 - i);
  for (let next = gone.pop(); next !== undefined; next = gone.pop()) {
    const isUser = next >= 0;
    const [rows, row] = isUser ? [x, next] : [t, -1 - next];
    const [counts, other, minimum] = isUser
      ? [p.itemCount, p.itemGone, p.minItem]
      : [p.userCount, p.userGone, p.minUser];
    for (let k = rows.indptr[row]!; k < rows.indptr[row + 1]!; k++) {
      const neighbour = rows.indices[k]!;
      counts[neighbour]! -= 1;
      if (other[neighbour] === 1 || counts[neighbour]! >= minimum) continue;
      other[neighbour] = 1;
      gone.push(isUser ? -1 - neighbour : neighbour);
    }
  }
}

/**
 * Removes users and items without interactions. `users` and `items` of the result list the old indices that are kept.
 * @param reuse as `selectEntries`
 */
export function compact(
  x: Interactions,
  reuse = false,
): { interactions: Interactions; users: Int32Array; items: Int32Array } {
  const itemCount = itemCounts(x);
  const users = Int32Array.from({ length: x.nUsers }, (_, u) => u).filter((u) => x.indptr[u + 1]! > x.indptr[u]!);
  const items = Int32Array.from({ length: x.nItems }, (_, i) => i).filter((i) => itemCount[i]! > 0);
  const newItem = new Int32Array(x.nItems);
  items.forEach((old, now) => {
    newItem[old] = now;
  });
  const indptr = new Int32Array(users.length + 1);
  users.forEach((old, now) => {
    indptr[now + 1] = x.indptr[old + 1]!;
  });
  const indices = reuse ? x.indices : new Int32Array(x.indices.length);
  for (let k = 0; k < indices.length; k++) indices[k] = newItem[x.indices[k]!]!;
  const interactions: Interactions = {
    nUsers: users.length,
    nItems: items.length,
    indptr,
    indices,
    ...defined({ times: x.times, weights: x.weights }),
  };
  return { interactions, users, items };
}
