/** What the matrix product has in common with its kernel; read by TypeScript and by AssemblyScript. */

/** Terms that are packed at a time. */
export const DEPTH = 256;

/** The forms of a product: neither operand is transposed, b is, a is. */
export const NN = 0;
export const NT = 1;
export const TN = 2;

/** Bytes of a slot: packed rows of op(a), packed columns of op(b), and a panel at the edge of a tile, 4 x 8 floats. */
export function slotBytes(tileM: number, tileN: number): number {
  return ((tileM + tileN) * DEPTH + 32) * 4;
}
