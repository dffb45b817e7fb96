/** Top lists of items for every user: what teachers hand over, what is evaluated, what a trajectory is made of. */

export interface Rankings {
  /** Number of users = rows. */
  readonly nUsers: number;
  /** Number of items in the catalogue. */
  readonly nItems: number;
  /** Columns: the longest list kept. */
  readonly depth: number;
  /** `users * depth` item ids, row by row, best first; a row shorter than `depth` is filled with -1. */
  readonly items: Int32Array;
}

/** The list of one user, best first, without the filling. A view: do not write. */
export function rankingOf(r: Rankings, user: number): Int32Array {
  const start = user * r.depth;
  let end = start + r.depth;
  while (end > start && r.items[end - 1]! < 0) end -= 1;
  return r.items.subarray(start, end);
}
