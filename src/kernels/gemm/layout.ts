/** Constants of the matrix product. Shared by TypeScript and AssemblyScript. */

/** Terms packed at a time. */
export const DEPTH = 256;

/** Forms of a product: no operand is transposed, b is, a is. */
export const NN = 0;
export const NT = 1;
export const TN = 2;

/** Bytes of a slot: packed rows of op(a), packed columns of op(b), and a panel of 4 x 16 floats for the edge of a tile. */
export function slotBytes(tileM: number, tileN: number): number {
  return ((tileM + tileN) * DEPTH + 64) * 4;
}
