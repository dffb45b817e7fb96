// The item vectors in strips of four items, tile by tile, and the way back for their gradients.

/** Offset of dimension k of an item in a table of strips: [strip][dimension][item of the strip]. */
// @ts-ignore: decorator
@inline
export function inStrips(item: i32, k: i32, dim: i32): usize {
  return ((((item >> 2) * dim + k) as usize) << 4) + (((item & 3) as usize) << 2);
}

/** Bytes of `tile` tiles of a table, or of the gradients. */
// @ts-ignore: decorator
@inline
export function tileOffset(tile: i32, dim: i32, shift: i32): usize {
  return ((tile * dim) as usize) << (shift + 2);
}

/** Offset in a panel of user b's value for item `at` of the tile, in bytes. */
// @ts-ignore: decorator
@inline
export function inPanel(b: i32, at: i32): usize {
  return (((at >> 2) << 6) + (b << 4) + ((at & 3) << 2)) as usize;
}

/** Tiles [begin, end): vectors -> table, gradients = 0, norms = the largest norm of a vector (float64; infinite if one is not finite). */
export function prepareTiles(itemVectors: usize, nItems: i32, dim: i32, shift: i32, table: usize, gradients: usize, norms: usize, begin: i32, end: i32): void {
  const width = 1 << shift;
  for (let tile = begin; tile < end; tile++) {
    memory.fill(gradients + tileOffset(tile, dim, shift), 0, ((dim * width) as usize) << 2);
    let most: f64 = 0;
    for (let j = 0; j < width; j++) {
      const item = (tile << shift) + j;
      const from = itemVectors + (((item * dim) as usize) << 2);
      let norm: f64 = 0;
      for (let k = 0; k < dim; k++) {
        const x: f32 = item < nItems ? load<f32>(from + ((k as usize) << 2)) : 0;
        norm += (x as f64) * (x as f64);
        store<f32>(table + inStrips(item, k, dim), x);
      }
      if (!(norm <= most)) most = norm == norm ? norm : Infinity;
    }
    store<f64>(norms + ((tile as usize) << 3), Math.sqrt(most));
  }
}

/** The largest norm of an item's vector. */
export function largestNorm(norms: usize, tiles: i32): f64 {
  let norm: f64 = 0;
  for (let tile = 0; tile < tiles; tile++) norm = max<f64>(norm, load<f64>(norms + ((tile as usize) << 3)));
  return norm;
}

/** Tiles [begin, end): adds factor * gradients to the rows of itemGradient. */
export function finishTiles(itemGradient: usize, nItems: i32, dim: i32, shift: i32, gradients: usize, factor: f32, begin: i32, end: i32): void {
  const stop = min(end << shift, nItems);
  for (let item = begin << shift; item < stop; item++) {
    for (let k = 0; k < dim; k++) {
      const to = itemGradient + (((item * dim + k) as usize) << 2);
      store<f32>(to, load<f32>(to) + factor * load<f32>(gradients + inStrips(item, k, dim)));
    }
  }
}
