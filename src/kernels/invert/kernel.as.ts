// Parts of the inverse of a symmetric positive definite matrix by sweeps of whole tiles (invert.ts, ../symmetric/symmetric.ts).
// Sweep k takes the pivot block A of tile (k, k), P = A^-1 and the columns W of tiles k; then every other tile (i, j) -= W_i P W_j',
// the columns become W P and the pivot block -P. V = W P. Until finishInverse, only the lower triangle is read.
import { transposeInto } from '../dense/transpose.as';
import { multiply, packAcross, packAlong, PANEL } from '../gemm/panels.as';
import { giveSlot, takeSlot } from '../machine/slots.as';
import { ROW_BYTES, TILE, TILE_BYTES } from '../symmetric/layout';
import { tileAt } from '../symmetric/tiles.as';

/** out[i] = tolerance * element (i, i): the lower bound of a pivot. */
export function pivotLimits(a: usize, tolerance: f64, out: usize, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const at = tileAt(a, i / TILE, i / TILE) + ((i % TILE) as usize) * (ROW_BYTES + 4);
    store<f32>(out + ((i as usize) << 2), (tolerance as f32) * load<f32>(at));
  }
}

/**
 * P by Gauss-Jordan in float64 in `work` (size x size): -P replaces the block, P is packed for the products that follow. A pivot that
 * is not greater than its entry of `limits` ends it with that row in `status`. Serial: one chunk.
 */
export function invertBlock(a: usize, k: i32, size: i32, packed: usize, work: usize, limits: usize, status: usize, begin: i32, end: i32): void {
  const block = tileAt(a, k, k);
  // An odd size gets one more column, so that rows are whole pairs.
  const step = ((size + 1) & ~1) as usize << 3;
  memory.fill(work, 0, (size as usize) * step);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = load<f32>(block + (i as usize) * ROW_BYTES + ((j as usize) << 2)) as f64;
      store<f64>(work + (i as usize) * step + ((j as usize) << 3), value);
      store<f64>(work + (j as usize) * step + ((i as usize) << 3), value);
    }
  }
  for (let p = 0; p < size; p++) {
    const row = work + (p as usize) * step;
    const column = (p as usize) << 3;
    const pivot = load<f64>(row + column);
    // Written so that NaN is refused, too. Infinity has no inverse.
    if (!(pivot > (load<f32>(limits + ((k * TILE + p) as usize << 2)) as f64) && pivot > 0 && pivot < Infinity)) {
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
      store<f32>(block + (i as usize) * ROW_BYTES + ((j as usize) << 2), value);
      store<f32>(block + (j as usize) * ROW_BYTES + ((i as usize) << 2), value);
    }
  }
  packAlong(block, ROW_BYTES, TILE, TILE, packed, PANEL);
  negate(block);
}

/**
 * Rows of tiles [begin, end) except k: V_i replaces W_i in the matrix, transposed above the diagonal. Both are packed for `sweepTiles`,
 * V_i in panels of 4 rows in v, W_i in panels of PANEL in w. A slot holds two tiles and a panel for an edge.
 */
export function sweepColumns(
  a: usize, k: i32, pivot: usize, v: usize, w: usize, flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const packed = slotMemory + (slot as usize) * slotBytes;
  const temporary = packed + TILE_BYTES;
  for (let i = begin; i < end; i++) {
    if (i == k) continue;
    const panels = (i as usize) * TILE_BYTES;
    const below = i > k;
    const tile = below ? tileAt(a, i, k) : tileAt(a, k, i);
    const columns = below ? tile : temporary;
    if (!below) transposeInto(tile, ROW_BYTES, TILE, TILE, columns, ROW_BYTES);
    packAcross(columns, ROW_BYTES, TILE, TILE, packed, 4);
    packAcross(columns, ROW_BYTES, TILE, TILE, w + panels, PANEL);
    multiply(packed, pivot, columns, TILE, TILE, TILE, ROW_BYTES, 1, false, temporary + TILE_BYTES);
    packAcross(columns, ROW_BYTES, TILE, TILE, v + panels, 4);
    if (!below) transposeInto(columns, ROW_BYTES, TILE, TILE, tile, ROW_BYTES);
  }
  giveSlot(flags, slot);
}

/** Tiles [begin, end) that are not in row or column k: -= V_i W_j'. All panels are whole, so `multiply` needs no memory for edges. */
export function sweepTiles(a: usize, k: i32, v: usize, w: usize, begin: i32, end: i32): void {
  for (let t = begin; t < end; t++) {
    const i = rowOf(t);
    const j = t - i * (i + 1) / 2;
    if (i == k || j == k) continue;
    const tile = a + (t as usize) * TILE_BYTES;
    multiply(v + (i as usize) * TILE_BYTES, w + (j as usize) * TILE_BYTES, tile, TILE, TILE, TILE, ROW_BYTES, -1, true, 0);
  }
}

/** Negates tiles [begin, end). Tiles on the diagonal get their upper triangle. */
export function finishInverse(a: usize, begin: i32, end: i32): void {
  for (let t = begin; t < end; t++) {
    const tile = a + (t as usize) * TILE_BYTES;
    negate(tile);
    const i = rowOf(t);
    if (t != i * (i + 3) / 2) continue;
    for (let row = 0; row < TILE; row++) {
      for (let column = 0; column < row; column++) {
        const value = load<f32>(tile + (row as usize) * ROW_BYTES + ((column as usize) << 2));
        store<f32>(tile + (column as usize) * ROW_BYTES + ((row as usize) << 2), value);
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
