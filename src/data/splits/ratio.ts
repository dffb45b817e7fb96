/**
 * Each user's interactions are divided by shares, as HetComp does: of n interactions floor(share * n) go to valid and to
 * test, the rest stays in train (Kang et al., WWW 2023: 60/20/20).
 */
import { orderOf, partition, type Split, splitKey, TEST, VALID } from './_split.js';

/** Makes up for products such as 0.1 * 30 that fall short of a whole number by rounding. */
const EPSILON = 1e-9;

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
  return partition(x, part);
};
