/** Filters: functions that map interactions to a subset of them. */
import { defined } from '../defined.js';
import { type Interactions, itemCounts, transpose } from './interactions.js';
import { type Pairs, selectPairs } from './pairs.js';

/** The rows rated at least `minRating`. */
export const ratedAtLeast = (pairs: Pairs, minRating: number): Pairs =>
  selectPairs(pairs, (row) => pairs.ratings![row]! >= minRating);

/** Keeps the entries `k` of `indices` with `keep[k] = 1`. Users and items keep their numbering. */
export function selectEntries(x: Interactions, keep: Uint8Array): Interactions {
  const indptr = new Int32Array(x.nUsers + 1);
  const indices = new Int32Array(x.indices.length);
  const times = x.times && new Float64Array(x.indices.length);
  const weights = x.weights && new Float32Array(x.indices.length);
  let size = 0;
  for (let u = 0; u < x.nUsers; u++) {
    for (let k = x.indptr[u]!; k < x.indptr[u + 1]!; k++) {
      if (keep[k] === 0) continue;
      indices[size] = x.indices[k]!;
      if (times) times[size] = x.times![k]!;
      if (weights) weights[size] = x.weights![k]!;
      size += 1;
    }
    indptr[u + 1] = size;
  }
  return {
    nUsers: x.nUsers,
    nItems: x.nItems,
    indptr,
    indices: indices.slice(0, size),
    ...defined({ times: times?.slice(0, size), weights: weights?.slice(0, size) }),
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
 */
export function withMinimum(x: Interactions, minUser: number, minItem: number, core: 'once' | 'k-core'): Interactions {
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
  return selectEntries(x, keep);
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

/** Removes users and items without interactions. `users` and `items` of the result list the old indices that are kept. */
export function compact(x: Interactions): { interactions: Interactions; users: Int32Array; items: Int32Array } {
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
  const interactions: Interactions = {
    nUsers: users.length,
    nItems: items.length,
    indptr,
    indices: x.indices.map((i) => newItem[i]!),
    ...defined({ times: x.times, weights: x.weights }),
  };
  return { interactions, users, items };
}
