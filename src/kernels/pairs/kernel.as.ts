// Scores of (user, item) pairs, their gradients (weighted rows of one table added to rows of another), and gathering rows of a table.

import { multiplyAdd } from '../machine/multiply-add.as';

/** out[k] = <u[users[k]], q[items[k]]>; rows of `dim` floats. */
export function dotPairs(u: usize, q: usize, dim: i32, users: usize, items: usize, out: usize, begin: i32, end: i32): void {
  const row = (dim as usize) << 2;
  const whole = dim & ~3;
  for (let k = begin; k < end; k++) {
    const a = u + (load<i32>(users + ((k as usize) << 2)) as usize) * row;
    const b = q + (load<i32>(items + ((k as usize) << 2)) as usize) * row;
    let sum = f32x4.splat(0);
    let d = 0;
    for (; d < whole; d += 4) {
      const at = (d as usize) << 2;
      sum = multiplyAdd(v128.load(a + at), v128.load(b + at), sum);
    }
    let total = (f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 2)) + (f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 3));
    for (; d < dim; d++) total += load<f32>(a + ((d as usize) << 2)) * load<f32>(b + ((d as usize) << 2));
    store<f32>(out + ((k as usize) << 2), total);
  }
}

/** out[k] = |u[users[k]] - q[items[k]]|^2; rows of `dim` floats. */
export function distancePairs(u: usize, q: usize, dim: i32, users: usize, items: usize, out: usize, begin: i32, end: i32): void {
  const row = (dim as usize) << 2;
  const whole = dim & ~3;
  for (let k = begin; k < end; k++) {
    const a = u + (load<i32>(users + ((k as usize) << 2)) as usize) * row;
    const b = q + (load<i32>(items + ((k as usize) << 2)) as usize) * row;
    let sum = f32x4.splat(0);
    let d = 0;
    for (; d < whole; d += 4) {
      const at = (d as usize) << 2;
      const x = f32x4.sub(v128.load(a + at), v128.load(b + at));
      sum = multiplyAdd(x, x, sum);
    }
    let total = (f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 2)) + (f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 3));
    for (; d < dim; d++) {
      const x = load<f32>(a + ((d as usize) << 2)) - load<f32>(b + ((d as usize) << 2));
      total += x * x;
    }
    store<f32>(out + ((k as usize) << 2), total);
  }
}

/**
 * Links the entries of each distinct row in ascending order: heads[row] = first entry, next[entry] = the one after it or -1.
 * `distinct` gets the rows in ascending order of their first entry. Serial: begin is 0 and end the number of entries.
 * heads must be -1 everywhere; accumulate() restores that.
 */
export function linkRows(rows: usize, heads: usize, next: usize, distinct: usize, size: usize, begin: i32, end: i32): void {
  for (let k = end - 1; k >= begin; k--) {
    const head = heads + ((load<i32>(rows + ((k as usize) << 2)) as usize) << 2);
    store<i32>(next + ((k as usize) << 2), load<i32>(head));
    store<i32>(head, k);
  }
  let found = 0;
  for (let k = begin; k < end; k++) {
    const row = load<i32>(rows + ((k as usize) << 2));
    if (load<i32>(heads + ((row as usize) << 2)) == k) store<i32>(distinct + ((found++ as usize) << 2), row);
  }
  store<i32>(size, found);
}

/**
 * target[row] += sum over the row's entries of weights[k] * source[columns[k]], in the order of the entries; with `own` (a table like
 * target, or 0) of weights[k] * (source[columns[k]] - own[row]).
 */
export function accumulate(
  target: usize, source: usize, columns: usize, weights: usize, own: usize, dim: i32,
  heads: usize, next: usize, distinct: usize, begin: i32, end: i32,
): void {
  const bytes = (dim as usize) << 2;
  const whole = dim & ~3;
  for (let r = begin; r < end; r++) {
    const row = load<i32>(distinct + ((r as usize) << 2)) as usize;
    const to = target + row * bytes;
    let k = load<i32>(heads + (row << 2));
    store<i32>(heads + (row << 2), -1);
    while (k >= 0) {
      const from = source + (load<i32>(columns + ((k as usize) << 2)) as usize) * bytes;
      const weight = load<f32>(weights + ((k as usize) << 2));
      const weights4 = f32x4.splat(weight);
      let d = 0;
      if (own) {
        const origin = own + row * bytes;
        for (; d < whole; d += 4) {
          const at = (d as usize) << 2;
          const difference = f32x4.sub(v128.load(from + at), v128.load(origin + at));
          v128.store(to + at, multiplyAdd(weights4, difference, v128.load(to + at)));
        }
        for (; d < dim; d++) {
          const at = (d as usize) << 2;
          store<f32>(to + at, load<f32>(to + at) + weight * (load<f32>(from + at) - load<f32>(origin + at)));
        }
      } else {
        for (; d < whole; d += 4) {
          const at = (d as usize) << 2;
          v128.store(to + at, multiplyAdd(weights4, v128.load(from + at), v128.load(to + at)));
        }
        for (; d < dim; d++) {
          const at = (d as usize) << 2;
          store<f32>(to + at, load<f32>(to + at) + weight * load<f32>(from + at));
        }
      }
      k = load<i32>(next + ((k as usize) << 2));
    }
  }
}

/** Rows [begin, end) of out = the rows `rows[k]` of a table with rows of `dim` floats. */
export function gather(table: usize, rows: usize, dim: i32, out: usize, begin: i32, end: i32): void {
  const bytes = (dim as usize) << 2;
  const whole = bytes & ~15;
  for (let k = begin; k < end; k++) {
    const from = table + (load<i32>(rows + ((k as usize) << 2)) as usize) * bytes;
    const to = out + (k as usize) * bytes;
    let at: usize = 0;
    for (; at < whole; at += 16) v128.store(to + at, v128.load(from + at));
    for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
  }
}
