/** Interactions as read: one entry per row of the source, with users and items as indices into lists of ids. */
import type { Interactions } from './interactions.js';

export interface Pairs {
  /** User index of each row. */
  readonly users: Int32Array;
  /** Item index of each row. */
  readonly items: Int32Array;
  /** Unix time of each row in seconds. */
  readonly times?: Float64Array;
  readonly ratings?: Float64Array;
  /** Weight of each row, > 0 and finite. */
  readonly weights?: Float64Array;
}

/** Rows that were merged while they were read: each pair of user and item once, with its earliest time and the sum of its weights. */
export interface MergedRows {
  readonly interactions: Interactions;
  /** Number of rows. */
  readonly rows: number;
  /** Number of rows with at least the minimum rating. */
  readonly kept: number;
  /** Number of rows of each user and of each item, before the minimum rating. */
  readonly userRows: Int32Array;
  readonly itemRows: Int32Array;
}

export type PartRows = Pairs | MergedRows;

export const isMerged = (part: PartRows): part is MergedRows => 'interactions' in part;

/** Number of rows as read. */
export const rowsIn = (part: PartRows): number => (isMerged(part) ? part.rows : part.users.length);

/** A source after reading: ids in canonical order, and one list of pairs per part. */
export interface SourceOf<Part extends PartRows> {
  readonly users: readonly string[];
  readonly items: readonly string[];
  readonly parts: readonly Part[];
  /** True if the last part has the histories of users who are held out whole. */
  readonly foldIn?: true;
}

export type Source = SourceOf<PartRows>;

/** The rows `k` for which `keep(k)` holds. */
export function selectPairs(pairs: Pairs, keep: (row: number) => boolean): Pairs {
  const rows = Uint32Array.from({ length: pairs.users.length }, (_, k) => k).filter(keep);
  const take = <T extends Int32Array | Float64Array>(from: T, to: T): T => {
    for (let k = 0; k < rows.length; k++) to[k] = from[rows[k]!]!;
    return to;
  };
  return {
    users: take(pairs.users, new Int32Array(rows.length)),
    items: take(pairs.items, new Int32Array(rows.length)),
    ...(pairs.times ? { times: take(pairs.times, new Float64Array(rows.length)) } : {}),
    ...(pairs.ratings ? { ratings: take(pairs.ratings, new Float64Array(rows.length)) } : {}),
    ...(pairs.weights ? { weights: take(pairs.weights, new Float64Array(rows.length)) } : {}),
  };
}
