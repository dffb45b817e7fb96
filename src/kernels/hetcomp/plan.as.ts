// Inputs of a HetComp step, and where its parts are in memory.

import { tileOffset } from '../strips/table.as';

/** Addresses and sizes of a step; hetcomp.ts writes it. Arrays of vectors are row-major float32. */
@unmanaged
export class HetcompPlan {
  users: usize;
  userVectors: usize;
  itemVectors: usize;
  trainStarts: usize;
  trainItems: usize;
  observedStarts: usize;
  observedItems: usize;
  ranked: usize;
  userGradient: usize;
  itemGradient: usize;
  losses: usize;
  batch: i32;
  dim: i32;
  nItems: i32;
  topK: i32;
  /** Length of the part of `ranked` in the loss, and length of the part that is in it a second time (phase fine). */
  taught: i32;
  taughtTwice: i32;
  fine: i32;
  exact: i32;
  /** Items of a tile are 2^shift. */
  shift: i32;
  tiles: i32;
  /** Users per block, a multiple of four; maximum number of entries of one user's lists. */
  block: i32;
  entries: i32;
  /** Working memory shared by all chunks. */
  table: usize;
  gradients: usize;
  norms: usize;
  exponentials: usize;
  weights: usize;
  /** Working memory with a part for each group of four users of a block. */
  vectors: usize;
  lanes: usize;
  totals: usize;
  heads: usize;
  links: usize;
  lists: usize;
}

/** The vectors of a tile's items, in strips. */
// @ts-ignore: decorator
@inline
export function tableOf(p: HetcompPlan, tile: i32): usize {
  return p.table + tileOffset(tile, p.dim, p.shift);
}

/** The exponentials of a group of four users on one tile. */
export function panel(p: HetcompPlan, tile: i32, g: i32): usize {
  return p.exponentials + (((tile * p.block + g * 4) as usize) << (p.shift + 2));
}
