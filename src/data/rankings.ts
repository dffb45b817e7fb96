/** Rankings: the top items of every user. They are evaluated, distilled, and stored in trajectories. */

export interface Rankings {
  /** Number of users: the rows. */
  readonly nUsers: number;
  /** Number of items in the catalogue. */
  readonly nItems: number;
  /** Number of columns: the maximum length of a list. */
  readonly depth: number;
  /** `nUsers * depth` item indices, row by row, best first. Shorter lists are padded with -1. Those of a file are all read at each access. */
  readonly items: Int32Array;
  /** The rows of users `from` to `to` (exclusive) of `items`. Rankings in a file have it and read no more than is asked for. Do not write. */
  rows?(from: number, to: number): Int32Array;
}

/** The rows of users `from` to `to` (exclusive), padded with -1. A view: do not write. */
export const rowsOf = (r: Rankings, from: number, to: number): Int32Array =>
  r.rows?.(from, to) ?? r.items.subarray(from * r.depth, to * r.depth);

/** The same rankings with all lists in memory. */
export const inMemory = ({ nUsers, nItems, depth, items }: Rankings): Rankings => ({ nUsers, nItems, depth, items });

/** The same rankings with the lists of `users` only; the others are empty. */
export function rankingsOf(r: Rankings, users: Int32Array): Rankings {
  const { nUsers, nItems, depth } = r;
  const items = new Int32Array(nUsers * depth).fill(-1);
  for (const u of users) items.set(rowsOf(r, u, u + 1), u * depth);
  return { nUsers, nItems, depth, items };
}

/** The list of one user, best first, without padding. A view: do not write. */
export function rankingOf(r: Rankings, user: number): Int32Array {
  const row = rowsOf(r, user, user + 1);
  let end = r.depth;
  while (end > 0 && row[end - 1]! < 0) end -= 1;
  return end === r.depth ? row : row.subarray(0, end);
}
