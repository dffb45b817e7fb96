import type { Floats } from '../kernels/index.js';

/**
 * Hinge loss: max(0, margin - s_positive + s_negative), summed over triples. The gradient is 0 where the loss is 0. With
 * s = -distance it is the loss of collaborative metric learning (Hsieh et al., WWW 2017).
 * @param scores `2 * triples` scores: for each triple the positive one, then the negative one
 * @param gradient output: the derivative with respect to each score
 */
export function hinge(scores: Floats, gradient: Floats, triples: number, margin: number): number {
  let loss = 0;
  for (let t = 0; t < triples; t++) {
    const short = margin - scores[2 * t]! + scores[2 * t + 1]!;
    // Written so that NaN propagates to the loss.
    const inactive = short <= 0;
    if (!inactive) loss += short;
    gradient[2 * t] = inactive ? 0 : -1;
    gradient[2 * t + 1] = inactive ? 0 : 1;
  }
  return loss;
}
