/** Popularity of lists in numbers with bootstrap intervals, and paired differences of two evaluations. */
import { eachInParts, runSync, within } from '../../progress.js';
import { type BootstrapOptions, bootstrappingRatios, type Interval, type RatioColumns } from '../bootstrap.js';
import { exposureShare, groupRecall, groupRecallOfAll } from './item-groups.js';
import { mean, popularityLift, type UserPopularity, userThirds, valuesAt } from './lift.js';
import type { PopularityValues } from './values.js';

/** A number with its bootstrap interval over users. NaN where it is not defined. */
export interface Estimate {
  readonly value: number;
  readonly interval: Interval;
}

export interface GroupSummary {
  /** Number of items of the group. */
  readonly items: number;
  /** Share of all places of the lists. */
  readonly exposure: Estimate;
  /** Mean over the users with a relevant item of the group. */
  readonly recall: Estimate;
  /** Mean over all evaluated users; those without such an item count 0. */
  readonly recallAllUsers: number;
}

export interface PopularitySummary {
  readonly k: number;
  /** Popularity lift over all users. */
  readonly lift: Estimate;
  /** The same of thirds of the users, the third with the least popular train items first. */
  readonly thirds: readonly Estimate[];
  readonly groups: readonly GroupSummary[];
}

/** One summary for each K. */
export const summarisePopularity = (values: PopularityValues, options?: BootstrapOptions): PopularitySummary[] =>
  summariseAll([values], options)[0]!;

/** Values of columns that are resampled together: 32 MB. */
const MOST_VALUES = 2 ** 22;

/**
 * Like `summarisePopularity` for each of several runs. Runs with as many users share the resamples, which saves half of the time or more: the
 * intervals are those of each run alone.
 */
export const summariseAll = (all: readonly PopularityValues[], options?: BootstrapOptions): PopularitySummary[][] =>
  runSync(summarisingAll(all, options));

/** Like `summariseAll`, as a generator that yields its progress. */
export function* summarisingAll(
  all: readonly PopularityValues[],
  options?: BootstrapOptions,
): Generator<number, PopularitySummary[][]> {
  const summaries: PopularitySummary[][] = [];
  for (let next = 0; next < all.length; ) {
    const drafts: Draft[] = [];
    const begin = next;
    for (let size = 0; next < all.length && (size === 0 || size < MOST_VALUES); next++) {
      const draft = draftOf(all[next]!);
      drafts.push(draft);
      size += draft.ratios.reduce((sum, { numerator }) => sum + numerator.length, 0);
    }
    const drawn = drafts.flatMap(({ ratios }) => ratios);
    const intervals = yield* within(intervalsOf(drawn, options), begin / all.length, next / all.length);
    let first = 0;
    for (const { ratios, finish } of drafts) {
      summaries.push(finish(intervals.slice(first, first + ratios.length)));
      first += ratios.length;
    }
  }
  return summaries;
}

/** Summaries that wait for the intervals of their ratios. */
interface Draft {
  readonly ratios: readonly RatioColumns[];
  finish(intervals: readonly Interval[]): PopularitySummary[];
}

function draftOf(values: PopularityValues): Draft {
  const { lists, items } = values;
  const lengths = Object.keys(lists.recommended).map(Number);
  const ratios: RatioColumns[] = [];
  const all = lengths.map((k) => liftOf(lists, k, undefined, lists.profile, ratios));
  const thirds = userThirds(lists).map((rows) => {
    const denominator = valuesAt(lists.profile, rows);
    return lengths.map((k) => liftOf(lists, k, rows, denominator, ratios));
  });
  const place = ratios.length;
  for (const g of items.sizes.keys())
    for (const k of lengths) {
      const own = items.values[k]![g]!;
      ratios.push({ numerator: own.shown, denominator: items.slots[k]! });
      ratios.push({ numerator: own.recall, denominator: items.having[g]! });
    }
  return {
    ratios,
    finish: (intervals) =>
      lengths.map((k, at) => ({
        k,
        lift: all[at]!(intervals),
        thirds: thirds.map((third) => third[at]!(intervals)),
        groups: items.sizes.map((size, g) => {
          const own = place + 2 * (g * lengths.length + at);
          return {
            items: size,
            exposure: { value: exposureShare(items, k, g), interval: intervals[own]! },
            recall: { value: groupRecall(items, k, g), interval: intervals[own + 1]! },
            recallAllUsers: groupRecallOfAll(items, k, g),
          };
        }),
      })),
  };
}

/** Adds the ratio of the lift at K, which is sum of recommended / sum of profiles - 1. @returns the lift, given the intervals of all ratios */
function liftOf(
  lists: UserPopularity,
  k: number,
  rows: Int32Array | undefined,
  denominator: Float64Array,
  ratios: RatioColumns[],
): (intervals: readonly Interval[]) => Estimate {
  const all = lists.recommended[k]!;
  const place = ratios.push({ numerator: rows ? valuesAt(all, rows) : all, denominator }) - 1;
  const { lift } = popularityLift(lists, k, rows);
  return (intervals) => {
    const { low, high } = intervals[place]!;
    return { value: lift, interval: { low: low - 1, high: high - 1 } };
  };
}

/** The interval of each ratio. Those of as many users share the resamples. */
function* intervalsOf(ratios: readonly RatioColumns[], options?: BootstrapOptions): Generator<number, Interval[]> {
  const intervals = new Array<Interval>(ratios.length);
  let done = 0;
  for (const n of new Set(ratios.map(({ numerator }) => numerator.length))) {
    const places = [...ratios.keys()].filter((at) => ratios[at]!.numerator.length === n);
    const columns = places.map((at) => ratios[at]!);
    const before = done;
    done += places.length;
    const own = yield* within(bootstrappingRatios(columns, options), before / ratios.length, done / ratios.length);
    for (const [at, place] of places.entries()) intervals[place] = own[at]!;
  }
  return intervals;
}

/** A difference in one metric, paired over users. */
export interface PopularityDifference {
  /** `popularity-lift`, or the recall within a group, such as `recall-unpopular`; with its K, as in `popularity-lift@10`. */
  readonly metric: string;
  readonly value: number;
  readonly difference: Estimate;
}

/** Names of the groups of items in metrics. */
export const groupNames = ['popular', 'unpopular'] as const;

/** Differences of `own` to `base`, over the users that both have. Groups of items must be the same. */
export const popularityDifferences = (
  own: PopularityValues,
  base: PopularityValues,
  options?: BootstrapOptions,
): PopularityDifference[] => runSync(comparingPopularity(own, base, options));

/** Like `popularityDifferences`, as a generator that yields its progress. */
export function* comparingPopularity(
  own: PopularityValues,
  base: PopularityValues,
  options?: BootstrapOptions,
): Generator<number, PopularityDifference[]> {
  const lengths = Object.keys(own.lists.recommended).filter((k) => k in base.lists.recommended);
  const lists = common(own.lists.users, base.lists.users);
  const denominator = valuesAt(own.lists.profile, lists.own);
  const lifts = lengths.map((k) => {
    const [mine, theirs] = [own.lists.recommended[k]!, base.lists.recommended[k]!];
    const numerator = valuesAt(mine, lists.own).map((value, row) => value - theirs[lists.other[row]!]!);
    const value = mean(valuesAt(mine, lists.own)) / mean(denominator) - 1;
    return { metric: `popularity-lift@${k}`, value, ratio: { numerator, denominator } };
  });
  const items = common(own.items.users, base.items.users);
  const recalls = own.items.sizes.flatMap((_, g) =>
    lengths.map((k) => {
      const having = valuesAt(own.items.having[g]!, items.own);
      const [mine, theirs] = [own.items.values[k]![g]!.recall, base.items.values[k]![g]!.recall];
      const numerator = valuesAt(mine, items.own).map((value, row) => value - theirs[items.other[row]!]!);
      const value = mean(valuesAt(mine, items.own)) / mean(having);
      return { metric: `recall-${groupNames[g] ?? g}@${k}`, value, ratio: { numerator, denominator: having } };
    }),
  );
  const differences = yield* eachInParts([lifts, recalls], function* (rows) {
    const ratios = rows.map((row) => row.ratio);
    const intervals = yield* bootstrappingRatios(ratios, options);
    return rows.map(({ metric, value, ratio }, at) => ({
      ...{ metric, value },
      difference: { value: mean(ratio.numerator) / mean(ratio.denominator), interval: intervals[at]! },
    }));
  });
  return differences.flat();
}

/** Places of the users that both lists have, which ascend. */
function common(own: Int32Array, other: Int32Array): { own: Int32Array; other: Int32Array } {
  const places = new Map(Array.from(other, (user, row) => [user, row]));
  const rows = Int32Array.from(own.keys()).filter((row) => places.has(own[row]!));
  return { own: rows, other: rows.map((row) => places.get(own[row]!)!) };
}

/** The mean of each value over evaluations of the same users, such as those of several seeds. Undefined if they are of different users. */
export function meanPopularity(all: readonly PopularityValues[]): PopularityValues | undefined {
  const first = all[0]!;
  const same = (a: Int32Array, b: Int32Array) => a.length === b.length && a.every((user, row) => b[row] === user);
  if (!all.every((v) => same(v.lists.users, first.lists.users) && same(v.items.users, first.items.users))) return;
  const over = (of: (v: PopularityValues) => Float64Array) =>
    of(first).map((_, row) => all.reduce((sum, v) => sum + of(v)[row]!, 0) / all.length);
  const byK = <T>(values: Readonly<Record<string, T>>, of: (k: string) => T): Record<string, T> =>
    Object.fromEntries(Object.keys(values).map((k) => [k, of(k)]));
  return {
    lists: { ...first.lists, recommended: byK(first.lists.recommended, (k) => over((v) => v.lists.recommended[k]!)) },
    items: {
      ...first.items,
      slots: byK(first.items.slots, (k) => over((v) => v.items.slots[k]!)),
      values: byK(first.items.values, (k) =>
        first.items.sizes.map((_, g) => ({
          shown: over((v) => v.items.values[k]![g]!.shown),
          recall: over((v) => v.items.values[k]![g]!.recall),
        })),
      ),
    },
  };
}
