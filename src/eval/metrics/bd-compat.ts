/**
 * The evaluation of the published BD code (Kweon et al., WWW 2021), only for comparison with published results. It
 * differs from our protocol in three ways: train items are not masked but ranked with score 0; ties go to the higher item
 * index; and ranks from 1 are used in formulas that expect ranks from 0.
 */
import { type Interactions, itemsOf } from '../../data/interactions.js';
import type { Rankings } from '../../data/rankings.js';
import { checkScores } from '../rank.js';
import { userMetric } from './_metric.js';

/** H@K of the published BD code: the share of relevant items with a rank below K. Range [0, 1]. */
export const bdHitRate = userMetric({
  name: 'bd-hit-rate',
  label: 'BD-H',
  formula: 'mean over relevant items of [rank < K], rank 1 = best (the usual hit rate has rank <= K)',
  value: (hits, relevant, k) => countedHits(hits, k).length / relevant,
});

/** N@K of the published BD code: a relevant item at rank 1 has the gain 1 / log2(3) = 0.631. Range [0, 0.631]. */
export const bdNdcg = userMetric({
  name: 'bd-ndcg',
  label: 'BD-N',
  formula: 'mean over relevant items of [rank < K] / log2(rank + 2), rank 1 = best (the usual NDCG has log2(rank + 1))',
  value: (hits, relevant, k) => {
    let gain = 0;
    for (const position of countedHits(hits, k)) gain += 1 / Math.log2(position + 3);
    return gain / relevant;
  },
});

/** The hits whose rank is below `k`: all but one at the last position. */
const countedHits = (hits: Int32Array, k: number): Int32Array =>
  hits.length > 0 && hits[hits.length - 1] === k - 1 ? hits.subarray(0, -1) : hits;

/**
 * Ranks all items for every user like the published BD code, for `bd-hit-rate` and `bd-ndcg`. Items with score NaN are
 * not ranked.
 * @param scores `train.nUsers * train.nItems` values, row by row
 * @param train interactions whose scores are replaced by 0
 * @throws RecdistillError `needs-not-met` if the shapes differ
 */
export function bdRankings(scores: Float32Array | Float64Array, train: Interactions): Rankings {
  const { nUsers, nItems } = train;
  checkScores(scores, nUsers, nItems);
  const ranked = new Int32Array(nUsers * nItems).fill(-1);
  for (let user = 0; user < nUsers; user++) {
    const row = scores.slice(user * nItems, (user + 1) * nItems);
    for (const item of itemsOf(train, user)) row[item] = 0;
    const order = Array.from(row.keys()).filter((item) => !Number.isNaN(row[item]!));
    order.sort((a, b) => row[b]! - row[a]! || b - a);
    ranked.set(order, user * nItems);
  }
  return { nUsers, nItems: nItems, depth: nItems, items: ranked };
}
