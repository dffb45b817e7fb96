import type { Floats } from '../kernels/index.js';

/** The label of an item that is in no pair. */
export const PADDING = -1;

/**
 * Pairwise logistic loss weighted by the change in reciprocal rank (LambdaMRR, as in CL-DRD by Zeng et al., SIGIR 2022):
 * the sum over pairs with label_i > label_j of |1/r_i - 1/r_j| * log(1 + e^-(s_i - s_j)), where r is the rank by score,
 * from 1. Ties are ranked in list order. Ranks are treated as constants. Finite for all finite scores.
 * @param labels higher is better; items with the label `PADDING` rank last and are in no pair
 * @param gradient output: the derivative with respect to each of the first `n` scores
 * @returns the sum and the number of its pairs
 */
export function lambdaRank(
  scores: Floats,
  labels: ArrayLike<number>,
  gradient: Floats,
  n: number,
): { readonly loss: number; readonly pairs: number } {
  const present = Int32Array.from({ length: n }, (_, at) => at).filter((at) => labels[at] !== PADDING);
  present.sort((a, b) => scores[b]! - scores[a]! || a - b);
  gradient.fill(0, 0, n);
  let [loss, pairs] = [0, 0];
  for (let p = 0; p < present.length; p++) {
    for (let q = p + 1; q < present.length; q++) {
      const [high, low] = [present[p]!, present[q]!];
      if (labels[high] === labels[low]) continue;
      const [better, worse] = labels[high]! > labels[low]! ? [high, low] : [low, high];
      const weight = 1 / (p + 1) - 1 / (q + 1);
      const x = scores[better]! - scores[worse]!;
      const e = Math.exp(-Math.abs(x));
      loss += weight * (Math.log1p(e) + Math.max(-x, 0));
      const g = (weight * (x >= 0 ? e : 1)) / (1 + e);
      gradient[better]! -= g;
      gradient[worse]! += g;
      pairs += 1;
    }
  }
  return { loss, pairs };
}
