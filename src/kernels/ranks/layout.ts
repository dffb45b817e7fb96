/** What ranks and draws have in common with their kernels; read by TypeScript and by AssemblyScript. */

/** Buckets of a pass of the radix sort: 11 bits. */
export const BUCKETS = 2048;

/** Items whose weights are summed together; it determines how the sums are rounded. */
export const BLOCK = 32;

/** Bytes of a slot of `ranks`: keys of 64 bits, as many to sort with, and the counts of three passes. */
export function ranksSlotBytes(nItems: number): number {
  return 2 * nItems * 8 + 3 * BUCKETS * 4;
}

/** Place of the weights of a row, in float32, in a slot of `drawByRanks`; before them are the sums up to each block, in float64. */
export function weightsAt(nItems: number): number {
  return Math.ceil(nItems / BLOCK) * 8;
}

/** Bytes of a slot of `drawByRanks`. */
export function drawSlotBytes(nItems: number): number {
  return weightsAt(nItems) + nItems * 4;
}
