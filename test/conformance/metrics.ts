/** Subject `metrics`: rankings from scores, all metrics at every K, and the evaluation of the BD code. */
import { itemCounts, type Rankings, rankingOf, union } from 'recdistill/data';
import { bdRankings, type Evaluation, evaluateRankings, rankScores } from 'recdistill/eval';
import { freeRows, takeRows } from 'recdistill/kernels';
import type { Checker, Inputs, Result } from './_checker.js';
import { onFloat32, put, putInts } from './_machines.js';
import { readBoolean, readInteractions, readMatrix, readNumbers, readText } from './inputs.js';

export const metrics: Checker = {
  // The kernel gives the lists, and everything else follows from them in float64. Scores have 6 decimals: below 16 float32 tells
  // any two of them apart (its steps are 9.5e-7) and keeps ties, so the lists and all that follows must be the same.
  float32: { abs: 1e-11, rel: 1e-11, keys: ['top', 'at'] },
  check: (inputs) => {
    const kind = readText(inputs, 'kind');
    if (kind === 'ranking-metrics') {
      return { float64: rankingMetrics(inputs, rankScores), float32: rankingMetrics(inputs, rankByKernel) };
    }
    if (kind === 'bd-compat') return { float64: bdCompat(inputs) };
    throw new Error(`inputs.kind is "${kind}", expected ranking-metrics or bd-compat`);
  },
};

/** The names in the golden files, and ours. */
const userMetrics = {
  recall: 'recall',
  precision: 'precision',
  ndcg: 'ndcg',
  hit_rate: 'hit-rate',
  mrr: 'mrr',
  map: 'map',
};
const listMetrics = { coverage: 'coverage', gini: 'gini', popularity: 'popularity' };

/** The compiled top-K kernel in the place of `rankScores`. */
const rankByKernel: typeof rankScores = (scores, nUsers, nItems, masks, depth) => {
  const lists = new Int32Array(nUsers * depth);
  onFloat32((k) => {
    const mask = takeRows(k, { columns: nItems, ...masks.reduce(union) });
    const rows = putInts(
      k,
      Array.from({ length: nUsers }, (_, u) => u),
    );
    const [given, best] = [put(k, scores), k.ints(lists.length)];
    k.topK(given, nUsers, nItems, mask, rows, depth, best);
    lists.set(best);
    freeRows(k, mask);
    k.free(rows, given, best);
    return null;
  });
  return { nUsers, nItems: nItems, depth, items: lists };
};

function rankingMetrics(inputs: Inputs, rank: typeof rankScores): Result {
  const scores = readMatrix(inputs, 'scores');
  const nItems = scores.columns;
  const topK = readNumbers(inputs, 'K');
  const train = readInteractions(inputs, 'train', nItems);
  const masks = readBoolean(inputs, 'mask_valid') ? [train, readInteractions(inputs, 'valid', nItems)] : [train];
  // K may exceed the catalogue; then lists as long as the catalogue hold everything.
  const rankings = rank(scores.values, scores.rows, nItems, masks, Math.min(Math.max(...topK), nItems));
  const evaluation = evaluateRankings(rankings, readInteractions(inputs, 'relevant', nItems), {
    metrics: [...Object.values(userMetrics), ...Object.values(listMetrics)],
    topK,
    trainCounts: itemCounts(train),
  });
  return {
    top: Array.from({ length: rankings.nUsers }, (_, user) => rankingOf(rankings, user)),
    at: Object.fromEntries(topK.map((k) => [String(k), valuesAt(evaluation, rankings, k)])),
  };
}

function valuesAt(evaluation: Evaluation, rankings: Rankings, k: number): Result {
  const { users, perUser, means, beyondAccuracy } = evaluation;
  const everyUser = (key: string): Float64Array => {
    const values = new Float64Array(rankings.nUsers).fill(Number.NaN);
    users.forEach((user, row) => {
      values[user] = perUser[key]![row]!;
    });
    return values;
  };
  const under = (names: Readonly<Record<string, string>>, value: (key: string) => Result): Result =>
    Object.fromEntries(Object.entries(names).map(([theirs, ours]) => [theirs, value(`${ours}@${k}`)]));
  return {
    per_user: under(userMetrics, everyUser),
    mean: under(userMetrics, (key) => means[key]),
    beyond_accuracy: {
      evaluated_users: under(listMetrics, (key) => beyondAccuracy.evaluatedUsers[key]),
      all_users: under(listMetrics, (key) => beyondAccuracy.allUsers[key]),
    },
  };
}

function bdCompat(inputs: Inputs): Result {
  const scores = readMatrix(inputs, 'scores');
  const topK = readNumbers(inputs, 'K');
  const testItems = readNumbers(inputs, 'test_item');
  const rankings = bdRankings(scores.values, readInteractions(inputs, 'train', scores.columns));
  const relevant = readInteractions({ relevant: testItems.map((item) => [item]) }, 'relevant', scores.columns);
  const { means } = evaluateRankings(rankings, relevant, { metrics: ['bd-hit-rate', 'bd-ndcg'], topK });
  return {
    rank_1_based: testItems.map((item, user) => rankingOf(rankings, user).indexOf(item) + 1),
    at: Object.fromEntries(topK.map((k) => [String(k), { H: means[`bd-hit-rate@${k}`], N: means[`bd-ndcg@${k}`] }])),
  };
}
