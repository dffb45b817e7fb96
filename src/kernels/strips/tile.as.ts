// The inner loops of losses over all items: four users and one tile of items. Values are in strips of four items, so that every loop
// reads memory once, in order, with fixed offsets: a panel is [strip][user][item of the strip], a table is [strip][dimension][item of
// the strip]; `u` and `weights` are [dimension][user]. The number of strips is a multiple of four.

import { multiplyAdd } from '../machine/multiply-add.as';

/**
 * 2^t = 2^round(t) * p(t - round(t)), relative error below 3e-7 for t in [-126, 127]; p is the minimax polynomial on [-1/2, 1/2].
 * The first constant is 1.5 * 2^23: adding it puts round(t) into the low bits, from which a shift moves it to the exponent. The last is
 * log2(e). Constants are read from memory, because V8 rebuilds literal vectors in every iteration, which doubles the time.
 */
const POWER = memory.data<f32>([12582912, 0.0013264727, 0.009671513, 0.05550734, 0.24022242, 0.693147, 1, 1.442695]);

// @ts-ignore: decorator
@inline
function exp2x4(t: v128, magic: v128, c5: v128, c4: v128, c3: v128, c2: v128, c1: v128, c0: v128): v128 {
  const shifted = f32x4.add(t, magic);
  const r = f32x4.sub(t, f32x4.sub(shifted, magic));
  let p = multiplyAdd(c5, r, c4);
  p = multiplyAdd(p, r, c3);
  p = multiplyAdd(p, r, c2);
  p = multiplyAdd(p, r, c1);
  p = multiplyAdd(p, r, c0);
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/** In place: x = 2^x over `bytes` bytes, a multiple of 64. */
export function exponentials(at: usize, bytes: usize): void {
  const magic = v128.load_splat<f32>(POWER), c5 = v128.load_splat<f32>(POWER, 4), c4 = v128.load_splat<f32>(POWER, 8);
  const c3 = v128.load_splat<f32>(POWER, 12), c2 = v128.load_splat<f32>(POWER, 16), c1 = v128.load_splat<f32>(POWER, 20);
  const c0 = v128.load_splat<f32>(POWER, 24);
  for (const end = at + bytes; at < end; at += 64) {
    v128.store(at, exp2x4(v128.load(at), magic, c5, c4, c3, c2, c1, c0));
    v128.store(at, exp2x4(v128.load(at, 16), magic, c5, c4, c3, c2, c1, c0), 16);
    v128.store(at, exp2x4(v128.load(at, 32), magic, c5, c4, c3, c2, c1, c0), 32);
    v128.store(at, exp2x4(v128.load(at, 48), magic, c5, c4, c3, c2, c1, c0), 48);
  }
}

/** In place: s -> e^(s - the user's shift), at least 2^-126 and at most 2^127. */
export function shiftedExponentials(at: usize, shift0: f32, shift1: f32, shift2: f32, shift3: f32, strips: i32): void {
  const magic = v128.load_splat<f32>(POWER), c5 = v128.load_splat<f32>(POWER, 4), c4 = v128.load_splat<f32>(POWER, 8);
  const c3 = v128.load_splat<f32>(POWER, 12), c2 = v128.load_splat<f32>(POWER, 16), c1 = v128.load_splat<f32>(POWER, 20);
  const c0 = v128.load_splat<f32>(POWER, 24), log2e = v128.load_splat<f32>(POWER, 28);
  const a = f32x4.splat(shift0), b = f32x4.splat(shift1), c = f32x4.splat(shift2), d = f32x4.splat(shift3);
  const low = f32x4.splat(-126), high = f32x4.splat(127);
  for (const end = at + ((strips as usize) << 6); at < end; at += 64) {
    let t = f32x4.mul(f32x4.sub(v128.load(at), a), log2e);
    v128.store(at, exp2x4(f32x4.pmax(low, f32x4.pmin(high, t)), magic, c5, c4, c3, c2, c1, c0));
    t = f32x4.mul(f32x4.sub(v128.load(at, 16), b), log2e);
    v128.store(at, exp2x4(f32x4.pmax(low, f32x4.pmin(high, t)), magic, c5, c4, c3, c2, c1, c0), 16);
    t = f32x4.mul(f32x4.sub(v128.load(at, 32), c), log2e);
    v128.store(at, exp2x4(f32x4.pmax(low, f32x4.pmin(high, t)), magic, c5, c4, c3, c2, c1, c0), 32);
    t = f32x4.mul(f32x4.sub(v128.load(at, 48), d), log2e);
    v128.store(at, exp2x4(f32x4.pmax(low, f32x4.pmin(high, t)), magic, c5, c4, c3, c2, c1, c0), 48);
  }
}

/** out[user][item] = sum over the dimensions of u * q. */
export function scores(q: usize, u: usize, out: usize, dim: i32, strips: i32): void {
  const step = (dim as usize) << 4;
  for (const end = out + ((strips as usize) << 6); out < end; out += 128) {
    let left = q, right = q + step, factor = u;
    let x = v128.load(left), y = v128.load(right);
    let w0 = v128.load_splat<f32>(factor), w1 = v128.load_splat<f32>(factor, 4);
    let w2 = v128.load_splat<f32>(factor, 8), w3 = v128.load_splat<f32>(factor, 12);
    let a0 = f32x4.mul(x, w0), a1 = f32x4.mul(x, w1), a2 = f32x4.mul(x, w2), a3 = f32x4.mul(x, w3);
    let b0 = f32x4.mul(y, w0), b1 = f32x4.mul(y, w1), b2 = f32x4.mul(y, w2), b3 = f32x4.mul(y, w3);
    for (let k = 1; k < dim; k++) {
      left += 16;
      right += 16;
      factor += 16;
      x = v128.load(left);
      y = v128.load(right);
      w0 = v128.load_splat<f32>(factor);
      a0 = multiplyAdd(x, w0, a0);
      b0 = multiplyAdd(y, w0, b0);
      w1 = v128.load_splat<f32>(factor, 4);
      a1 = multiplyAdd(x, w1, a1);
      b1 = multiplyAdd(y, w1, b1);
      w2 = v128.load_splat<f32>(factor, 8);
      a2 = multiplyAdd(x, w2, a2);
      b2 = multiplyAdd(y, w2, b2);
      w3 = v128.load_splat<f32>(factor, 12);
      a3 = multiplyAdd(x, w3, a3);
      b3 = multiplyAdd(y, w3, b3);
    }
    v128.store(out, a0);
    v128.store(out, a1, 16);
    v128.store(out, a2, 32);
    v128.store(out, a3, 48);
    v128.store(out, b0, 64);
    v128.store(out, b1, 80);
    v128.store(out, b2, 96);
    v128.store(out, b3, 112);
    q += 2 * step;
  }
}

/** sums[k][user] += sum over the items of e[user] * q[k] for each dimension k; each sum is four lanes. */
export function weightedSums(e: usize, q: usize, sums: usize, dim: i32, strips: i32): void {
  const step = (dim as usize) << 4, end = e + ((strips as usize) << 6);
  let k = 0;
  for (; k + 2 <= dim; k += 2) {
    let a0 = v128.load(sums), a1 = v128.load(sums, 16), a2 = v128.load(sums, 32), a3 = v128.load(sums, 48);
    let b0 = v128.load(sums, 64), b1 = v128.load(sums, 80), b2 = v128.load(sums, 96), b3 = v128.load(sums, 112);
    for (let at = e, column = q; at < end; at += 64) {
      const x = v128.load(column), y = v128.load(column, 16);
      let w = v128.load(at);
      a0 = multiplyAdd(w, x, a0);
      b0 = multiplyAdd(w, y, b0);
      w = v128.load(at, 16);
      a1 = multiplyAdd(w, x, a1);
      b1 = multiplyAdd(w, y, b1);
      w = v128.load(at, 32);
      a2 = multiplyAdd(w, x, a2);
      b2 = multiplyAdd(w, y, b2);
      w = v128.load(at, 48);
      a3 = multiplyAdd(w, x, a3);
      b3 = multiplyAdd(w, y, b3);
      column += step;
    }
    v128.store(sums, a0);
    v128.store(sums, a1, 16);
    v128.store(sums, a2, 32);
    v128.store(sums, a3, 48);
    v128.store(sums, b0, 64);
    v128.store(sums, b1, 80);
    v128.store(sums, b2, 96);
    v128.store(sums, b3, 112);
    sums += 128;
    q += 32;
  }
  if (k == dim) return;
  let a0 = v128.load(sums), a1 = v128.load(sums, 16), a2 = v128.load(sums, 32), a3 = v128.load(sums, 48);
  for (let at = e, column = q; at < end; at += 64) {
    const x = v128.load(column);
    a0 = multiplyAdd(v128.load(at), x, a0);
    a1 = multiplyAdd(v128.load(at, 16), x, a1);
    a2 = multiplyAdd(v128.load(at, 32), x, a2);
    a3 = multiplyAdd(v128.load(at, 48), x, a3);
    column += step;
  }
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, a2, 32);
  v128.store(sums, a3, 48);
}

/** sums[user] += sum over the items of e[user]. */
export function plainSums(e: usize, sums: usize, strips: i32): void {
  let a0 = v128.load(sums), a1 = v128.load(sums, 16), a2 = v128.load(sums, 32), a3 = v128.load(sums, 48);
  for (const end = e + ((strips as usize) << 6); e < end; e += 64) {
    a0 = f32x4.add(a0, v128.load(e));
    a1 = f32x4.add(a1, v128.load(e, 16));
    a2 = f32x4.add(a2, v128.load(e, 32));
    a3 = f32x4.add(a3, v128.load(e, 48));
  }
  v128.store(sums, a0);
  v128.store(sums, a1, 16);
  v128.store(sums, a2, 32);
  v128.store(sums, a3, 48);
}

/**
 * One user with scores of any size. In place: s -> e^(s - shift) within +-limit and 0 outside. sums[0] accumulates e^(s - shift) with
 * s - shift clamped to the limit. NaN marks an item that is excluded from both.
 */
export function guardedExponentials(at: usize, sums: usize, shift: f32, limit: f32, strips: i32): void {
  const magic = v128.load_splat<f32>(POWER), c5 = v128.load_splat<f32>(POWER, 4), c4 = v128.load_splat<f32>(POWER, 8);
  const c3 = v128.load_splat<f32>(POWER, 12), c2 = v128.load_splat<f32>(POWER, 16), c1 = v128.load_splat<f32>(POWER, 20);
  const c0 = v128.load_splat<f32>(POWER, 24);
  const shift4 = f32x4.splat(shift), low4 = f32x4.splat(-limit), high4 = f32x4.splat(limit);
  const log2e = v128.load_splat<f32>(POWER, 28);
  let sum = v128.load(sums);
  for (const end = at + ((strips as usize) << 6); at < end; at += 64) {
    const s = f32x4.sub(v128.load(at), shift4);
    const e = exp2x4(f32x4.mul(f32x4.pmin(high4, f32x4.pmax(low4, s)), log2e), magic, c5, c4, c3, c2, c1, c0);
    sum = f32x4.add(sum, v128.and(e, f32x4.eq(s, s)));
    v128.store(at, v128.and(e, v128.and(f32x4.ge(s, low4), f32x4.le(s, high4))));
  }
  v128.store(sums, sum);
}

/** The maximum of one user's values and `most`. NaN is ignored. */
export function greatest(at: usize, most: f32, strips: i32): f32 {
  let top = f32x4.splat(most);
  for (const end = at + ((strips as usize) << 6); at < end; at += 64) top = f32x4.pmax(top, v128.load(at));
  const a = max<f32>(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1));
  const b = max<f32>(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3));
  return max<f32>(a, b);
}

/** target[k] += sum over the four users of weights[k] * e[user], for each dimension k. */
export function addOuter(target: usize, weights: usize, e: usize, dim: i32, strips: i32): void {
  const step = (dim as usize) << 4, end = e + ((strips as usize) << 6);
  let k = 0;
  for (; k + 2 <= dim; k += 2) {
    const u0 = v128.load_splat<f32>(weights), u1 = v128.load_splat<f32>(weights, 4);
    const u2 = v128.load_splat<f32>(weights, 8), u3 = v128.load_splat<f32>(weights, 12);
    const w0 = v128.load_splat<f32>(weights, 16), w1 = v128.load_splat<f32>(weights, 20);
    const w2 = v128.load_splat<f32>(weights, 24), w3 = v128.load_splat<f32>(weights, 28);
    for (let at = e, to = target; at < end; at += 64) {
      const x0 = v128.load(at), x1 = v128.load(at, 16), x2 = v128.load(at, 32), x3 = v128.load(at, 48);
      const a = f32x4.add(multiplyAdd(u1, x1, f32x4.mul(u0, x0)), multiplyAdd(u3, x3, f32x4.mul(u2, x2)));
      const b = f32x4.add(multiplyAdd(w1, x1, f32x4.mul(w0, x0)), multiplyAdd(w3, x3, f32x4.mul(w2, x2)));
      v128.store(to, f32x4.add(v128.load(to), a));
      v128.store(to, f32x4.add(v128.load(to, 16), b), 16);
      to += step;
    }
    target += 32;
    weights += 32;
  }
  if (k == dim) return;
  const u0 = v128.load_splat<f32>(weights), u1 = v128.load_splat<f32>(weights, 4);
  const u2 = v128.load_splat<f32>(weights, 8), u3 = v128.load_splat<f32>(weights, 12);
  for (let at = e, to = target; at < end; at += 64) {
    const a = multiplyAdd(u1, v128.load(at, 16), f32x4.mul(u0, v128.load(at)));
    const b = multiplyAdd(u3, v128.load(at, 48), f32x4.mul(u2, v128.load(at, 32)));
    v128.store(to, f32x4.add(v128.load(to), f32x4.add(a, b)));
    to += step;
  }
}

/** to[k] += the sum of the four lanes of from[k], in float64, and from[k] = 0, for k in [0, n). */
export function fold(from: usize, to: usize, n: i32): void {
  for (let k = 0; k < n; k++) {
    const x = v128.load(from);
    const pair = f64x2.add(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 0, 1)));
    store<f64>(to, load<f64>(to) + (f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1)));
    v128.store(from, f32x4.splat(0));
    from += 16;
    to += 8;
  }
}
