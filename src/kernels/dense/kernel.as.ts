// Element-wise parts of a dense layer, used with a matrix product.
import { exp4 } from './exp.as';
import { transposeInto } from './transpose.as';
import { multiplyAdd, subtractProduct } from '../machine/multiply-add.as';

/** Rows [begin, end): x[r][c] += bias[c]. */
export function addBias(x: usize, bias: usize, columns: i32, begin: i32, end: i32): void {
  for (let r = begin; r < end; r++) {
    const row = x + ((r as usize) * (columns as usize) << 2);
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      const at = (c as usize) << 2;
      v128.store(row + at, f32x4.add(v128.load(row + at), v128.load(bias + at)));
    }
    for (; c < columns; c++) {
      const at = (c as usize) << 2;
      store<f32>(row + at, load<f32>(row + at) + load<f32>(bias + at));
    }
  }
}

/** Columns [begin, end): out[c] += sum over rows, from the first row to the last. */
export function columnSums(x: usize, out: usize, rows: i32, columns: i32, begin: i32, end: i32): void {
  const step = (columns as usize) << 2;
  let c = begin;
  // 16 columns are one cache line.
  for (; c + 16 <= end; c += 16) {
    let at = x + ((c as usize) << 2);
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (let r = 0; r < rows; r++) {
      s0 = f32x4.add(s0, v128.load(at));
      s1 = f32x4.add(s1, v128.load(at, 16));
      s2 = f32x4.add(s2, v128.load(at, 32));
      s3 = f32x4.add(s3, v128.load(at, 48));
      at += step;
    }
    const to = out + ((c as usize) << 2);
    v128.store(to, f32x4.add(v128.load(to), s0));
    v128.store(to, f32x4.add(v128.load(to, 16), s1), 16);
    v128.store(to, f32x4.add(v128.load(to, 32), s2), 32);
    v128.store(to, f32x4.add(v128.load(to, 48), s3), 48);
  }
  for (; c < end; c++) {
    let at = x + ((c as usize) << 2);
    let sum: f32 = 0;
    for (let r = 0; r < rows; r++, at += step) sum += load<f32>(at);
    const to = out + ((c as usize) << 2);
    store<f32>(to, load<f32>(to) + sum);
  }
}

/** x = tanh(x) in place. */
export function tanh(x: usize, begin: i32, end: i32): void {
  let k = begin;
  for (; k + 4 <= end; k += 4) {
    const at = x + ((k as usize) << 2);
    v128.store(at, tanh4(v128.load(at)));
  }
  for (; k < end; k++) {
    const at = x + ((k as usize) << 2);
    store<f32>(at, f32x4.extract_lane(tanh4(v128.load_splat<f32>(at)), 0));
  }
}

/**
 * For |x| < 0.625 the odd polynomial of Cephes tanhf, because 1 - 2 / (exp(2 |x|) + 1) would cancel there; beyond, that formula with the
 * sign of x. Relative error below 5e-7.
 */
// @ts-ignore: decorator
@inline
function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const one = f32x4.splat(1);
  const e = exp4(f32x4.add(size, size));
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(e, one)));
  const square = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = multiplyAdd(p, square, f32x4.splat(2.06390887954e-2));
  p = multiplyAdd(p, square, f32x4.splat(-5.37397155531e-2));
  p = multiplyAdd(p, square, f32x4.splat(1.33314422036e-1));
  p = multiplyAdd(p, square, f32x4.splat(-3.33332819422e-1));
  const near = multiplyAdd(f32x4.mul(p, square), size, size);
  const value = v128.bitselect(near, far, f32x4.lt(size, f32x4.splat(0.625)));
  return v128.or(value, v128.and(x, f32x4.splat(-0.0)));
}

/** dy *= 1 - y^2. */
export function tanhBackward(y: usize, dy: usize, begin: i32, end: i32): void {
  const one = f32x4.splat(1);
  let k = begin;
  for (; k + 4 <= end; k += 4) {
    const at = (k as usize) << 2;
    const value = v128.load(y + at);
    v128.store(dy + at, f32x4.mul(v128.load(dy + at), subtractProduct(value, value, one)));
  }
  for (; k < end; k++) {
    const at = (k as usize) << 2;
    const value = load<f32>(y + at);
    store<f32>(dy + at, load<f32>(dy + at) * ((1 as f32) - value * value));
  }
}

/** x = 1 / (1 + exp(-x)) in place. */
export function sigmoid(x: usize, begin: i32, end: i32): void {
  let k = begin;
  for (; k + 4 <= end; k += 4) {
    const at = x + ((k as usize) << 2);
    v128.store(at, sigmoid4(v128.load(at)));
  }
  for (; k < end; k++) {
    const at = x + ((k as usize) << 2);
    store<f32>(at, f32x4.extract_lane(sigmoid4(v128.load_splat<f32>(at)), 0));
  }
}

/** e / (1 + e) with e = exp(x) below 0, so that small values keep their digits; 1 / (1 + exp(-x)) from 0 on. */
// @ts-ignore: decorator
@inline
function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  const top = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(top, f32x4.add(one, e));
}

/** dy *= y (1 - y). */
export function sigmoidBackward(y: usize, dy: usize, begin: i32, end: i32): void {
  const one = f32x4.splat(1);
  let k = begin;
  for (; k + 4 <= end; k += 4) {
    const at = (k as usize) << 2;
    const value = v128.load(y + at);
    v128.store(dy + at, f32x4.mul(v128.load(dy + at), f32x4.mul(value, f32x4.sub(one, value))));
  }
  for (; k < end; k++) {
    const at = (k as usize) << 2;
    const value = load<f32>(y + at);
    store<f32>(dy + at, load<f32>(dy + at) * (value * ((1 as f32) - value)));
  }
}

/** Rows [begin, end) of x become columns of out. */
export function transpose(x: usize, rows: i32, columns: i32, out: usize, begin: i32, end: i32): void {
  const step = (columns as usize) << 2;
  transposeInto(x + (begin as usize) * step, step, end - begin, columns, out + ((begin as usize) << 2), (rows as usize) << 2);
}
