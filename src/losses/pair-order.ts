import type { Floats } from '../kernels/index.js';

/**
 * Mean over pairs of -log sigmoid(s_better - s_worse). Finite for all finite scores. 0 without a pair.
 * @param scores of the pairs, one after the other: the better item, then the worse one; items may repeat
 * @param gradient output: the derivative with respect to each score; may be `scores` itself
 */
export function pairOrderLoss(scores: Floats, gradient: Floats): number {
  const pairs = scores.length / 2;
  let loss = 0;
  for (let at = 0; at < scores.length; at += 2) {
    const difference = scores[at]! - scores[at + 1]!;
    const e = Math.exp(-Math.abs(difference));
    loss += Math.log1p(e) + Math.max(-difference, 0);
    const slope = (difference >= 0 ? e : 1) / (1 + e) / pairs;
    gradient[at] = -slope;
    gradient[at + 1] = slope;
  }
  return pairs === 0 ? 0 : loss / pairs;
}
