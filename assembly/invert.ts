// Parts of the inverse of a symmetric positive definite matrix by sweeps of whole tiles (src/kernels/invert.ts, src/kernels/symmetric.ts).
// Sweep k takes the pivot block A of tile (k, k), P = A^-1 and the columns W of tiles k; then every other tile (i, j) -= W_i P W_j',
// the columns become W P and the pivot block -P. V = W P. Until `finish`, only the lower triangle is read.
import { multiply, packAcross, packAlong } from './gemm';
import { giveSlot, takeSlot } from './slots';
import { STEP, TILE, TILE_BYTES, tileAt } from './symmetric';
import { turn } from './transpose';

/** out[i] = tolerance * element (i, i): the least that a pivot may be. */
export function limits(a: usize, tolerance: f64, out: usize, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const at = tileAt(a, i / TILE, i / TILE) + ((i % TILE) as usize) * (STEP + 4);
    store<f32>(out + ((i as usize) << 2), (tolerance as f32) * load<f32>(at));
  }
}

/**
 * P by Gauss-Jordan in float64 in `work` (size x size): -P takes the place of the block, P is packed for the products to come. A pivot
 * of at most its place in `least` ends it with that row in `status`. Serial: one chunk.
 */
export function invertBlock(a: usize, k: i32, size: i32, packed: usize, work: usize, least: usize, status: usize, begin: i32, end: i32): void {
  const block = tileAt(a, k, k);
  // An odd size has one column more, so that rows are whole pairs.
  const step = ((size + 1) & ~1) as usize << 3;
  memory.fill(work, 0, (size as usize) * step);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = load<f32>(block + (i as usize) * STEP + ((j as usize) << 2)) as f64;
      store<f64>(work + (i as usize) * step + ((j as usize) << 3), value);
      store<f64>(work + (j as usize) * step + ((i as usize) << 3), value);
    }
  }
  for (let p = 0; p < size; p++) {
    const row = work + (p as usize) * step;
    const column = (p as usize) << 3;
    const pivot = load<f64>(row + column);
    // Written so that NaN ends it too; so does Infinity, which has no inverse.
    if (!(pivot > (load<f32>(least + ((k * TILE + p) as usize << 2)) as f64) && pivot > 0 && pivot < Infinity)) {
      store<i32>(status, k * TILE + p);
      return;
    }
    const inverse = 1.0 / pivot;
    const inverses = f64x2.splat(inverse);
    for (let at: usize = 0; at < step; at += 16) v128.store(row + at, f64x2.mul(v128.load(row + at), inverses));
    store<f64>(row + column, inverse);
    for (let i = 0; i < size; i++) {
      if (i == p) continue;
      const other = work + (i as usize) * step;
      const factor = load<f64>(other + column);
      const factors = f64x2.splat(factor);
      for (let at: usize = 0; at < step; at += 16) {
        v128.store(other + at, f64x2.sub(v128.load(other + at), f64x2.mul(factors, v128.load(row + at))));
      }
      store<f64>(other + column, -factor * inverse);
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = load<f64>(work + (i as usize) * step + ((j as usize) << 3)) as f32;
      store<f32>(block + (i as usize) * STEP + ((j as usize) << 2), value);
      store<f32>(block + (j as usize) * STEP + ((i as usize) << 2), value);
    }
  }
  packAlong(block, STEP, TILE, TILE, packed, 8);
  negate(block);
}

/**
 * Rows of tiles [begin, end) but k: V_i takes the place of W_i in the matrix, turned above the diagonal. Both are packed for
 * `sweepTiles`, V_i in panels of 4 rows in v, W_i in panels of 8 in w. A slot holds two tiles and 32 floats.
 */
export function sweepColumns(
  a: usize, k: i32, pivot: usize, v: usize, w: usize, flags: usize, slots: i32, memory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const packed = memory + (slot as usize) * slotBytes;
  const spare = packed + TILE_BYTES;
  for (let i = begin; i < end; i++) {
    if (i == k) continue;
    const panels = (i as usize) * TILE_BYTES;
    const below = i > k;
    const tile = below ? tileAt(a, i, k) : tileAt(a, k, i);
    const columns = below ? tile : spare;
    if (!below) turn(tile, STEP, TILE, TILE, columns, STEP);
    packAcross(columns, STEP, TILE, TILE, packed, 4);
    packAcross(columns, STEP, TILE, TILE, w + panels, 8);
    multiply(packed, pivot, columns, TILE, TILE, TILE, STEP, 1, false, spare + TILE_BYTES);
    packAcross(columns, STEP, TILE, TILE, v + panels, 4);
    if (!below) turn(columns, STEP, TILE, TILE, tile, STEP);
  }
  giveSlot(flags, slot);
}

/** Tiles [begin, end) that are not in row or column k: -= V_i W_j'. All panels are whole, so that `multiply` needs no room at edges. */
export function sweepTiles(a: usize, k: i32, v: usize, w: usize, begin: i32, end: i32): void {
  for (let t = begin; t < end; t++) {
    const i = rowOf(t);
    const j = t - i * (i + 1) / 2;
    if (i == k || j == k) continue;
    const tile = a + (t as usize) * TILE_BYTES;
    multiply(v + (i as usize) * TILE_BYTES, w + (j as usize) * TILE_BYTES, tile, TILE, TILE, TILE, STEP, -1, true, 0);
  }
}

/** Tiles [begin, end) change their sign; those on the diagonal get their upper triangle. */
export function finish(a: usize, begin: i32, end: i32): void {
  for (let t = begin; t < end; t++) {
    const tile = a + (t as usize) * TILE_BYTES;
    negate(tile);
    const i = rowOf(t);
    if (t != i * (i + 3) / 2) continue;
    for (let row = 0; row < TILE; row++) {
      for (let column = 0; column < row; column++) {
        const value = load<f32>(tile + (row as usize) * STEP + ((column as usize) << 2));
        store<f32>(tile + (column as usize) * STEP + ((row as usize) << 2), value);
      }
    }
  }
}

function negate(tile: usize): void {
  for (let at = tile; at < tile + TILE_BYTES; at += 16) v128.store(at, f32x4.neg(v128.load(at)));
}

/** The row of tiles that tile t is in: the largest i with i (i + 1) / 2 <= t. */
function rowOf(t: i32): i32 {
  let i = ((Math.sqrt(8.0 * (t as f64) + 1.0) - 1.0) * 0.5) as i32;
  while (i * (i + 1) / 2 > t) i--;
  while ((i + 1) * (i + 2) / 2 <= t) i++;
  return i;
}
