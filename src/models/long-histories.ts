/**
 * Users with thousands of items. Nearly all pairs of their items occur in no other user. Of such pairs, only those with the least popular
 * items can be among the largest weights of an item. Items are therefore sorted by popularity here, so that a search can stop early.
 */
import { type Interactions, itemsOf } from '../data/interactions.js';

/** Histories with at least this many train items are long. */
const LONG = 2048;

/** Items by number of interactions, ascending; ties by lower id. */
export interface ByCount {
  readonly ids: Int32Array;
  /** Index in `ids` where each next number of interactions begins, and the length of `ids` at the end. */
  readonly starts: readonly number[];
}

export interface LongHistories {
  isLong(user: number): boolean;
  /** Whether a user with a long history has an item. */
  has(user: number, item: number): boolean;
  /** Candidates for pairs with these long-history users: the items of a single user, or the items of all long histories for several users. */
  candidates(users: readonly number[]): ByCount;
}

/** @param counts interactions of each item */
export function longHistories(train: Interactions, counts: Int32Array): LongHistories {
  const place = new Int32Array(train.nUsers).fill(-1);
  const words = Math.ceil(train.nItems / 32);
  const users: number[] = [];
  for (let u = 0; u < train.nUsers; u++)
    if (train.indptr[u + 1]! - train.indptr[u]! >= LONG) place[u] = users.push(u) - 1;
  const bits = new Uint32Array(users.length * words);
  const inAny = new Uint8Array(train.nItems);
  for (const [at, user] of users.entries()) {
    for (const item of itemsOf(train, user)) {
      bits[at * words + (item >>> 5)]! |= 1 << (item & 31);
      inAny[item] = 1;
    }
  }
  const own = users.map((user) => byCount(itemsOf(train, user), counts));
  let all: ByCount | undefined;
  return {
    isLong: (user) => place[user]! >= 0,
    has: (user, item) => ((bits[place[user]! * words + (item >>> 5)]! >>> (item & 31)) & 1) === 1,
    candidates([first, ...more]) {
      if (more.length === 0) return own[place[first!]!]!;
      all ??= byCount(
        Int32Array.from(inAny.keys()).filter((item) => inAny[item] === 1),
        counts,
      );
      return all;
    },
  };
}

function byCount(items: Int32Array, counts: Int32Array): ByCount {
  const ids = items.slice().sort((a, b) => counts[a]! - counts[b]! || a - b);
  const starts: number[] = [];
  for (let at = 0; at < ids.length; at++) if (at === 0 || counts[ids[at]!] !== counts[ids[at - 1]!]) starts.push(at);
  return { ids, starts: [...starts, ids.length] };
}
