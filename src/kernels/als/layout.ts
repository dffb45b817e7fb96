/** Working memory of the kernel `als`. Shared by TypeScript and AssemblyScript. */

/** Bytes of a row of the matrix: dim + 1 floats, rounded up to whole vectors of 16 bytes. */
export function rowBytes(dim: number): number {
  return Math.ceil((dim + 1) / 4) * 16;
}

/** Rows of the matrix: dim, rounded up to an even number. */
export function matrixRows(dim: number): number {
  return Math.ceil(dim / 2) * 2;
}

/** Bytes of a slot: the matrix, then four rows of the source. */
export function slotBytes(dim: number): number {
  return (matrixRows(dim) + 4) * rowBytes(dim);
}
