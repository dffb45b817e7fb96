import type { Floats } from '../kernels/index.js';
import { bce } from './bce.js';
import { softTargets } from './soft-target.js';

/**
 * Distillation loss of one model in bidirectional distillation (Kweon et al., WWW 2021):
 * lambda * sum of BCE(sigmoid(own[k]), sigmoid(other[k] / temperature)) over the first `n` scores. The temperature applies
 * to the target only. The other model gets no gradient.
 * @param other scores of the other model; overwritten by the targets
 * @param gradient output: the derivative with respect to each of `own`; may be `own` itself
 */
export function bd(
  own: Floats,
  other: Floats,
  temperature: number,
  lambda: number,
  gradient: Floats,
  n: number,
): number {
  softTargets(other, 0, temperature, other, n);
  const loss = bce(own, other, gradient, n);
  for (let k = 0; k < n; k++) gradient[k]! *= lambda;
  return lambda * loss;
}
