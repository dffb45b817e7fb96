import type { Floats } from '../kernels/index.js';

/** Per ranked item: log of the sum of e^s over the item and all after it. Reused for one list at a time. */
let logSums = new Float64Array(128);

/**
 * Plackett-Luce negative log-likelihood of a ranked list followed by unordered items, the relaxed ranking loss of DE-RRD
 * (Kang et al., CIKM 2020): sum over k < ranked of log(sum over l >= k of e^s_l) - s_k. The inner sum is over the ranked
 * items from k on and all unordered items. Finite for all finite scores.
 * @param scores `n` scores: those of the ranked items, best first, then those of the unordered items; items may repeat
 * @param gradient output: the derivative with respect to each score; may be `scores` itself
 * @param cap scores above it count as `cap` and have gradient 0. Default: no cap
 */
export function plackettLuce(
  scores: Floats,
  gradient: Floats,
  ranked: number,
  n: number,
  cap = Number.POSITIVE_INFINITY,
): number {
  if (logSums.length < ranked) logSums = new Float64Array(2 * ranked);
  // Backwards, because every suffix needs its own maximum. The sum so far is total * e^most, with the largest score `most`.
  let [most, total, loss] = [Number.NEGATIVE_INFINITY, 0, 0];
  for (let k = n - 1; k >= 0; k--) {
    const s = Math.min(scores[k]!, cap);
    if (s > most) [most, total] = [s, total * Math.exp(most - s) + 1];
    else total += Math.exp(s - most);
    if (k >= ranked) continue;
    logSums[k] = most + Math.log(total);
    loss += logSums[k]! - s;
  }
  // weight = sum over k' <= k of e^(logSums[k] - logSums[k']). No exponent is above 0.
  let weight = 0;
  for (let k = 0; k < n; k++) {
    const s = scores[k]!;
    const at = Math.min(k, ranked - 1);
    if (k < ranked) weight = k === 0 ? 1 : weight * Math.exp(logSums[k]! - logSums[k - 1]!) + 1;
    gradient[k] =
      ranked === 0 || s > cap ? 0 : Math.exp(Math.min(s, cap) - logSums[at]!) * weight - (k < ranked ? 1 : 0);
  }
  return loss;
}
