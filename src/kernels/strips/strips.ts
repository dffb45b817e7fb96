/** Sizes of the tiles and blocks of losses over all items. */

/** Blocks of users are a multiple of this: eight groups of four divide evenly among 1, 2, 4 or 8 threads. */
const BLOCK = 32;
/** Working memory for the values of a block of users: small enough for the caches, large enough to occupy the threads. */
const BLOCK_BYTES = 4 * 2 ** 20;

export interface Tiling {
  /** Items per tile are 2^shift. */
  readonly shift: number;
  readonly tiles: number;
  /** Items with the padding of the last tile. */
  readonly padded: number;
  /** Tiles per chunk of work. */
  readonly tilesAtOnce: number;
  /** Users per block, a multiple of four. It follows from the sizes only, so the order of sums is the same at any number of threads. */
  readonly block: number;
}

export function tilingOf(dim: number, nItems: number, users: number): Tiling {
  const shift = tileShift(dim, nItems);
  const tiles = Math.ceil(nItems / 2 ** shift);
  const padded = tiles * 2 ** shift;
  const fits = Math.floor(BLOCK_BYTES / (padded * 4) / BLOCK) * BLOCK;
  const block = Math.min(Math.max(fits, BLOCK), 1024, Math.ceil(users / 4) * 4);
  return { shift, tiles, padded, tilesAtOnce: Math.ceil(tiles / 64), block };
}

/** The vectors of a tile and the values of four users fit into a 32 kB L1 cache. */
function tileShift(dim: number, nItems: number): number {
  let shift = 9;
  while (shift > 4 && (4 * dim + 16) * 2 ** shift > 24_576) shift -= 1;
  while (shift > 4 && 2 ** (shift - 1) >= nItems) shift -= 1;
  return shift;
}
