// Products of sparse rows with a table, and scaled sums of tables.

import { multiplyAdd } from '../machine/multiply-add.as';

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
