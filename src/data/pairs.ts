/** Interactions as read: one entry per row of the source, with users and items as indices into lists of ids. */
import { defined } from '../defined.js';

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

/** A source after reading: ids in canonical order, and one list of pairs per part. */
export interface Source {
  readonly users: readonly string[];
  readonly items: readonly string[];
  readonly parts: readonly Pairs[];
  /** True if the last part has the histories of users who are held out whole. */
  readonly foldIn?: true;
}

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

/** Concatenates lists of rows. Times, ratings and weights are kept only if every list has them. */
export function concatPairs(parts: readonly Pairs[]): Pairs {
  const size = parts.reduce((sum, p) => sum + p.users.length, 0);
  const join = <T extends Int32Array | Float64Array>(pick: (p: Pairs) => T | undefined, to: T): T | undefined => {
    let at = 0;
    for (const part of parts) {
      const from = pick(part);
      if (!from) return undefined;
      to.set(from, at);
      at += from.length;
    }
    return to;
  };
  const times = join((p) => p.times, new Float64Array(size));
  const ratings = join((p) => p.ratings, new Float64Array(size));
  const weights = join((p) => p.weights, new Float64Array(size));
  return {
    users: join((p) => p.users, new Int32Array(size))!,
    items: join((p) => p.items, new Int32Array(size))!,
    ...defined({ times, ratings, weights }),
  };
}
