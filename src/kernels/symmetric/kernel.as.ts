// Symmetric matrices as the tiles of their lower triangle (symmetric.ts).
import { transposeInto } from '../dense/transpose.as';
import { giveSlot, takeSlot } from '../machine/slots.as';
import { ROW_BYTES, TILE, TILE_BYTES } from './layout';
import { tileAt } from './tiles.as';
import { multiplyAdd } from '../machine/multiply-add.as';

/** With fewer rows of out, columns of a tile are read one by one. */
const FEW = 16;

const ONE = memory.data<f32>([1]);

/**
 * Columns of tiles [begin, end) of out[r] = weighted sum of the rows of a that row chosen[r] of the sparse rows lists; weight 1 without
 * `weights` (0). A slot holds a transposed tile, and for each chosen row the position of its next entry.
 */
export function sumRows(
  starts: usize, columns: usize, weights: usize, chosen: usize, count: i32, a: usize, n: i32, out: usize,
  flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const transposed = slotMemory + (slot as usize) * slotBytes;
  const cursors = transposed + TILE_BYTES;
  const tiles = (n + TILE - 1) / TILE;
  const outStep = (n as usize) << 2;
  // Without weights every entry reads the same 1.
  const factors = weights ? weights : ONE;
  const each: usize = weights ? 4 : 0;
  for (let j = begin; j < end; j++) {
    const bytes = (min(TILE, n - j * TILE) as usize) << 2;
    const target = out + ((j * TILE) as usize << 2);
    for (let r = 0; r < count; r++) {
      const at = (r as usize) << 2;
      store<i32>(cursors + at, load<i32>(starts + ((load<i32>(chosen + at) as usize) << 2)));
      for (let d: usize = 0; d < bytes; d += 4) store<f32>(target + (r as usize) * outStep + d, 0);
    }
    for (let i = 0; i < tiles; i++) {
      const first = i * TILE;
      // A tile above the diagonal is only stored as its mirror image: columns instead of rows. For many rows it is transposed first.
      let tile: usize = i >= j ? tileAt(a, i, j) : 0;
      for (let r = 0; r < count; r++) {
        const at = (r as usize) << 2;
        const last = load<i32>(starts + ((load<i32>(chosen + at) as usize) << 2), 4);
        let e = load<i32>(cursors + at);
        for (; e < last; e++) {
          const row = load<i32>(columns + ((e as usize) << 2)) - first;
          if (row >= TILE) break;
          const to = target + (r as usize) * outStep;
          const factor = load<f32>(factors + (e as usize) * each);
          if (tile == 0 && count < FEW) {
            addColumn(to, tileAt(a, j, i) + ((row as usize) << 2), factor, bytes);
            continue;
          }
          if (tile == 0) {
            transposeInto(tileAt(a, j, i), ROW_BYTES, TILE, TILE, transposed, ROW_BYTES);
            tile = transposed;
          }
          add(to, tile + (row as usize) * ROW_BYTES, factor, bytes);
        }
        store<i32>(cursors + at, e);
      }
    }
  }
  giveSlot(flags, slot);
}

// @ts-ignore: decorator
@inline
function add(to: usize, from: usize, factor: f32, bytes: usize): void {
  const factors = f32x4.splat(factor);
  let d: usize = 0;
  for (; d + 16 <= bytes; d += 16) v128.store(to + d, multiplyAdd(factors, v128.load(from + d), v128.load(to + d)));
  for (; d < bytes; d += 4) store<f32>(to + d, load<f32>(to + d) + factor * load<f32>(from + d));
}

/** to[d] += factor * the elements of a column of a tile, from top to bottom. */
function addColumn(to: usize, from: usize, factor: f32, bytes: usize): void {
  for (let d: usize = 0; d < bytes; d += 4, from += ROW_BYTES) store<f32>(to + d, load<f32>(to + d) + factor * load<f32>(from));
}
