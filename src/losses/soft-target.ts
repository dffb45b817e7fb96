import type { Floats } from '../kernels/index.js';

/**
 * Soft targets of collaborative distillation, for `bce`: out[k] = sigmoid((scores[k] + shift) / temperature) for the first
 * `n` scores of a teacher.
 * @param out may be `scores` itself
 */
export function softTargets(scores: Floats, shift: number, temperature: number, out: Floats, n: number): void {
  for (let k = 0; k < n; k++) {
    const x = (scores[k]! + shift) / temperature;
    const e = Math.exp(-Math.abs(x));
    out[k] = (x >= 0 ? 1 : e) / (1 + e);
  }
}
