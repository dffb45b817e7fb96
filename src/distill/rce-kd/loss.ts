import type { Floats } from '../../kernels/index.js';
import { listCrossEntropy } from '../../losses/index.js';

/** The parts of the loss of one user. */
export interface RceRow {
  /** Number of items in the first list, the student's top items. The others are those of the second loss. An item may be in both. */
  readonly first: number;
  /** Teacher probabilities: a softmax over the first list, then one over the second. */
  readonly target: Floats;
  /** Weight of the second loss, 0 to 1. The first loss has the weight 1 - gamma. */
  readonly gamma: number;
  readonly temperature: number;
}

/**
 * (1 - gamma) * CE(first list) + gamma * CE(second list), each over the items of its list alone.
 * @param gradient output: the derivative with respect to each score
 */
export function rceLoss(scores: Floats, { first, target, gamma, temperature }: RceRow, gradient: Floats): number {
  const part = (from: number, to: number, weight: number) =>
    listCrossEntropy(
      scores.subarray(from, to),
      target.subarray(from, to),
      temperature,
      weight,
      gradient.subarray(from, to),
    );
  return part(0, first, 1 - gamma) + part(first, scores.length, gamma);
}
