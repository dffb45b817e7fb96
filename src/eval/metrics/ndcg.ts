import { userMetric } from './_metric.js';

/** Normalised discounted cumulative gain with binary relevance. The ideal list has length K. Range [0, 1]. */
export const ndcg = userMetric({
  name: 'ndcg',
  label: 'N',
  formula: 'sum over hit positions p (from 0) of 1 / log2(p + 2), over sum_{p < min(relevant, K)} 1 / log2(p + 2)',
  value: (hits, relevant, k) => {
    let gain = 0;
    for (let j = 0; j < hits.length; j++) gain += discount(hits[j]!);
    return gain / idealGain(Math.min(relevant, k));
  },
});

const discount = (position: number): number => 1 / Math.log2(position + 2);

/** `ideal[n]` is the gain of n relevant items at the first n positions. A cache, extended on demand. */
const ideal = [0];

function idealGain(n: number): number {
  for (let p = ideal.length - 1; p < n; p++) ideal.push(ideal[p]! + discount(p));
  return ideal[n]!;
}
