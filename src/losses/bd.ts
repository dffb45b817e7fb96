import type { Floats } from '../kernels/index.js';
import { bce } from './bce.js';
import { softTargets } from './soft-target.js';

/**
 * What one model learns from another in bidirectional distillation (Kweon et al., WWW 2021):
 * lambda * sum of BCE(sigmoid(own[k]), sigmoid(other[k] / temperature)) over the first `n`. The temperature softens the target alone, and nothing
 * flows back to the other model.
 * @param other scores of the other model; replaced by the targets
 * @param gradient gets the derivative with respect to each of `own`; may be `own` itself
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
