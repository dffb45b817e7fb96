// Memory layout of the tiles of a symmetric matrix: its lower triangle, row by row.
import { TILE_BYTES } from './layout';

/** Address of the tile in row i and column j of the tiles, i >= j. */
// @ts-ignore: decorator
@inline
export function tileAt(a: usize, i: i32, j: i32): usize {
  return a + ((i * (i + 1) / 2 + j) as usize) * TILE_BYTES;
}
