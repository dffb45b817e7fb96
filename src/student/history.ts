/**
 * The vector of a user from the items they have, for students without a table of users (FISM; Kabbur et al., KDD 2013):
 *
 *   u = |H|^(-exponent) * sum of inputFactors[j] for j in H,  0 for an empty H
 *
 * The sum is in float32 over ascending items, as in training, and is then multiplied once, in float64 and rounded to float32. So it does
 * not depend on the order in which items are given, and it has the bits of training.
 */

/** |H|^(-exponent) for `items` items, and 0 without items. A square root is rounded in the same way by every engine. */
export function historyFactor(items: number, exponent: number): number {
  if (items === 0) return 0;
  return exponent === 0.5 ? 1 / Math.sqrt(items) : items ** -exponent;
}

/** @param items distinct item indices, ascending @returns `dim` values */
export function historyVector(
  inputFactors: ArrayLike<number>,
  dim: number,
  items: ArrayLike<number>,
  exponent: number,
): Float32Array {
  const sum = new Float32Array(dim);
  for (let n = 0; n < items.length; n++) {
    const row = items[n]! * dim;
    for (let d = 0; d < dim; d++) sum[d]! += inputFactors[row + d]!;
  }
  return scaled(sum, historyFactor(items.length, exponent));
}

/** Each value times `factor`, rounded to float32. */
export const scaled = (sum: ArrayLike<number>, factor: number): Float32Array =>
  Float32Array.from(sum, (value) => value * factor);
