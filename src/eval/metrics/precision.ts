import { userMetric } from './_metric.js';

/** The share of relevant items in the list. Range [0, 1]. The denominator is K even for a user with fewer candidate items. */
export const precision = userMetric({
  name: 'precision',
  label: 'P',
  formula: 'hits / K',
  value: (hits, _relevant, k) => hits.length / k,
});
