import { userMetric } from './_metric.js';

/** Average precision at K. Its mean over users is MAP@K. Range [0, 1], 1 for a perfect list. */
export const map = userMetric({
  name: 'map',
  label: 'MAP',
  formula: '(1 / min(relevant, K)) * sum over hit positions p (from 0) of (hits in the first p + 1) / (p + 1)',
  value: (hits, relevant, k) => {
    let sum = 0;
    for (let j = 0; j < hits.length; j++) sum += (j + 1) / (hits[j]! + 1);
    return sum / Math.min(relevant, k);
  },
});
