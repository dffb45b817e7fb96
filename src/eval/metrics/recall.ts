import { userMetric } from './_metric.js';

/** The share of a user's relevant items that the list holds. Range [0, 1]; below 1 by force where `relevant > k`. */
export const recall = userMetric({
  name: 'recall',
  label: 'R',
  formula: 'hits / relevant',
  value: (hits, relevant) => hits.length / relevant,
});
