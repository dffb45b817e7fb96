import type { Floats } from '../kernels/index.js';

/** log of the sum of e^s of a ranked item and all behind it, for one list at a time. */
let behind = new Float64Array(128);

/**
 * Plackett-Luce likelihood of a ranked list in front of a remainder without order: sum over k < ranked of
 * log(sum over l >= k of e^s_l) - s_k, where the first sum goes over the ranked items from k on and the whole remainder (the relaxed
 * ranking loss of Kang et al., CIKM 2020). Finite for any finite scores.
 * @param scores `n` scores: first those of the ranked items, best first, then those of the remainder; an item may occur several times
 * @param gradient gets the derivative with respect to each score; may be `scores` itself
 * @param cap scores above it count as `cap` and have gradient 0; default: none do
 */
export function plackettLuce(
  scores: Floats,
  gradient: Floats,
  ranked: number,
  n: number,
  cap = Number.POSITIVE_INFINITY,
): number {
  if (behind.length < ranked) behind = new Float64Array(2 * ranked);
  // The sum so far is total * e^most, where most is the largest score so far: from the back, as every suffix needs its own.
  let [most, total, loss] = [Number.NEGATIVE_INFINITY, 0, 0];
  for (let k = n - 1; k >= 0; k--) {
    const s = Math.min(scores[k]!, cap);
    if (s > most) [most, total] = [s, total * Math.exp(most - s) + 1];
    else total += Math.exp(s - most);
    if (k >= ranked) continue;
    behind[k] = most + Math.log(total);
    loss += behind[k]! - s;
  }
  // weight = sum over k' <= k of e^(behind[k] - behind[k']); no exponent is above 0.
  let weight = 0;
  for (let k = 0; k < n; k++) {
    const s = scores[k]!;
    const at = Math.min(k, ranked - 1);
    if (k < ranked) weight = k === 0 ? 1 : weight * Math.exp(behind[k]! - behind[k - 1]!) + 1;
    gradient[k] =
      ranked === 0 || s > cap ? 0 : Math.exp(Math.min(s, cap) - behind[at]!) * weight - (k < ranked ? 1 : 0);
  }
  return loss;
}
