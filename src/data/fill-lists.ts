/** Users without a list at some checkpoint: they get the list of the nearest checkpoint. */
import { type Dataset, itemsOf, knownItems } from './interactions.js';
import { type Rankings, rankingOf, rowsOf } from './rankings.js';

export interface Filled {
  /** The given lists with the gaps filled. */
  readonly filled: readonly Rankings[];
  /** Number of filled users at each checkpoint. */
  readonly counts: readonly number[];
  /** Users without a list at every checkpoint. */
  readonly unranked: readonly number[];
}

const isEmpty = (r: Rankings, user: number): boolean => rowsOf(r, user, user + 1)[0] === -1;

/** Number of users with a list. */
export function listsIn(r: Rankings): number {
  let lists = 0;
  for (let u = 0; u < r.nUsers; u++) lists += Number(!isEmpty(r, u));
  return lists;
}

/** Number of users whose list is shorter than both the depth and their number of candidate items. */
export function shorterIn(r: Rankings, dataset: Dataset): number {
  const known = knownItems(dataset);
  let shorter = 0;
  for (let u = 0; u < r.nUsers; u++) {
    const could = Math.min(r.depth, known.nItems - itemsOf(known, u).length);
    const { length } = rankingOf(r, u);
    shorter += Number(length > 0 && length < could);
  }
  return shorter;
}

/** A user without a list at a checkpoint gets the one of the nearest checkpoint that has one; in a tie, the earlier. */
export function fillMissing(lists: readonly Rankings[]): Filled {
  const { nUsers, depth } = lists[0]!;
  // Only lists with a gap are copied: those of many users take hundreds of megabytes.
  const filled = [...lists];
  const copyOf = (c: number): Rankings => {
    if (filled[c] === lists[c]) filled[c] = { ...lists[c]!, items: lists[c]!.items.slice() };
    return filled[c]!;
  };
  const counts = lists.map(() => 0);
  const unranked: number[] = [];
  for (let u = 0; u < nUsers; u++) {
    const having = lists.flatMap((r, c) => (isEmpty(r, u) ? [] : [c]));
    if (having.length === 0) unranked.push(u);
    if (having.length === 0 || having.length === lists.length) continue;
    for (let c = 0; c < lists.length; c++) {
      const near = having.reduce((a, b) => (Math.abs(b - c) < Math.abs(a - c) ? b : a));
      if (near === c) continue;
      copyOf(c).items.set(lists[near]!.items.subarray(u * depth, (u + 1) * depth), u * depth);
      counts[c]! += 1;
    }
  }
  return { filled, counts, unranked };
}

/** Lists for testing. A user without a list at the last checkpoint gets the filled list, without valid items. */
export function forTesting(test: Rankings, filled: Rankings, last: Rankings, { valid }: Dataset): Rankings {
  let { items } = test;
  for (let u = 0; u < test.nUsers; u++) {
    if (!isEmpty(last, u) || isEmpty(filled, u)) continue;
    if (items === test.items) items = test.items.slice();
    const held = new Set(itemsOf(valid, u));
    items.set(
      rankingOf(filled, u).filter((item) => !held.has(item)),
      u * test.depth,
    );
  }
  return { ...test, items };
}
