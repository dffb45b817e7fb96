import type { Floats } from '../kernels/index.js';

/**
 * Binary cross-entropy of p = sigmoid(logit) and its target t, -t log p - (1 - t) log(1 - p), summed over the first `n`
 * elements. Finite for all finite logits.
 * @param targets in [0, 1]; labels are 0 and 1
 * @param gradient output: the derivative with respect to each logit, sigmoid(logit) - target; may be `logits` itself
 */
export function bce(logits: Floats, targets: Floats, gradient: Floats, n: number): number {
  let loss = 0;
  for (let k = 0; k < n; k++) {
    const x = logits[k]!;
    const t = targets[k]!;
    // log(1 + e^x) - t x without overflow for large |x|.
    const e = Math.exp(-Math.abs(x));
    loss += Math.log1p(e) + Math.max(x, 0) - t * x;
    gradient[k] = (x >= 0 ? 1 : e) / (1 + e) - t;
  }
  return loss;
}
