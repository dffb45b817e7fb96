/** Evaluation of runs and rankings on test, and recommendations for a user. */
import { itemCounts, knownItems, type Rankings } from '../data/index.js';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import {
  type Evaluation,
  evaluatedMetrics,
  evaluating,
  evaluationFor,
  evaluationOptions,
  type Metric,
  type MetricName,
  sampleUsers,
} from '../eval/index.js';
import { parseOptions } from '../options/options.js';
import { runSync } from '../progress.js';
import { expectHeldOut } from '../runs/index.js';
import type { Student } from '../student/index.js';
import { described, expectOptions } from './check.js';
import { type Data, expectData } from './data.js';
import { ask, type Recommendation, type RecommendOptions, type UserOrItems } from './recommend.js';
import { expectAnyRun, expectRun, type Run } from './run.js';

export interface EvaluateOptions {
  /** Default: the data of the run. Required for rankings. */
  readonly data?: Data;
  /** Names, or metrics of your own. Default: all metrics except those that reproduce published code. */
  readonly metrics?: readonly (MetricName | Metric)[];
  /** List lengths K. Default: 10 and 50. */
  readonly at?: readonly number[];
  /** `hidden`: the interactions that `hiddenShare` removed from train. Default: `test`. */
  readonly part?: 'test' | 'hidden';
  /** Evaluate a sample of so many users. Default: that of the run, or all users. */
  readonly evalUsers?: number;
}

const isRankings = (what: Run | Rankings): what is Rankings =>
  typeof what === 'object' && what !== null && 'depth' in what;

/**
 * Evaluates rankings: values per user, their means, and values over all lists.
 * @param what a run, or rankings of candidate items (train and valid items excluded) with the users and items of the data
 * @throws RecdistillError `unknown-name` for a metric, `bad-option` for K, `needs-not-met`, `bad-data` for invalid rankings
 */
export const evaluate = (what: Run | Rankings, options: EvaluateOptions = {}): Evaluation =>
  runSync(evaluateInParts(what, options));

/** Like `evaluate`, as a generator that yields its progress. */
export function evaluateInParts(what: Run | Rankings, options: EvaluateOptions = {}): Generator<number, Evaluation> {
  const rankings = isRankings(what) ? what : expectRun(what, 'the first argument').rankings;
  const data = expectData(options.data ?? (isRankings(what) ? undefined : what.data), 'evaluate');
  expectOptions(options, 'evaluate', ['data', 'metrics', 'at', 'part', 'evalUsers']);
  const { metrics = evaluatedMetrics(), part = 'test' } = options;
  const { at = evaluationFor({}, data.train).at } = options;
  if (!Array.isArray(at)) {
    const expected = 'a list of whole numbers';
    fail('bad-option', { option: 'at', owner: 'evaluate', given: described(at), expected, help: 'List lengths K.' });
  }
  expectHeldOut(data, 'an evaluation');
  const relevant = part === 'test' ? data.test : data.hidden?.interactions;
  if (!relevant) {
    const hint = 'Load it with hiddenShare, or evaluate on test.';
    fail('needs-not-met', { problem: `${data.name} has no hidden interactions`, hint });
  }
  const recorded = isRankings(what) ? undefined : what.options.evalUsers;
  const evaluation = { evalUsers: options.evalUsers ?? recorded };
  const sample = sampleUsers(data, parseOptions(evaluationOptions, evaluation, 'evaluate').evalUsers);
  const trainCounts = itemCounts(data.train);
  const how = { metrics, topK: at, trainCounts, profiles: knownItems(data), ...defined({ sample }) };
  return evaluating(rankings, relevant, how);
}

/**
 * The best items for a user, or for a new user with the given items: `recommend(run, { items: ['12', '99'] }, { k: 5 })`.
 * @throws StudentError `unknown-user`, `unknown-item`, `bad-argument`; RecdistillError `needs-not-met` if the run does not support it
 */
export const recommend = (from: Run | Student, user: UserOrItems, options: RecommendOptions = {}): Recommendation[] =>
  typeof from === 'object' && from !== null && 'recommendFromItems' in from
    ? ask(from, user, options)
    : expectAnyRun(from, 'the first argument').recommend(user, options);
