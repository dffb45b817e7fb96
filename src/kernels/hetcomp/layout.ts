/** Constants of the HetComp step. Shared by TypeScript and AssemblyScript. */

/** The `published` formulas clamp scores to this range. Beyond it, 2^t overflows float32. */
export const SCORE_LIMIT = 40;
/** Minimum denominator of the `published` formulas. */
export const DENOMINATOR_FLOOR = 1e-5;

/** Bytes of a link, see Link in lists.as.ts. */
export const LINK_BYTES = 16;

/** Bytes of a gradient of a user's vector in float64, rounded up to whole pairs. */
export function vectorBytes(dim: number): number {
  return Math.ceil(dim / 2) * 16;
}

/**
 * Bytes of the lists of one user with room for `entries`: a gradient of the user's vector, then for each entry score, gradient and
 * denominator in float64, exponential in float32, and item.
 */
export function listBytes(dim: number, entries: number): number {
  return vectorBytes(dim) + entries * 32;
}
