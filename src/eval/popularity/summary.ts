/** Popularity of lists in numbers with bootstrap intervals, and paired differences of two evaluations. */
import { runSync } from '../../progress.js';
import { type BootstrapOptions, bootstrappingRatios, type Interval } from '../bootstrap.js';
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
export function summarisePopularity(values: PopularityValues, options?: BootstrapOptions): PopularitySummary[] {
  const { lists, items } = values;
  const lengths = Object.keys(lists.recommended).map(Number);
  const all = liftsOf(lists, lengths, undefined, options);
  const thirds = userThirds(lists).map((rows) => liftsOf(lists, lengths, rows, options));
  const groups = items.sizes.flatMap((_, g) => lengths.map((k) => ({ g, k, own: items.values[k]![g]! })));
  const intervals = runSync(
    bootstrappingRatios(
      groups.flatMap(({ g, k, own }) => [
        { numerator: own.shown, denominator: items.slots[k]! },
        { numerator: own.recall, denominator: items.having[g]! },
      ]),
      options,
    ),
  );
  return lengths.map((k, at) => ({
    k,
    lift: all[at]!,
    thirds: thirds.map((third) => third[at]!),
    groups: items.sizes.map((size, g) => {
      const place = 2 * groups.findIndex((group) => group.g === g && group.k === k);
      return {
        items: size,
        exposure: { value: exposureShare(items, k, g), interval: intervals[place]! },
        recall: { value: groupRecall(items, k, g), interval: intervals[place + 1]! },
        recallAllUsers: groupRecallOfAll(items, k, g),
      };
    }),
  }));
}

/** The lift at each K with its interval: sum of recommended / sum of profiles - 1. */
function liftsOf(
  lists: UserPopularity,
  lengths: readonly number[],
  rows: Int32Array | undefined,
  options?: BootstrapOptions,
): Estimate[] {
  const of = (values: Float64Array) => (rows ? valuesAt(values, rows) : values);
  const denominator = of(lists.profile);
  const intervals = runSync(
    bootstrappingRatios(
      lengths.map((k) => ({ numerator: of(lists.recommended[k]!), denominator })),
      options,
    ),
  );
  return lengths.map((k, at) => ({
    value: popularityLift(lists, k, rows).lift,
    interval: { low: intervals[at]!.low - 1, high: intervals[at]!.high - 1 },
  }));
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
export function popularityDifferences(
  own: PopularityValues,
  base: PopularityValues,
  options?: BootstrapOptions,
): PopularityDifference[] {
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
  return [lifts, recalls].flatMap((rows) => {
    const intervals = runSync(
      bootstrappingRatios(
        rows.map((row) => row.ratio),
        options,
      ),
    );
    return rows.map(({ metric, value, ratio }, at) => ({
      ...{ metric, value },
      difference: { value: mean(ratio.numerator) / mean(ratio.denominator), interval: intervals[at]! },
    }));
  });
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
