/** Analysis of joint training: which model ranks which test interactions better, before and after. */
import { type Interactions, itemCounts, itemsOf, knownItems } from '../data/interactions.js';

/** Rank of every test interaction under each model, from 1. */
export interface PairRanks {
  readonly teacher: Int32Array;
  readonly student: Int32Array;
}

export interface Stages<T> {
  readonly before: T;
  readonly after: T;
}

/** Shares of the test interactions that each model ranks better. They sum to 1. */
export interface Ahead {
  readonly student: number;
  readonly teacher: number;
  readonly neither: number;
}

export interface DiscrepancyBin {
  /** Rank of the student minus rank of the teacher, bounds inclusive. Infinite in the outer bins, which is null in JSON. */
  readonly from: number;
  readonly to: number;
  readonly share: number;
}

export interface Quartile {
  /** Minimum and maximum number of train interactions of its items, or of train interactions (or of the given history) of its users. */
  readonly from: number;
  readonly to: number;
  /** Number of test interactions. */
  readonly interactions: number;
  /** Share of these that each model ranks in its top K. */
  readonly teacher: number;
  readonly student: number;
}

export interface PairStage {
  readonly ahead: Ahead;
  readonly discrepancy: readonly DiscrepancyBin[];
  /** Least popular items first. Each has about a quarter of the test interactions; equally popular items stay together. */
  readonly byItem: readonly Quartile[];
  /** Least active users first. */
  readonly byUser: readonly Quartile[];
}

export interface PairAnalysis extends Stages<PairStage> {
  /** K of `byItem` and `byUser`. */
  readonly at: number;
}

/** The train and test parts. */
interface TrainAndTest {
  readonly train: Interactions;
  readonly test: Interactions;
  /** Histories of users who are held out whole. */
  readonly foldIn?: Interactions;
}

/** Bounds of the bins of rank differences, on both sides of 0. */
const EDGES = [1, 10, 100, 1000];

/** @param at K: a test interaction is a hit if its rank is at most K */
export function analysePair(data: TrainAndTest, ranks: Stages<PairRanks>, at: number): PairAnalysis {
  const { train, test } = data;
  const known = knownItems(data);
  const counts = itemCounts(train);
  const popularity = test.indices.map((item) => counts[item]!);
  const activity = new Int32Array(test.indices.length);
  for (let u = 0; u < test.nUsers; u++) activity.fill(itemsOf(known, u).length, test.indptr[u], test.indptr[u + 1]);
  const stage = (of: PairRanks): PairStage => ({
    ...{ ahead: aheadOf(of), discrepancy: discrepancyOf(of) },
    byItem: quartilesOf(popularity, of, at),
    byUser: quartilesOf(activity, of, at),
  });
  return { at, before: stage(ranks.before), after: stage(ranks.after) };
}

const shareOf = (ranks: PairRanks, holds: (difference: number) => boolean): number => {
  let found = 0;
  ranks.student.forEach((s, at) => {
    if (holds(s - ranks.teacher[at]!)) found += 1;
  });
  return found / Math.max(1, ranks.student.length);
};

const aheadOf = (ranks: PairRanks): Ahead => ({
  student: shareOf(ranks, (d) => d < 0),
  teacher: shareOf(ranks, (d) => d > 0),
  neither: shareOf(ranks, (d) => d === 0),
});

function discrepancyOf(ranks: PairRanks): DiscrepancyBin[] {
  const behind = EDGES.map((from, at) => ({ from, to: (EDGES[at + 1] ?? Number.POSITIVE_INFINITY) - 1 }));
  const ahead = behind.map(({ from, to }) => ({ from: -to, to: -from })).reverse();
  return [...ahead, { from: 0, to: 0 }, ...behind].map((bin) => ({
    ...bin,
    share: shareOf(ranks, (d) => d >= bin.from && d <= bin.to),
  }));
}

/** @param sizes the sort key of each test interaction: number of train interactions of its item or user */
function quartilesOf(sizes: Int32Array, ranks: PairRanks, at: number): Quartile[] {
  const sorted = sizes.slice().sort();
  // Interactions with equal keys stay together, so that a quartile does not depend on the order of ids.
  const ends = [1, 2, 3, 4].map((n) => sorted[Math.ceil((n * sorted.length) / 4) - 1]!);
  return [...new Set(ends)].flatMap((to, n, all) => {
    const inside = [...sizes.keys()].filter((x) => sizes[x]! <= to && (n === 0 || sizes[x]! > all[n - 1]!));
    if (inside.length === 0) return [];
    const found = (of: Int32Array) => inside.filter((x) => of[x]! <= at).length / inside.length;
    const from = inside.reduce((least, x) => Math.min(least, sizes[x]!), to);
    return [{ from, to, interactions: inside.length, teacher: found(ranks.teacher), student: found(ranks.student) }];
  });
}
