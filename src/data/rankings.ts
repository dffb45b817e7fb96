/** Rankings: the top items of every user. They are evaluated, distilled, and stored in trajectories. */

export interface Rankings {
  /** Number of users: the rows. */
  readonly nUsers: number;
  /** Number of items in the catalogue. */
  readonly nItems: number;
  /** Number of columns: the maximum length of a list. */
  readonly depth: number;
  /** `nUsers * depth` item indices, row by row, best first. Shorter lists are padded with -1. */
  readonly items: Int32Array;
}

/** The same rankings with the lists of `users` only; the others are empty. */
export function rankingsOf(r: Rankings, users: Int32Array): Rankings {
  const items = new Int32Array(r.items.length).fill(-1);
  for (const u of users) items.set(r.items.subarray(u * r.depth, (u + 1) * r.depth), u * r.depth);
  return { ...r, items };
}

/** The list of one user, best first, without padding. A view: do not write. */
export function rankingOf(r: Rankings, user: number): Int32Array {
  const start = user * r.depth;
  let end = start + r.depth;
  while (end > start && r.items[end - 1]! < 0) end -= 1;
  return r.items.subarray(start, end);
}
