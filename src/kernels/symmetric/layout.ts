/** Tiles of a symmetric matrix. Shared by TypeScript and AssemblyScript. */

/** Side of a tile. */
export const TILE = 256;
/** Bytes of a row of a tile, and of a tile. */
export const ROW_BYTES = TILE * 4;
export const TILE_BYTES = TILE * ROW_BYTES;

/** Bytes of a slot of `sumRows`: a transposed tile, and a position per chosen row. */
export function slotBytes(chosen: number): number {
  return TILE_BYTES + chosen * 4;
}
