// Inputs of a softmax step, and where its parts are in memory.

/** Addresses and sizes of a step; softmax.ts writes it. Arrays of vectors are row-major float32. */
@unmanaged
export class SoftmaxPlan {
  users: usize;
  userVectors: usize;
  itemVectors: usize;
  ownStarts: usize;
  ownItems: usize;
  listStarts: usize;
  listItems: usize;
  listWeights: usize;
  userGradient: usize;
  itemGradient: usize;
  losses: usize;
  batch: i32;
  dim: i32;
  nItems: i32;
  /** Items of a tile are 2^shift. */
  shift: i32;
  tiles: i32;
  /** Users per block, a multiple of four; maximum number of own items of a user. */
  block: i32;
  longest: i32;
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
  cursors: usize;
  owns: usize;
  sums: usize;
}
