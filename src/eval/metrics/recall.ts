import { userMetric } from './_metric.js';

/** The share of a user's relevant items in the list. Range [0, 1]. It is always below 1 if `relevant > k`. */
export const recall = userMetric({
  name: 'recall',
  label: 'R',
  formula: 'hits / relevant',
  value: (hits, relevant) => hits.length / relevant,
});
