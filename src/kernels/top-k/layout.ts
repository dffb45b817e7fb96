/**
 * Working memory of top-K selection. Shared by TypeScript and AssemblyScript. A slot consists of, in this order: `capacity` 64-bit keys for
 * each of `group` users, a sort buffer of `capacity` keys, the number of keys and the bound of each user, the users' vectors, a tile of scores
 * per user, and the maxima of its groups of 16. Offsets are in bytes from the start of the slot.
 */

/** Items of a block. */
export const BLOCK = 64;
/** Bytes of a cache line. */
const LINE = 64;

function wholeLines(bytes: number): number {
  return Math.ceil(bytes / LINE) * LINE;
}

/** Offset of the sort buffer. */
export function sortBufferAt(group: number, capacity: number): number {
  return group * capacity * 8;
}

/** Offset of the numbers of keys and the bounds. */
export function statesAt(group: number, capacity: number): number {
  return wholeLines(sortBufferAt(group, capacity) + capacity * 8);
}

/** Offset of the users' vectors. */
export function vectorsAt(group: number, capacity: number): number {
  return statesAt(group, capacity) + wholeLines(group * 8);
}

/** Offset of the scores. */
export function scoresAt(group: number, capacity: number, dim: number): number {
  return vectorsAt(group, capacity) + wholeLines(group * dim * 4);
}

/** Offset of the maxima. */
export function maximaAt(group: number, capacity: number, dim: number, tile: number): number {
  return scoresAt(group, capacity, dim) + group * tile * 4;
}

/** Bytes of a slot. */
export function slotBytes(group: number, capacity: number, dim: number, tile: number): number {
  return maximaAt(group, capacity, dim, tile) + group * (tile / 4);
}
