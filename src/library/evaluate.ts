/** Finished runs and bare rankings, judged on test; lists for a user. */
import { itemCounts, type Rankings } from '../data/index.js';
import { fail } from '../errors.js';
import {
  defaultMetrics,
  type Evaluation,
  evaluateRankings,
  evaluationOptions,
  type MetricName,
} from '../eval/index.js';
import type { Student } from '../student/index.js';
import { type Data, expectData } from './data.js';
import { ask, type Recommendation, type RecommendOptions, type Whom } from './recommend.js';
import type { Run } from './run.js';

export interface EvaluateOptions {
  /** Default: that of the run. Bare rankings need it. */
  readonly data?: Data;
  /** Default: all but the compatible variants of published code. */
  readonly metrics?: readonly MetricName[];
  /** List lengths K; default: 10 and 50. */
  readonly at?: readonly number[];
  /** `hidden`: the interactions that `hiddenShare` took out of train. Default: `test`. */
  readonly part?: 'test' | 'hidden';
}

const isRun = (what: Run | Rankings): what is Run => 'rankings' in what;

/**
 * Judges top lists: per-user values, their means, and values over all lists.
 * @param what a run, or rankings of candidate items only (train and valid items left out), over the users and items of the data
 * @throws RecdistillError `unknown-name` for a metric, `bad-option` for K, `needs-not-met`, `bad-data` for lists that cannot be
 */
export function evaluate(what: Run | Rankings, options: EvaluateOptions = {}): Evaluation {
  const data = expectData(options.data ?? (isRun(what) ? what.data : undefined), 'evaluate');
  const { metrics = defaultMetrics, at = evaluationOptions.parse({}).at, part = 'test' } = options;
  const relevant = part === 'test' ? data.test : data.hidden?.interactions;
  if (!relevant) {
    const hint = 'Load it with hiddenShare, or judge on test.';
    fail('needs-not-met', { problem: `${data.name} has no hidden interactions`, hint });
  }
  const rankings = isRun(what) ? what.rankings : what;
  return evaluateRankings(rankings, relevant, { metrics, topK: at, trainCounts: itemCounts(data.train) });
}

/**
 * The best items for a user, or for somebody new who has the items that are named: `recommend(run, { items: ['12', '99'] }, { k: 5 })`.
 * @throws StudentError `unknown-user`, `unknown-item`, `bad-argument`; RecdistillError `needs-not-met` if the run cannot answer this
 */
export const recommend = (from: Run | Student, whom: Whom, options: RecommendOptions = {}): Recommendation[] =>
  'recommendFromItems' in from ? ask(from, whom, options) : from.recommend(whom, options);
