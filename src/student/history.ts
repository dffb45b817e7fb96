/**
 * The vector of a user from the items they have, for students without a table of users (FISM; Kabbur et al., KDD 2013):
 *
 *   u = |H|^(-exponent) * sum of inputFactors[j] for j in H,  0 for an empty H
 *
 * The sum is in float32 over ascending items, as in training, and is then multiplied once, in float64 and rounded to float32. So it does
 * not depend on the order in which items are given, and it has the bits of training.
 */

/** Binary digits of the exponent that count. The others change the result by less than a rounding. */
const DIGITS = 52;

/**
 * |H|^(-exponent) for `items` items, and 0 without items. Exponents from 0 to 1. The power is a product of square roots, one for each binary
 * digit of the exponent: every engine rounds these in the same way, but not the last bits of a power.
 */
export function historyFactor(items: number, exponent: number): number {
  if (items === 0) return 0;
  if (exponent === 1) return 1 / items;
  let [root, power, rest] = [items, 1, exponent];
  for (let digit = 0; digit < DIGITS && rest > 0; digit++) {
    root = Math.sqrt(root);
    rest *= 2;
    if (rest < 1) continue;
    rest -= 1;
    power *= root;
  }
  return 1 / power;
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
