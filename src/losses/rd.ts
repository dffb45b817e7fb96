import type { Floats } from '../kernels/index.js';

/** Position weights of ranking distillation (Tang and Wang, KDD 2018): w_k = e^(-k / temperature), k = 1 .. n, normalised to sum 1. */
export function positionWeights(n: number, temperature: number): Float64Array {
  // With exponents from 0 the ratios are the same, and the sum stays above 0 at any temperature.
  const weights = Float64Array.from({ length: n }, (_, k) => Math.exp(-k / temperature));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/**
 * Estimated rank (from 0) of an item with this score among `nItems` items, from the share of sampled items with a higher
 * score: floor((nItems - 1) * share). 0 without samples.
 */
export function approximateRank(score: number, samples: Floats, nItems: number): number {
  let higher = 0;
  for (let n = 0; n < samples.length; n++) if (samples[n]! > score) higher += 1;
  return samples.length === 0 ? 0 : Math.floor((nItems - 1) * (higher / samples.length));
}

/** Dynamic weight: max(0, tanh(slope * (rank - position))), both from 0. It is 0 for an item that already ranks high enough. */
export const dynamicWeight = (rank: number, position: number, slope: number): number =>
  Math.max(Math.tanh(slope * (rank - position)), 0);

/**
 * Weighted positives: the sum of -weight log sigmoid(score) over the first `n` scores. Finite for all finite scores.
 * @param gradient output: the derivative with respect to each score; weights are treated as constants
 */
export function weightedPositives(scores: Floats, weights: ArrayLike<number>, gradient: Floats, n: number): number {
  let loss = 0;
  for (let k = 0; k < n; k++) {
    const [x, w] = [scores[k]!, weights[k]!];
    const e = Math.exp(-Math.abs(x));
    loss += w * (Math.log1p(e) + Math.max(-x, 0));
    gradient[k] = (-w * (x >= 0 ? e : 1)) / (1 + e);
  }
  return loss;
}
