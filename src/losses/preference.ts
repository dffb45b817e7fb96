/**
 * Losses by which scores keep an order that is given by other scores, the constants `pre`. They write the derivative of each score of `post` to
 * `gradient`, which may be `post` itself, and return the loss.
 */
import type { Floats } from '../kernels/index.js';

/** Cross-entropy of the softmax of `post / temperature` with that of `pre / temperature`. */
export function preferenceList(pre: Floats, post: Floats, gradient: Floats, temperature: number): number {
  const [target, own] = [shares(pre, temperature), shares(post, temperature)];
  let loss = 0;
  for (let at = 0; at < pre.length; at++) {
    const p = target.values[at]! / target.sum;
    const q = own.values[at]! / own.sum;
    loss += p * (Math.log(own.sum) - (post[at]! / temperature - own.most));
    own.values[at] = (q - p) / temperature;
  }
  for (let at = 0; at < pre.length; at++) gradient[at] = own.values[at]!;
  return loss;
}

/** -log sigmoid((post_0 - post_1) (pre_0 - pre_1)), of two scores. */
export function preferencePair(pre: Floats, post: Floats, gradient: Floats): number {
  const apart = pre[0]! - pre[1]!;
  const x = (post[0]! - post[1]!) * apart;
  const slope = -apart / (1 + Math.exp(x));
  gradient[0] = slope;
  gradient[1] = -slope;
  // log(1 + exp(-x)), which does not overflow.
  return Math.max(0, -x) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The share of pairs whose order by `post` is the opposite of that by `pre`; 0 for fewer than two scores. */
export function inconsistency(pre: Floats, post: Floats): number {
  let [pairs, turned] = [0, 0];
  for (let a = 1; a < pre.length; a++) {
    for (let b = 0; b < a; b++) {
      pairs += 1;
      if ((pre[a]! - pre[b]!) * (post[a]! - post[b]!) < 0) turned += 1;
    }
  }
  return pairs === 0 ? 0 : turned / pairs;
}

/** exp(score / temperature - most), and their sum. */
function shares(scores: Floats, temperature: number) {
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) most = Math.max(most, score / temperature);
  let sum = 0;
  const values = Float64Array.from(scores, (score) => {
    const e = Math.exp(score / temperature - most);
    sum += e;
    return e;
  });
  return { values, sum, most };
}
