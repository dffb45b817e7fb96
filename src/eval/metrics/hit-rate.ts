import { userMetric } from './_metric.js';

/** Whether the list holds any relevant item: 1 or 0. */
export const hitRate = userMetric({
  name: 'hit-rate',
  label: 'H',
  formula: '1 if hits > 0, else 0',
  value: (hits) => (hits.length > 0 ? 1 : 0),
});
