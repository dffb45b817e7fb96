/** Popularity lift (Abdollahpouri et al. 2020): how much more popular the recommended items are than the items that users had before. */
import { type Interactions, itemsOf } from '../../data/interactions.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import { runSync } from '../../progress.js';
import { everyone, USERS_AT_ONCE } from './users.js';

/** Mean popularity of the items of each user. The popularity of an item is its number of train interactions / number of all users. */
export interface UserPopularity {
  /** Indices of the users, ascending: those with train items and a list; of a sample, those in it. */
  readonly users: Int32Array;
  /** Of their train items; one value per entry of `users`. */
  readonly profile: Float64Array;
  /** Of the first K items of their lists, by K. */
  readonly recommended: Readonly<Record<string, Float64Array>>;
}

export interface ListInputs {
  readonly rankings: Rankings;
  /** The items that each user had. */
  readonly profiles: Interactions;
  /** Number of train interactions of each item. */
  readonly trainCounts: Int32Array;
  /** List lengths K. */
  readonly topK: readonly number[];
  /** Users who are measured, ascending. */
  readonly within: Int32Array;
  /** Number of users of the data set: more than those of the rankings of a shard. */
  readonly nUsers: number;
}

/**
 * @param profiles the items that each user had: train items, or the given history of a user who is held out whole
 * @param trainCounts number of train interactions of each item
 */
export const userPopularity = (
  rankings: Rankings,
  profiles: Interactions,
  trainCounts: Int32Array,
  topK: readonly number[],
): UserPopularity =>
  runSync(
    measuringUsers({
      ...{ rankings, profiles, trainCounts, topK },
      ...{ within: everyone(rankings), nUsers: rankings.nUsers },
    }),
  );

/** Like `userPopularity` for the users `within`, as a generator that yields the finished share. */
export function* measuringUsers(inputs: ListInputs): Generator<number, UserPopularity> {
  const { rankings, profiles, trainCounts, topK, within, nUsers } = inputs;
  const meanOf = (items: Int32Array) =>
    items.reduce((sum, item) => sum + trainCounts[item]!, 0) / items.length / nUsers;
  const users = new Int32Array(within.length);
  const profile = new Float64Array(within.length);
  const columns = topK.map((k) => ({ k, values: new Float64Array(within.length) }));
  let found = 0;
  for (let row = 0; row < within.length; row++) {
    if (row % USERS_AT_ONCE === 0) yield row / within.length;
    const user = within[row]!;
    const [own, list] = [itemsOf(profiles, user), rankingOf(rankings, user)];
    if (own.length === 0 || list.length === 0) continue;
    users[found] = user;
    profile[found] = meanOf(own);
    for (const { k, values } of columns) values[found] = meanOf(list.subarray(0, k));
    found += 1;
  }
  return {
    users: users.slice(0, found),
    profile: profile.slice(0, found),
    recommended: Object.fromEntries(columns.map(({ k, values }) => [k, values.slice(0, found)])),
  };
}

/** Popularity of profiles and lists of a group of users. All are NaN for a group without users. */
export interface PopularityLift {
  readonly users: number;
  /** Mean over users of the mean popularity of their train items. */
  readonly gapProfile: number;
  /** The same of the first K items of their lists. */
  readonly gapRecommended: number;
  /** (gapRecommended - gapProfile) / gapProfile. 0: as popular as the profiles. */
  readonly lift: number;
  /** Mean over users of the lift of each. */
  readonly meanUserLift: number;
}

/** @param rows places in `users`; default: all */
export function popularityLift({ profile, recommended }: UserPopularity, k: number, rows?: Int32Array): PopularityLift {
  const [before, after] = [profile, recommended[k]!].map((values) => (rows ? valuesAt(values, rows) : values));
  const [gapProfile, gapRecommended] = [mean(before!), mean(after!)];
  return {
    ...{ users: before!.length, gapProfile, gapRecommended },
    lift: (gapRecommended - gapProfile) / gapProfile,
    meanUserLift: mean(after!.map((value, at) => (value - before![at]!) / before![at]!)),
  };
}

/** Three groups of users of about equal size, by the popularity of their profiles: the third with the least popular items first. Ties: lower index first. */
export function userThirds({ profile }: Pick<UserPopularity, 'profile'>): [Int32Array, Int32Array, Int32Array] {
  const rows = Int32Array.from(profile.keys()).sort((a, b) => profile[a]! - profile[b]! || a - b);
  const at = (third: number) => Math.floor((third * rows.length) / 3);
  const part = (third: number) => rows.slice(at(third), at(third + 1)).sort();
  return [part(0), part(1), part(2)];
}

export const valuesAt = (values: Float64Array, rows: Int32Array): Float64Array =>
  Float64Array.from(rows, (row) => values[row]!);

export const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
