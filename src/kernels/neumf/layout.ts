/** Block sizes of a NeuMF step. Shared by TypeScript and AssemblyScript. */

/** Values of a row, padded with zeros to a multiple of 8. */
export function eights(n: number): number {
  return Math.ceil(n / 8) * 8;
}

/** Rows of a matrix, padded to a multiple of 4. */
export function fours(n: number): number {
  return Math.ceil(n / 4) * 4;
}

/**
 * Bytes of a slot, all of float32: for each group of a block a row of dim and one of the first layer, two rows of dim, and for each point
 * of a block a row of dim and two of the widest layer.
 * @param units of the first layer
 * @param most units of the widest layer
 */
export function slotBytes(dim: number, units: number, most: number, blockGroups: number, blockPoints: number): number {
  const groups = fours(blockGroups) * (eights(dim) + eights(units)) + 2 * eights(dim);
  return (groups + fours(blockPoints) * (eights(dim) + 2 * eights(most))) * 4;
}
