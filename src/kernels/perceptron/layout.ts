/** Block sizes of the perceptron scores. Shared by TypeScript and AssemblyScript. */

/** Columns per chunk. */
export const BLOCK = 64;
/** Bytes of the values of one unit for the eight columns that are computed at a time. */
export const UNIT_BYTES = 32;

/** Units of a layer, padded to a multiple of 4. */
export function fours(units: number): number {
  return Math.ceil(units / 4) * 4;
}

/** Floats of a hidden layer: for every four units their biases, then their weights for each input. */
export function layerLength(inputs: number, units: number): number {
  return fours(units) * (inputs + 1);
}

/** Bytes of a slot: the block's rows of b, then the units of two layers for eight columns. */
export function slotBytes(width: number, most: number): number {
  return BLOCK * width * 4 + 2 * most * UNIT_BYTES;
}
