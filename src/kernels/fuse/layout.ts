/**
 * Working memory of the kernel `fuse`. Shared by TypeScript and AssemblyScript. A slot consists of, in this order: a float64 sum per item,
 * 64-bit keys, a sort buffer of the same size, the items of the row, and the counts of the classes. `width` is the number of entries of a
 * row. Offsets are in bytes from the start of the slot.
 */

/** Sums are counted by exponent and three more bits, so that only a few more than `depth` of them have to be sorted. */
export const CLASSES = 2048;

/** Offset of the keys. */
export function keysAt(nItems: number): number {
  return nItems * 8;
}

/** Offset of the sort buffer. */
export function sortBufferAt(nItems: number, width: number): number {
  return keysAt(nItems) + width * 8;
}

/** Offset of the items of the row. */
export function touchedAt(nItems: number, width: number): number {
  return sortBufferAt(nItems, width) + width * 8;
}

/** Offset of the counts. */
export function countsAt(nItems: number, width: number): number {
  return touchedAt(nItems, width) + width * 4;
}

/** Bytes of a slot. */
export function slotBytes(nItems: number, width: number): number {
  return countsAt(nItems, width) + CLASSES * 4;
}
