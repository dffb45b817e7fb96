/** Evaluates rankings against held-out interactions: per-user metrics, their means, and metrics over all lists. */
import { type Interactions, itemsOf } from '../data/interactions.js';
import { inMemory, type Rankings, rankingOf } from '../data/rankings.js';
import { fail } from '../errors.js';
import { brokenUnit, type NameOr } from '../options/registry.js';
import { returned } from '../options/unit-check.js';
import { runSync } from '../progress.js';
import type { ListMetric, Metric, UserMetric } from './metrics/_metric.js';
import { type MetricName, metricOf, metricRegistry } from './metrics/index.js';
import { measuringPopularity, type PopularityValues } from './popularity/values.js';
import type { SampleSize, UserSample } from './sample.js';

export interface EvaluateOptions {
  /** Names of metrics, or metric objects, which are then also known by name. */
  readonly metrics: readonly (NameOr<MetricName> | Metric)[];
  /** List lengths K, each >= 1 and at most the depth of the rankings. */
  readonly topK: readonly number[];
  /** Number of train interactions of each item (`itemCounts(train)`). Only the metric `popularity` and `profiles` need it. */
  readonly trainCounts?: Int32Array;
  /** The items that each user had (`knownItems(dataset)`). With them, the evaluation has `popularity`. */
  readonly profiles?: Interactions;
  /** Only these users are evaluated. */
  readonly sample?: UserSample;
  /** Number of users of the data set, if the rankings are those of a part of them. Popularity is relative to it. Default: that of the rankings. */
  readonly nUsers?: number;
}

/** Values are keyed by metric and K as in `recall@10`, in the requested order. NaN means not defined. */
export interface Evaluation {
  /** Indices of the evaluated users, ascending: those with at least one relevant item. */
  readonly users: Int32Array;
  /** Number of users without a relevant item, of a sample those in it. They are excluded from all means. */
  readonly usersLeftOut: number;
  /** Present if only a sample of the users was evaluated. */
  readonly sample?: SampleSize;
  /** For each user metric, one value per entry of `users`, in the same order. */
  readonly perUser: Readonly<Record<string, Float64Array>>;
  /** Mean over `users` of each entry of `perUser`. */
  readonly means: Readonly<Record<string, number>>;
  /** List metrics over the lists of the evaluated users, and over the lists of all users. */
  readonly beyondAccuracy: {
    readonly evaluatedUsers: Readonly<Record<string, number>>;
    readonly allUsers: Readonly<Record<string, number>>;
  };
  /** Popularity of the lists. Present in evaluations of test and of the hidden interactions. */
  readonly popularity?: PopularityValues;
}

/**
 * Evaluates one ranking per user. Linear in nUsers x depth + number of relevant items.
 * @param rankings lists of candidate items only; items to be masked must already be removed
 * @param relevant interactions of the evaluated part (valid or test), over the same users and items
 * @throws RecdistillError `unknown-name` for a metric, `bad-option` for K, `needs-not-met` if the shapes differ,
 *   `bad-data` if a list contains an item twice or an index outside the catalogue
 */
export const evaluateRankings = (rankings: Rankings, relevant: Interactions, options: EvaluateOptions): Evaluation =>
  runSync(evaluating(rankings, relevant, options));

/** Users evaluated between two steps: some hundredths of a second with all metrics. */
const USERS_AT_ONCE = 4096;

/** Like `evaluateRankings`, as a generator that yields its progress. */
export function* evaluating(
  rankings: Rankings,
  relevant: Interactions,
  options: EvaluateOptions,
): Generator<number, Evaluation> {
  const asked = options.metrics.map(metricOf);
  checkTopK(options.topK, rankings);
  checkShapes(rankings, relevant, asked, options);
  yield* checkingLists(rankings);

  const everyone = Int32Array.from({ length: rankings.nUsers }, (_, user) => user);
  const { sample } = options;
  const within = sample?.chosen ?? everyone;
  const users = within.filter((user) => relevant.indptr[user + 1]! > relevant.indptr[user]!);
  const perUser = yield* evaluatingUsers(rankings, relevant, users, asked.filter(isUserMetric), options.topK);
  const ofLists = asked.filter(isListMetric);
  const { trainCounts = new Int32Array(0), profiles, topK, nUsers = rankings.nUsers } = options;
  return {
    users,
    usersLeftOut: within.length - users.length,
    ...(sample ? { sample: { users: sample.users, of: sample.of } } : {}),
    perUser,
    means: Object.fromEntries(Object.entries(perUser).map(([key, values]) => [key, mean(values)])),
    beyondAccuracy: {
      evaluatedUsers: yield* evaluatingLists(rankings, users, ofLists, topK, trainCounts, 0.8),
      allUsers: yield* evaluatingLists(rankings, everyone, ofLists, topK, trainCounts, 0.9),
    },
    ...(profiles
      ? { popularity: yield* measuringPopularity({ rankings, relevant, profiles, trainCounts, topK, within, nUsers }) }
      : {}),
  };
}

const isUserMetric = (metric: Metric): metric is UserMetric => metric.kind === 'user';
const isListMetric = (metric: Metric): metric is ListMetric => metric.kind === 'lists';

/** The mean, summed in order. NaN without values. */
export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Finds the hits of each user once, up to the largest K. Every metric at every K reads a prefix of them. */
function* evaluatingUsers(
  rankings: Rankings,
  relevant: Interactions,
  users: Int32Array,
  metrics: readonly UserMetric[],
  topK: readonly number[],
): Generator<number, Record<string, Float64Array>> {
  const columns = metrics.flatMap((metric) =>
    topK.map((k) => ({ metric, k, own: isOwn(metric), values: new Float64Array(users.length) })),
  );
  const longest = Math.max(...topK);
  const hits = new Int32Array(Math.min(longest, rankings.depth));
  // owner[i] === user + 1 means that item i is relevant to this user, so it need not be cleared between users.
  const owner = new Int32Array(rankings.nItems);
  for (let row = 0; row < users.length; row++) {
    if (row % USERS_AT_ONCE === 0) yield 0.1 + (0.7 * row) / users.length;
    const user = users[row]!;
    const wanted = itemsOf(relevant, user);
    for (const item of wanted) owner[item] = user + 1;
    const list = rankingOf(rankings, user);
    const end = Math.min(longest, list.length);
    let found = 0;
    for (let position = 0; position < end; position++) {
      if (owner[list[position]!] === user + 1) hits[found++] = position;
    }
    for (const { metric, k, own, values } of columns) {
      let within = found;
      while (within > 0 && hits[within - 1]! >= k) within -= 1;
      const ranks = own ? hits.slice(0, within) : hits.subarray(0, within);
      values[row] = numberOf(metric, metric.value(ranks, wanted.length, k));
    }
  }
  return Object.fromEntries(columns.map(({ metric, k, values }) => [`${metric.name}@${k}`, values]));
}

function* evaluatingLists(
  rankings: Rankings,
  users: Int32Array,
  metrics: readonly ListMetric[],
  topK: readonly number[],
  trainCounts: Int32Array,
  share: number,
): Generator<number, Record<string, number>> {
  const exposures = new Map<number, Int32Array>();
  for (const k of metrics.length === 0 ? [] : topK)
    exposures.set(k, yield* countingExposure(rankings, users, k, share));
  const values: Record<string, number> = {};
  for (const metric of metrics)
    for (const k of topK) {
      const lists = { rankings, users, k, exposure: exposures.get(k)!, trainCounts };
      const given = isOwn(metric) ? structuredClone({ ...lists, rankings: inMemory(rankings) }) : lists;
      values[`${metric.name}@${k}`] = numberOf(metric, metric.value(given));
      yield share;
    }
  return values;
}

/** A metric that a user added gets copies, so that it cannot change what others read. */
const isOwn = (metric: Metric): boolean => metricRegistry.isAdded(metric);

/** @throws RecdistillError `broken-unit` for a value that is no finite number; NaN says that it is not defined */
function numberOf({ name }: Metric, value: unknown): number {
  if (typeof value === 'number' && (Number.isFinite(value) || Number.isNaN(value))) return value;
  return brokenUnit('metric', name, `value ${returned(value)}; expected a number`);
}

function* countingExposure(
  rankings: Rankings,
  users: Int32Array,
  k: number,
  share: number,
): Generator<number, Int32Array> {
  const exposure = new Int32Array(rankings.nItems);
  for (let row = 0; row < users.length; row++) {
    if (row % USERS_AT_ONCE === 0) yield share;
    const user = users[row]!;
    const list = rankingOf(rankings, user);
    const length = Math.min(k, list.length);
    for (let position = 0; position < length; position++) exposure[list[position]!]! += 1;
  }
  return exposure;
}

function checkTopK(topK: readonly number[], rankings: Rankings): void {
  // Lists as long as the catalogue are complete, so any K is valid.
  const most = rankings.depth >= rankings.nItems ? Number.POSITIVE_INFINITY : rankings.depth;
  const refuse = (given: unknown, expected: string, help?: string): never =>
    fail('bad-option', { owner: 'evaluation', option: 'topK', given, expected, help });
  if (topK.length === 0) refuse('empty', 'at least one list length');
  for (const k of topK) {
    if (!Number.isSafeInteger(k) || k < 1) refuse(k, 'a whole number >= 1');
    if (k > most) {
      refuse(
        k,
        `at most ${rankings.depth}, the length of the stored lists`,
        'Choose a smaller K, or rank again with longer lists.',
      );
    }
  }
}

function checkShapes(
  rankings: Rankings,
  relevant: Interactions,
  metrics: readonly Metric[],
  { trainCounts, profiles }: EvaluateOptions,
): void {
  if (rankings.nUsers !== relevant.nUsers || rankings.nItems !== relevant.nItems) {
    fail('needs-not-met', {
      problem:
        `the rankings have ${rankings.nUsers} users and ${rankings.nItems} items, ` +
        `but the relevant interactions have ${relevant.nUsers} users and ${relevant.nItems} items`,
      hint: 'Evaluate rankings on the data set that they were made for.',
    });
  }
  const metric = metrics.find((metric) => metric.kind === 'lists' && metric.needsTrainCounts);
  const needy = metric?.name ?? (profiles && 'popularity of lists');
  if (needy && trainCounts?.length !== rankings.nItems) {
    const given = trainCounts ? `${trainCounts.length} were given` : 'none were given';
    fail('needs-not-met', {
      problem: `${needy} needs the number of train interactions of all ${rankings.nItems} items; ${given}`,
      hint: 'Pass trainCounts: itemCounts(dataset.train).',
    });
  }
}

/** Rejects lists that would be evaluated incorrectly, because rankings may come from files. */
function* checkingLists(rankings: Rankings): Generator<number, void> {
  const { nUsers, nItems, depth } = rankings;
  const hint = 'A list must contain distinct item indices, best first, padded with -1 at the end.';
  // Those of a file were checked when it was opened.
  const entries = rankings.rows ? nUsers * depth : rankings.items.length;
  if (entries !== nUsers * depth) {
    fail('bad-data', { path: 'rankings', problem: `${entries} entries instead of ${nUsers} x ${depth}`, hint });
  }
  const refuse = (user: number, problem: string): never =>
    fail('bad-data', { path: 'rankings', problem: `the list of user ${user} ${problem}`, hint });
  const seen = new Int32Array(nItems);
  for (let user = 0; user < nUsers; user++) {
    if (user % USERS_AT_ONCE === 0) yield (0.1 * user) / nUsers;
    for (const item of rankingOf(rankings, user)) {
      if (item < 0 || item >= nItems)
        refuse(user, `contains ${item}, which is not an item index from 0 to ${nItems - 1}`);
      if (seen[item] === user + 1) refuse(user, `contains item ${item} twice`);
      seen[item] = user + 1;
    }
  }
}
