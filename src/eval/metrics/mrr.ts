import { userMetric } from './_metric.js';

/** Reciprocal rank of the first relevant item. Range [0, 1]. */
export const mrr = userMetric({
  name: 'mrr',
  label: 'MRR',
  formula: '1 / (rank of the first hit), 0 without a hit; rank 1 = best',
  value: (hits) => (hits.length > 0 ? 1 / (hits[0]! + 1) : 0),
});
