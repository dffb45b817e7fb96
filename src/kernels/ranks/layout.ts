/** Constants of ranks and samples. Shared by TypeScript and AssemblyScript. */

/** Buckets of a pass of the radix sort: 11 bits. */
export const BUCKETS = 2048;

/** Items whose weights are summed together. It determines how the sums are rounded. */
export const BLOCK = 32;

/** Bytes of a slot of `ranks`: 64-bit keys, a sort buffer of the same size, and the counts of three passes. */
export function ranksSlotBytes(nItems: number): number {
  return 2 * nItems * 8 + 3 * BUCKETS * 4;
}

/** Offset of the weights of a row, in float32, in a slot of `drawByRanks`. Before them are the cumulative sums of the blocks, in float64. */
export function weightsAt(nItems: number): number {
  return Math.ceil(nItems / BLOCK) * 8;
}

/** Bytes of a slot of `drawByRanks`. */
export function drawSlotBytes(nItems: number): number {
  return weightsAt(nItems) + nItems * 4;
}
