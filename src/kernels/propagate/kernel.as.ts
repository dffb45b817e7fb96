// Products of sparse rows with a table, and scaled sums of tables.

import { multiplyAdd } from '../machine/multiply-add.as';
import { giveSlot, takeSlot } from '../machine/slots.as';

const ONE = memory.data<f32>([1]);

/**
 * y[r] = sum over the entries of row r of weight * x[column], for tables of `dim` floats; sum[r] += y[r] if `sum` is not 0. Without
 * `weights` (0) each weight is 1. A row's entries are added in order. Each pass covers as many columns as the registers hold.
 */
export function propagate(
  starts: usize, columns: usize, weights: usize, x: usize, y: usize, sum: usize, dim: i32, begin: i32, end: i32,
): void {
  const bytes = (dim as usize) << 2;
  // Without weights every entry reads the same 1.
  const factors = weights ? weights : ONE;
  const each: usize = weights ? 4 : 0;
  for (let r = begin; r < end; r++) {
    const at = starts + ((r as usize) << 2);
    const first = load<i32>(at) as usize;
    const last = columns + ((load<i32>(at, 4) as usize) << 2);
    const column = columns + (first << 2);
    const factor = factors + first * each;
    const row = (r as usize) * bytes;
    let d: usize = 0;
    for (; d + 128 <= bytes; d += 128) wide(column, last, factor, each, x + d, y + row + d, bytes);
    for (; d + 16 <= bytes; d += 16) narrow(column, last, factor, each, x + d, y + row + d, bytes);
    for (; d < bytes; d += 4) {
      let total: f32 = 0;
      for (let c = column, f = factor; c < last; c += 4, f += each) {
        total += load<f32>(f) * load<f32>(x + d + (load<i32>(c) as usize) * bytes);
      }
      store<f32>(y + row + d, total);
    }
    if (sum) add(sum + row, y + row, bytes);
  }
}

/** 32 columns. */
function wide(column: usize, last: usize, factor: usize, each: usize, x: usize, y: usize, bytes: usize): void {
  let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (; column < last; column += 4, factor += each) {
    const w = v128.load_splat<f32>(factor);
    const from = x + (load<i32>(column) as usize) * bytes;
    a = multiplyAdd(w, v128.load(from), a);
    b = multiplyAdd(w, v128.load(from, 16), b);
    c = multiplyAdd(w, v128.load(from, 32), c);
    d = multiplyAdd(w, v128.load(from, 48), d);
    e = multiplyAdd(w, v128.load(from, 64), e);
    f = multiplyAdd(w, v128.load(from, 80), f);
    g = multiplyAdd(w, v128.load(from, 96), g);
    h = multiplyAdd(w, v128.load(from, 112), h);
  }
  v128.store(y, a);
  v128.store(y, b, 16);
  v128.store(y, c, 32);
  v128.store(y, d, 48);
  v128.store(y, e, 64);
  v128.store(y, f, 80);
  v128.store(y, g, 96);
  v128.store(y, h, 112);
}

/** 4 columns. */
function narrow(column: usize, last: usize, factor: usize, each: usize, x: usize, y: usize, bytes: usize): void {
  let a = f32x4.splat(0);
  for (; column < last; column += 4, factor += each) {
    a = multiplyAdd(v128.load_splat<f32>(factor), v128.load(x + (load<i32>(column) as usize) * bytes), a);
  }
  v128.store(y, a);
}

// @ts-ignore: decorator
@inline
function add(to: usize, from: usize, bytes: usize): void {
  let d: usize = 0;
  for (; d + 16 <= bytes; d += 16) v128.store(to + d, f32x4.add(v128.load(to + d), v128.load(from + d)));
  for (; d < bytes; d += 4) store<f32>(to + d, load<f32>(to + d) + load<f32>(from + d));
}

/** y += factor * x over a flat range. */
export function addScaled(y: usize, x: usize, factor: f64, begin: i32, end: i32): void {
  const w = factor as f32;
  const w4 = f32x4.splat(w);
  let k = begin;
  for (; k + 4 <= end; k += 4) {
    const at = (k as usize) << 2;
    v128.store(y + at, multiplyAdd(w4, v128.load(x + at), v128.load(y + at)));
  }
  for (; k < end; k++) {
    const at = (k as usize) << 2;
    store<f32>(y + at, load<f32>(y + at) + w * load<f32>(x + at));
  }
}

/** y *= factor over a flat range. */
export function scale(y: usize, factor: f64, begin: i32, end: i32): void {
  const w = factor as f32;
  const w4 = f32x4.splat(w);
  let k = begin;
  for (; k + 4 <= end; k += 4) {
    const at = y + ((k as usize) << 2);
    v128.store(at, f32x4.mul(w4, v128.load(at)));
  }
  for (; k < end; k++) {
    const at = y + ((k as usize) << 2);
    store<f32>(at, w * load<f32>(at));
  }
}

/**
 * The mean of x_0 = (users, items), x_1 = A x_0, ..., x_layers, for the weighted adjacency A of a bipartite graph; layers >= 1. Row r of the
 * edges is that of the node whose place is r; the edges are in blocks of columns, see `GraphRows`. Columns of the tables are independent of
 * each other. Chunk c has the columns [c * width, (c + 1) * width) of `dim`, `width` = 4, 8 or 16. A slot has layers + 1 tables of users
 * and items with rows of `width`: packed, they stay in the cache through all layers, or a block of them through all its rows.
 */
export function meanOfLayers(
  userStarts: usize, userColumns: usize, userWeights: usize, userBlocks: i32,
  itemStarts: usize, itemColumns: usize, itemWeights: usize, itemBlocks: i32,
  userPlaces: usize, itemPlaces: usize, users: usize, items: usize, outUsers: usize, outItems: usize,
  nUsers: i32, nItems: i32, dim: i32, width: i32, layers: i32,
  flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const work = slotMemory + (slot as usize) * slotBytes;
  const stride = (dim as usize) << 2, packed = (width as usize) << 2;
  const ofUsers = packed * (nUsers as usize), table = ofUsers + packed * (nItems as usize);
  const mean: f32 = (1.0 / ((layers + 1) as f64)) as f32;
  for (let c = begin; c < end; c++) {
    const from = ((c * width) as usize) << 2;
    const bytes = min(packed, stride - from);
    pack(users + from, userPlaces, nUsers, stride, bytes, work, packed);
    pack(items + from, itemPlaces, nItems, stride, bytes, work + ofUsers, packed);
    let x = work;
    for (let layer = 0; layer < layers; layer++) {
      const y = x + table;
      multiply(userStarts, userColumns, userWeights, userBlocks, nUsers, x + ofUsers, y, packed);
      multiply(itemStarts, itemColumns, itemWeights, itemBlocks, nItems, x, y + ofUsers, packed);
      x = y;
    }
    addTables(work, table, layers);
    unpack(outUsers + from, userPlaces, nUsers, stride, bytes, work, packed, mean);
    unpack(outItems + from, itemPlaces, nItems, stride, bytes, work + ofUsers, packed, mean);
  }
  giveSlot(flags, slot);
}

/** y[r] = the product of row r with x: one block of columns after the other, so that the rows of x of a block are in the cache. */
function multiply(
  starts: usize, columns: usize, weights: usize, blocks: i32, rows: i32, x: usize, y: usize, packed: usize,
): void {
  for (let block = 0; block < blocks; block++) {
    if (packed == 64) addBlock(starts, columns, weights, rows, block > 0, x, y);
    else addNarrowBlock(starts, columns, weights, rows, block > 0, x, y, packed);
    starts += (rows as usize) << 2;
  }
}

/** y[r] = the product of row r of a block with x, for rows of 16 values; added to y[r] if `more`. */
function addBlock(starts: usize, columns: usize, weights: usize, rows: i32, more: bool, x: usize, y: usize): void {
  for (let r: usize = 0; r < (rows as usize); r++) {
    const first = (load<i32>(starts + (r << 2)) as usize) << 2;
    const last = columns + ((load<i32>(starts + (r << 2), 4) as usize) << 2);
    let column = columns + first;
    if (more && column == last) continue;
    const at = y + (r << 6);
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    if (more) {
      s0 = v128.load(at);
      s1 = v128.load(at, 16);
      s2 = v128.load(at, 32);
      s3 = v128.load(at, 48);
    }
    for (let weight = weights + first; column < last; column += 4, weight += 4) {
      const w = v128.load_splat<f32>(weight);
      const from = x + ((load<i32>(column) as usize) << 6);
      s0 = multiplyAdd(w, v128.load(from), s0);
      s1 = multiplyAdd(w, v128.load(from, 16), s1);
      s2 = multiplyAdd(w, v128.load(from, 32), s2);
      s3 = multiplyAdd(w, v128.load(from, 48), s3);
    }
    v128.store(at, s0);
    v128.store(at, s1, 16);
    v128.store(at, s2, 32);
    v128.store(at, s3, 48);
  }
}

/** The same for rows of `packed` bytes. */
function addNarrowBlock(
  starts: usize, columns: usize, weights: usize, rows: i32, more: bool, x: usize, y: usize, packed: usize,
): void {
  for (let r: usize = 0; r < (rows as usize); r++) {
    const first = (load<i32>(starts + (r << 2)) as usize) << 2;
    const last = columns + ((load<i32>(starts + (r << 2), 4) as usize) << 2);
    for (let d: usize = 0; d < packed; d += 16) {
      const at = y + r * packed + d;
      let s = more ? v128.load(at) : f32x4.splat(0);
      for (let column = columns + first, weight = weights + first; column < last; column += 4, weight += 4) {
        s = multiplyAdd(v128.load_splat<f32>(weight), v128.load(x + d + (load<i32>(column) as usize) * packed), s);
      }
      v128.store(at, s);
    }
  }
}

/** Row places[n] of `out`, of `packed` bytes = the first `bytes` of row n of the table, and zeros. */
function pack(table: usize, places: usize, rows: i32, stride: usize, bytes: usize, out: usize, packed: usize): void {
  for (let n: usize = 0; n < (rows as usize); n++, table += stride) {
    const to = out + (load<i32>(places + (n << 2)) as usize) * packed;
    let d: usize = 0;
    for (; d + 16 <= bytes; d += 16) v128.store(to + d, v128.load(table + d));
    for (; d < packed; d += 4) store<f32>(to + d, d < bytes ? load<f32>(table + d) : 0);
  }
}

/** x += the `layers` tables of `bytes` bytes after it, one after the other. */
function addTables(x: usize, bytes: usize, layers: i32): void {
  for (let d: usize = 0; d < bytes; d += 16) {
    let sum = v128.load(x + d);
    for (let layer = 0, at = x + d; layer < layers; layer++) sum = f32x4.add(sum, v128.load((at += bytes)));
    v128.store(x + d, sum);
  }
}

/** The first `bytes` of row n of the table = row places[n] of `x`, times `factor`. */
function unpack(table: usize, places: usize, rows: i32, stride: usize, bytes: usize, x: usize, packed: usize, factor: f32): void {
  const by = f32x4.splat(factor);
  for (let n: usize = 0; n < (rows as usize); n++, table += stride) {
    const from = x + (load<i32>(places + (n << 2)) as usize) * packed;
    let d: usize = 0;
    for (; d + 16 <= bytes; d += 16) v128.store(table + d, f32x4.mul(v128.load(from + d), by));
    // A whole vector would reach into the next row, or beyond the table.
    for (; d < bytes; d += 4) store<f32>(table + d, load<f32>(from + d) * factor);
  }
}
