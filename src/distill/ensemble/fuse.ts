/** The ensemble: fuses the rankings of several teachers by the sum of the importance of their items ("Eq. 8" of HetComp). */
import { type Interactions, itemsOf } from '../../data/interactions.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import type { Floats } from '../../kernels/index.js';
import { runSync } from '../../progress.js';
import { consistencyImportance, type ImportanceOptions, rankImportance } from './importance.js';

/** One teacher's ranking for one user: the current list and, for the consistency term, the lists of earlier checkpoints. */
export interface UserRanking {
  readonly list: Int32Array;
  readonly earlier?: readonly Int32Array[];
  /** Factor of its importance, at least 0. Default: 1. */
  readonly weight?: number;
}

export interface FuseOptions {
  /** Items that are excluded from the result. They keep their ranks in the teachers' lists. */
  readonly without?: Int32Array;
  /** Appends items without importance by ascending id until `topK` is reached. Default false. */
  readonly fill?: boolean;
}

/** Sums importance over teachers in a dense buffer that is reused for all users. */
export interface Fusion {
  /** The best `topK` items by summed importance, ties by lower id. Fewer if fewer have importance and `fill` is not set. */
  fuse(rankings: readonly UserRanking[], topK: number, options?: FuseOptions): Int32Array;
  /** Summed importance of every item, as a copy. */
  importance(rankings: readonly UserRanking[]): Float64Array;
}

/**
 * Writes the importance of the items of a ranking to `out`, up to its length.
 * @returns the number of positions with importance; later ones have none
 */
export type ImportanceOf = (ranking: UserRanking, out: Floats) => number;

export function createImportance(nItems: number, o: ImportanceOptions): ImportanceOf {
  const rankIn = new Int32Array(nItems).fill(-1);
  const ofRank = Float64Array.from({ length: Math.min(nItems, o.cutoff) }, (_, r) =>
    rankImportance(r, o.temperature, o.cutoff),
  );
  return ({ list, earlier = [] }, out) => {
    const end = Math.min(list.length, o.cutoff, out.length);
    out.set(ofRank.subarray(0, end));
    if (o.importance === 'rank') return end;
    // An item that an earlier list does not contain gets the first rank after that list.
    const ranks = Array.from({ length: end }, (): number[] => []);
    for (const before of earlier) {
      before.forEach((item, r) => {
        rankIn[item] = r;
      });
      for (let r = 0; r < end; r++) {
        const rank = rankIn[list[r]!]!;
        ranks[r]!.push(rank < 0 ? before.length : rank);
      }
      for (const item of before) rankIn[item] = -1;
    }
    for (let r = 0; r < end; r++) out[r]! += consistencyImportance([...ranks[r]!, r]);
    return end;
  };
}

export function createFusion(nItems: number, o: ImportanceOptions): Fusion {
  const sum = new Float64Array(nItems);
  const touched: number[] = [];
  const importanceOf = createImportance(nItems, o);
  const values = new Float64Array(Math.min(nItems, o.cutoff));

  const add = (ranking: UserRanking) => {
    const end = importanceOf(ranking, values);
    const { weight = 1 } = ranking;
    for (let r = 0; r < end; r++) {
      const value = values[r]! * weight;
      // At a low temperature importance can underflow to 0. Such an item counts as not listed.
      if (value === 0) continue;
      const item = ranking.list[r]!;
      if (sum[item] === 0) touched.push(item);
      sum[item]! += value;
    }
  };
  const clear = () => {
    for (const item of touched) sum[item] = 0;
    touched.length = 0;
  };
  return {
    fuse(rankings, topK, { without, fill = false } = {}) {
      for (const ranking of rankings) add(ranking);
      const hidden = new Set(without);
      const best = (without ? touched.filter((item) => !hidden.has(item)) : touched.slice())
        .sort((a, b) => sum[b]! - sum[a]! || a - b)
        .slice(0, topK);
      for (let item = 0; fill && item < nItems && best.length < topK; item++) {
        if (sum[item] === 0 && !hidden.has(item)) best.push(item);
      }
      clear();
      return Int32Array.from(best);
    },
    importance(rankings) {
      for (const ranking of rankings) add(ranking);
      const copy = sum.slice();
      clear();
      return copy;
    },
  };
}

export interface FuseAllOptions {
  /** Items of each user that are excluded from the result. */
  readonly mask?: Interactions;
  readonly fill?: boolean;
  /** Factor of the importance of each teacher, at least 0. Default: 1 for each. */
  readonly weights?: readonly number[];
}

/** Fuses the rankings of several teachers over the same users and items into one ranking. */
export const fuseRankings = (...of: Parameters<typeof fuseInParts>): Rankings => runSync(fuseInParts(...of));

/** The same in parts of a thousand users. Yields the completed share. */
export function* fuseInParts(
  teachers: readonly Rankings[],
  o: ImportanceOptions,
  topK: number,
  options: FuseAllOptions = {},
): Generator<number, Rankings> {
  const { nUsers, nItems } = teachers[0]!;
  const { mask, fill = false, weights } = options;
  const fusion = createFusion(nItems, o);
  const items = new Int32Array(nUsers * topK).fill(-1);
  for (let u = 0; u < nUsers; u++) {
    const rankings = teachers.map((t, x) => ({ list: rankingOf(t, u), weight: weights?.[x] ?? 1 }));
    items.set(fusion.fuse(rankings, topK, { fill, ...(mask ? { without: itemsOf(mask, u) } : {}) }), u * topK);
    if (u % 1000 === 999) yield u / nUsers;
  }
  return { nUsers, nItems, depth: topK, items };
}
