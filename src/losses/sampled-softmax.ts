/** The softmax loss with sampled remaining items. With all of them sampled, it equals `softmaxListLoss`. */
import { logAdd, logSumExp } from '../kernels/hetcomp/loss.js';
import type { Floats } from '../kernels/index.js';

export interface SampledSoftmaxRow {
  /** Weights of the listed items, whose scores come first. */
  readonly weights: ArrayLike<number>;
  /** Number of own items whose scores follow; the rest are samples. */
  readonly own: number;
  /** Number of own items of the user. Those above represent them. */
  readonly ownTotal: number;
  /** Number of remaining items: neither listed nor own. The samples represent them. */
  readonly remainder: number;
  readonly temperature: number;
  readonly ownWeight: number;
}

/**
 * Like `softmaxListLoss`, but the sum of e^(s / t) over the n sampled items is scaled by remainder / n, and that over the own items by
 * ownTotal / own. Both sums are unbiased estimates for uniform samples. Their logarithms have a negative bias that decreases as 1 / n.
 * @param scores scores of the listed, the own and the sampled items, in this order
 * @param gradient output: the derivative of each score; same length
 */
export function sampledSoftmaxLoss(scores: Floats, row: SampledSoftmaxRow, gradient: Floats): number {
  const { weights, own, ownTotal, remainder, temperature: t, ownWeight } = row;
  const listed = weights.length;
  const from = listed + own;
  const s = Float64Array.from(scores, (x) => x / t);
  const samples = s.length - from;
  const spread = samples > 0 ? Math.log(remainder / samples) : 0;
  const times = own > 0 ? Math.log(ownTotal / own) : 0;
  const rest = logAdd(logSumExp(s.subarray(0, listed)), spread + logSumExp(s.subarray(from)));
  const all = logAdd(rest, times + logSumExp(s.subarray(listed, from)));
  let [loss, weight] = [0, 0];
  for (let k = 0; k < listed; k++) {
    weight += weights[k]!;
    loss += weights[k]! * (rest - s[k]!);
  }
  const each = own > 0 ? (ownWeight * ownTotal) / own : 0;
  for (let k = listed; k < from; k++) loss += each * (all - s[k]!);
  const owns = ownWeight * ownTotal;
  const among = (x: number): number =>
    (weight > 0 ? weight * Math.exp(x - rest) : 0) + (own > 0 ? owns * Math.exp(x - all) : 0);
  for (let k = 0; k < listed; k++) gradient[k] = (among(s[k]!) - weights[k]!) / t;
  for (let k = listed; k < from; k++) gradient[k] = (owns * Math.exp(times + s[k]! - all) - each) / t;
  for (let k = from; k < s.length; k++) gradient[k] = among(spread + s[k]!) / t;
  return loss;
}
