import type { Floats } from '../kernels/index.js';

/**
 * Softmax of the first `n` logits divided by `temperature`. The largest logit is subtracted first, so no exponential overflows.
 * @param out `n` probabilities; may be `logits` itself
 */
export function softmaxOf(logits: Floats, temperature: number, out: Floats, n = logits.length): void {
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < n; k++) if (logits[k]! > most) most = logits[k]!;
  let sum = 0;
  for (let k = 0; k < n; k++) {
    out[k] = Math.exp((logits[k]! - most) / temperature);
    sum += out[k]!;
  }
  for (let k = 0; k < n; k++) out[k]! /= sum;
}

/**
 * `weight` times the cross-entropy of a list: -sum over k of p_k log q_k, where q is the softmax of the scores divided by `temperature` over
 * the items of the list alone. Finite for all finite scores. An empty list has the loss 0.
 * @param target p, as many probabilities as there are scores
 * @param gradient output: the derivative with respect to each score, weight * (q_k - p_k) / temperature; may be `scores` itself
 */
export function listCrossEntropy(
  scores: Floats,
  target: Floats,
  temperature: number,
  weight: number,
  gradient: Floats,
): number {
  const n = scores.length;
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < n; k++) if (scores[k]! > most) most = scores[k]!;
  let [sum, expected] = [0, 0];
  for (let k = 0; k < n; k++) {
    const x = (scores[k]! - most) / temperature;
    const e = Math.exp(x);
    sum += e;
    expected += target[k]! * x;
    gradient[k] = e;
  }
  for (let k = 0; k < n; k++) gradient[k] = (weight * (gradient[k]! / sum - target[k]!)) / temperature;
  return n === 0 ? 0 : weight * (Math.log(sum) - expected);
}
