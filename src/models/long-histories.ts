/**
 * Users with thousands of items. Nearly all of their pairs of items meet in nobody else, and of such pairs only a few can be among the largest of an
 * item: those with the fewest interactions. So items stand in that order here, and who looks for the largest stops early.
 */
import { type Interactions, itemsOf } from '../data/interactions.js';

/** Train items from which on a history is long. */
const LONG = 2048;

/** Items by the number of their interactions, the fewest first; of equal numbers the lower id first. */
export interface ByCount {
  readonly ids: Int32Array;
  /** Where items of the next number begin in `ids`, and its length in the end. */
  readonly starts: readonly number[];
}

export interface LongHistories {
  isLong(user: number): boolean;
  /** Whether a user whose history is long has an item. */
  has(user: number, item: number): boolean;
  /** The items of some users with long histories: of one alone its own, of several all that are in any long history. */
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
