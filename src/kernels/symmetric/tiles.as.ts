// Where the tiles of a symmetric matrix are: those of its lower triangle, row of tiles by row of tiles.
import { TILE_BYTES } from './layout';

/** Address of the tile in row i and column j of the tiles, i >= j. */
// @ts-ignore: decorator
@inline
export function tileAt(a: usize, i: i32, j: i32): usize {
  return a + ((i * (i + 1) / 2 + j) as usize) * TILE_BYTES;
}
