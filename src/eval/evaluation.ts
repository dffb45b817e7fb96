/**
 * The evaluation protocol: full ranking, train items masked (when testing also valid items), mean over users with a relevant item. Users who
 * are held out whole have a given history instead of train items.
 */

import {
  type Dataset,
  type Interactions,
  itemCounts,
  knownItems,
  type Rankings,
  rankingsOf,
  rowsOfUsers,
  union,
} from '../data/index.js';
import { fail } from '../errors.js';
import { numbers, type OptionsOf, options, text } from '../options/options.js';
import { type Evaluation, evaluateRankings } from './evaluate.js';
import { evaluatedMetrics } from './metrics/index.js';

export const evaluationOptions = options({
  at: numbers({ default: [10, 50], min: 1, help: 'List lengths K of the metrics.' }),
  selectBy: text({ default: 'recall@50', help: 'Metric on valid that selects the best epoch, such as ndcg@10.' }),
});

export type EvaluationOptions = OptionsOf<typeof evaluationOptions>;

/** Minimum length of the lists that are stored for distillation and for the ensemble. */
export const LIST_LENGTH = 100;

export interface Evaluator {
  /** Required depth of rankings. */
  readonly depth: number;
  /** Items to mask: they are not candidates. */
  readonly mask: { readonly valid: Interactions; readonly test: Interactions };
  /** Histories of users who are held out whole: the rankings of these users are by `histories` of the model. Absent: none is. */
  readonly foldIn?: Interactions;
  /** The lists from which students learn: those of users who take part in training. The same rankings if no user is held out whole. */
  taught(rankings: Rankings): Rankings;
  /** Evaluates rankings masked with `mask.valid` on valid, in the requested metrics and K. */
  valid(rankings: Rankings): Evaluation;
  /** Evaluates rankings masked with `mask.test` on test, in all metrics. */
  test(rankings: Rankings): Evaluation;
  /** Like `test`, on the hidden interactions. Undefined if the data has none. */
  hidden(rankings: Rankings): Evaluation | undefined;
  /** False if the data has no valid part: then no epoch can be selected, and the last one is kept. */
  readonly selects: boolean;
  /** The value that selects the best epoch. */
  select(evaluation: Evaluation): number;
}

/** @throws RecdistillError `bad-option` if K exceeds the number of items or `selectBy` is not an evaluated metric */
export function createEvaluator(dataset: Dataset, o: EvaluationOptions): Evaluator {
  const { train, valid, test, hidden, foldIn } = dataset;
  const history = knownItems(dataset);
  for (const k of o.at) {
    if (!Number.isInteger(k) || k > train.nItems) {
      const expected = `whole numbers from 1 to the number of items, ${train.nItems}`;
      fail('bad-option', {
        option: 'at',
        owner: 'evaluation',
        given: k,
        expected,
        help: `Choose shorter lists: --at ${Math.min(10, train.nItems)} --select-by recall@${Math.min(10, train.nItems)}.`,
      });
    }
  }
  const known = evaluatedMetrics().flatMap((m) => o.at.map((k) => `${m}@${k}`));
  if (!known.includes(o.selectBy)) {
    fail('bad-option', {
      option: 'selectBy',
      owner: 'evaluation',
      given: o.selectBy,
      expected: `one of ${known.join(', ')}`,
      help: `With these list lengths, set the selection metric: --select-by recall@${Math.max(...o.at)} (selectBy in YAML).`,
    });
  }
  const depth = Math.min(train.nItems, Math.max(LIST_LENGTH, ...o.at));
  const trainCounts = itemCounts(train);
  const selected = o.selectBy.split('@')[0]!;
  const full = (rankings: Rankings, part: Interactions) =>
    evaluateRankings(rankings, part, { metrics: evaluatedMetrics(), topK: o.at, trainCounts });
  const often = [...new Set(['recall', 'ndcg', selected])];
  return {
    depth,
    mask: { valid: history, test: union(history, foldIn ? ofTested(valid, test) : valid) },
    ...(foldIn ? { foldIn } : {}),
    taught: (rankings) => (train.trainUsers ? rankingsOf(rankings, train.trainUsers) : rankings),
    valid: (rankings) => evaluateRankings(rankings, valid, { metrics: often, topK: o.at, trainCounts }),
    test: (rankings) => full(rankings, test),
    hidden: (rankings) => (hidden ? full(rankings, hidden.interactions) : undefined),
    selects: valid.indices.length > 0,
    select: (evaluation) => evaluation.means[o.selectBy] ?? evaluation.beyondAccuracy.evaluatedUsers[o.selectBy]!,
  };
}

/** The valid items of users who are tested. If users are held out whole, others are only in valid, and their lists stay as they were evaluated there. */
const ofTested = (valid: Interactions, test: Interactions): Interactions =>
  rowsOfUsers(
    valid,
    test.indptr.slice(1).map((end, u) => Number(end > test.indptr[u]!)),
  );
