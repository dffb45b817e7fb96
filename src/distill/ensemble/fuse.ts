/** The ensemble: rankings of several teachers made into one, by the sum of their items' importance ("Eq. 8" of HetComp). */
import { type Interactions, itemsOf } from '../../data/interactions.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import type { Floats } from '../../kernels/index.js';
import { runSync } from '../../progress.js';
import { consistencyImportance, type ImportanceOptions, rankImportance } from './importance.js';

/** What one teacher says of one user: its list now, and (for the consistency term) its earlier lists. */
export interface Voice {
  readonly list: Int32Array;
  readonly earlier?: readonly Int32Array[];
}

export interface FuseOptions {
  /** Items that are not in the result; in the teachers' lists they keep their ranks. */
  readonly without?: Int32Array;
  /** Goes on with items without importance, by lower id, so that a list is short only where the catalogue is; default false. */
  readonly fill?: boolean;
}

/** Sums importance over teachers into one dense row, and leaves the row clean for the next user. */
export interface Fuser {
  /** The best `topK` items by summed importance, ties to the lower id; fewer if fewer have any and `fill` is not set. */
  fuse(voices: readonly Voice[], topK: number, options?: FuseOptions): Int32Array;
  /** Summed importance of every item. A copy. */
  importance(voices: readonly Voice[]): Float64Array;
}

/**
 * What a voice says that its items are worth: writes a number for each place of its list into `out`, as far as that goes.
 * @returns how many places count; those behind are worth nothing
 */
export type Worth = (voice: Voice, out: Floats) => number;

export function createWorth(nItems: number, o: ImportanceOptions): Worth {
  const rankIn = new Int32Array(nItems).fill(-1);
  const ofRank = Float64Array.from({ length: Math.min(nItems, o.cutoff) }, (_, r) =>
    rankImportance(r, o.temperature, o.cutoff),
  );
  return ({ list, earlier = [] }, out) => {
    const end = Math.min(list.length, o.cutoff, out.length);
    out.set(ofRank.subarray(0, end));
    if (o.importance === 'rank') return end;
    // An item that a list does not hold has the first rank beyond the list.
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

export function createFuser(nItems: number, o: ImportanceOptions): Fuser {
  const sum = new Float64Array(nItems);
  const touched: number[] = [];
  const worthOf = createWorth(nItems, o);
  const worth = new Float64Array(Math.min(nItems, o.cutoff));

  const hear = (voice: Voice) => {
    const end = worthOf(voice, worth);
    for (let r = 0; r < end; r++) {
      // At a low temperature importance underflows to 0: such an item counts as not named at all.
      if (worth[r] === 0) continue;
      const item = voice.list[r]!;
      if (sum[item] === 0) touched.push(item);
      sum[item]! += worth[r]!;
    }
  };
  const clear = () => {
    for (const item of touched) sum[item] = 0;
    touched.length = 0;
  };
  return {
    fuse(voices, topK, { without, fill = false } = {}) {
      for (const voice of voices) hear(voice);
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
    importance(voices) {
      for (const voice of voices) hear(voice);
      const copy = sum.slice();
      clear();
      return copy;
    },
  };
}

/**
 * One ranking from several teachers' rankings over the same users and items.
 * @param options.mask items of each user that are left out of the result
 */
export const fuseRankings = (...of: Parameters<typeof fusing>): Rankings => runSync(fusing(...of));

/** The same in parts, a thousand users each. */
export function* fusing(
  teachers: readonly Rankings[],
  o: ImportanceOptions,
  topK: number,
  options: { readonly mask?: Interactions; readonly fill?: boolean } = {},
): Generator<number, Rankings> {
  const { nUsers, nItems } = teachers[0]!;
  const { mask, fill = false } = options;
  const fuser = createFuser(nItems, o);
  const items = new Int32Array(nUsers * topK).fill(-1);
  for (let u = 0; u < nUsers; u++) {
    const voices = teachers.map((t) => ({ list: rankingOf(t, u) }));
    items.set(fuser.fuse(voices, topK, { fill, ...(mask ? { without: itemsOf(mask, u) } : {}) }), u * topK);
    if (u % 1000 === 999) yield u / nUsers;
  }
  return { nUsers, nItems, depth: topK, items };
}
