/**
 * The evaluation of the published BD code (Kweon et al., WWW 2021), for comparison with its printed numbers only. It
 * differs from our rules in three ways: train items are not removed but take part with score 0; of two equal scores the
 * higher item id wins; and the rank, counted from 1, stands where the formulas expect one counted from 0.
 */
import { type Interactions, itemsOf } from '../../data/interactions.js';
import type { Rankings } from '../../data/rankings.js';
import { checkScores } from '../rank.js';
import { userMetric } from './_metric.js';

/** H@K of BD: with one relevant item 1 if its rank is below K. Range [0, 1]. */
export const bdHitRate = userMetric({
  name: 'bd-hit-rate',
  label: 'BD-H',
  formula: 'mean over relevant items of [rank < K], rank 1 = best (the usual hit rate has rank <= K)',
  value: (hits, relevant, k) => countedHits(hits, k).length / relevant,
});

/** N@K of BD: a relevant item at the first place earns 1 / log2(3) = 0.631. Range [0, 0.631]. */
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

/** The hits whose rank is below `k`: all but one at the last place. */
const countedHits = (hits: Int32Array, k: number): Int32Array =>
  hits.length > 0 && hits[hits.length - 1] === k - 1 ? hits.subarray(0, -1) : hits;

/**
 * Ranks every item for every user as the BD code does; to be evaluated with `bd-hit-rate` and `bd-ndcg`. NaN is not
 * ranked.
 * @param scores `train.users * train.items` values, row by row
 * @param train items whose score is replaced by 0
 * @throws RecdistillError `needs-not-met` if the shapes do not fit
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
