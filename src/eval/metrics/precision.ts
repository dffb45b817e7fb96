import { userMetric } from './_metric.js';

/** The share of the list that is relevant. Range [0, 1]; over K also for a user with fewer than K candidates. */
export const precision = userMetric({
  name: 'precision',
  label: 'P',
  formula: 'hits / K',
  value: (hits, _relevant, k) => hits.length / k,
});
