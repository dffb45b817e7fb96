/**
 * Splits each user's interactions by shares, like HetComp (Kang et al., WWW 2023: 60/20/20): of n interactions,
 * floor(share * n) go to valid and to test each. The rest stays in train.
 */
import { orderOf, partition, type Split, splitKey, TEST, VALID } from './_split.js';

/** Compensates for products such as 0.1 * 30 that are slightly below a whole number by rounding. */
export const EPSILON = 1e-9;

export const ratio: Split = (x, spec) => {
  const part = new Uint8Array(x.indices.length);
  const key = splitKey(spec.seed);
  for (let user = 0; user < x.nUsers; user++) {
    const order = orderOf(x, user, spec, key);
    const n = order.length;
    const test = Math.floor(spec.ratios[2] * n + EPSILON);
    const valid = Math.min(n - test, Math.floor(spec.ratios[1] * n + EPSILON));
    for (let k = n - test - valid; k < n; k++) part[order[k]!] = k < n - test ? VALID : TEST;
  }
  return partition(x, part, spec);
};
