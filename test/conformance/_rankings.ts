/** Rankings as the library holds them, from lists of item ids. */
import type { Rankings } from 'recdistill/data';

/** One list per user, best first; shorter ones are filled up. */
export function rankingsOf(lists: readonly (readonly number[])[], nItems: number): Rankings {
  const depth = Math.max(1, ...lists.map((list) => list.length));
  const items = new Int32Array(lists.length * depth).fill(-1);
  for (const [user, list] of lists.entries()) items.set(list, user * depth);
  return { nUsers: lists.length, nItems, depth, items };
}
