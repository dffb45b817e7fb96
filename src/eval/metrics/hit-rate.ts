import { userMetric } from './_metric.js';

/** Hit rate: 1 if the list contains a relevant item, else 0. */
export const hitRate = userMetric({
  name: 'hit-rate',
  label: 'H',
  formula: '1 if hits > 0, else 0',
  value: (hits) => (hits.length > 0 ? 1 : 0),
});
