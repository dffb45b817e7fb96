import type { Floats } from '../kernels/index.js';

/**
 * Bayesian personalised ranking (BPR; Rendle et al., UAI 2009): -log sigmoid(s_positive - s_negative), summed over triples.
 * @param scores `2 * triples` scores: for each triple the positive one, then the negative one
 * @param gradient output: the derivative with respect to each score
 */
export function bpr(scores: Floats, gradient: Floats, triples: number): number {
  let loss = 0;
  for (let t = 0; t < triples; t++) {
    const x = scores[2 * t]! - scores[2 * t + 1]!;
    // log(1 + e^-x) without overflow for large -x.
    const e = Math.exp(-Math.abs(x));
    loss += Math.log1p(e) + Math.max(-x, 0);
    const g = x >= 0 ? e / (1 + e) : 1 / (1 + e);
    gradient[2 * t] = -g;
    gradient[2 * t + 1] = g;
  }
  return loss;
}
