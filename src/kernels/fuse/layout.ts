/**
 * Working memory of the kernel `fuse`; read by TypeScript and by AssemblyScript. A slot has these parts, in this order:
 * a sum in float64 for each item, keys of 64 bits, as many to sort with, the items of the row, and the counts of the classes.
 * `width` is the number of entries of a row. Places are in bytes from the start of the slot.
 */

/** Sums are counted by their exponent and three bits more, so that few more than `depth` of them have to be sorted. */
export const CLASSES = 2048;

/** Place of the keys. */
export function keysAt(nItems: number): number {
  return nItems * 8;
}

/** Place of the keys to sort with. */
export function spareAt(nItems: number, width: number): number {
  return keysAt(nItems) + width * 8;
}

/** Place of the items of the row. */
export function touchedAt(nItems: number, width: number): number {
  return spareAt(nItems, width) + width * 8;
}

/** Place of the counts. */
export function countsAt(nItems: number, width: number): number {
  return touchedAt(nItems, width) + width * 4;
}

/** Bytes of a slot. */
export function slotBytes(nItems: number, width: number): number {
  return countsAt(nItems, width) + CLASSES * 4;
}
