// Optimiser steps over a flat range. Every step clears the gradient that it used.
// Products are rounded before they are added, in each arithmetic: a row may be updated with the elements before it or alone, which moves
// the elements that scalar code updates, and there is no scalar product that is rounded once. These kernels wait for memory anyway.

// Parameters without a gradient decay with weight decay, and moments anyway. Once they are below TINY, they have no effect on others, and processors take a
// hundred times as long for values below 1e-38: they become 0. NaN is kept.
const TINY: f32 = 1e-30;

// @ts-ignore: decorator
@inline
function kept4(x: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), f32x4.splat(TINY)));
}

// @ts-ignore: decorator
@inline
function kept(x: f32): f32 {
  return Mathf.abs(x) < TINY ? 0 : x;
}

/** Adam as in torch.optim (Kingma and Ba 2015), coupled weight decay; correct1 = 1 - beta1^t, correct2 = 1 - beta2^t. */
export function adam(
  parameter: usize, gradient: usize, first: usize, second: usize,
  learningRate: f64, beta1: f64, beta2: f64, epsilon: f64, l2: f64, correct1: f64, correct2: f64, begin: i32, end: i32,
): void {
  // p -= (lr / correct1) * m / (sqrt(v) / sqrt(correct2) + eps)
  const step = (learningRate / correct1) as f32;
  const root = (1.0 / Math.sqrt(correct2)) as f32;
  const b1 = beta1 as f32, c1 = (1.0 - beta1) as f32, b2 = beta2 as f32, c2 = (1.0 - beta2) as f32, eps = epsilon as f32, decay = l2 as f32;
  const step4 = f32x4.splat(step), root4 = f32x4.splat(root), b14 = f32x4.splat(b1), c14 = f32x4.splat(c1);
  const b24 = f32x4.splat(b2), c24 = f32x4.splat(c2), eps4 = f32x4.splat(eps), decay4 = f32x4.splat(decay), zero = f32x4.splat(0);
  let k = begin;
  for (; k + 4 <= end; k += 4) {
    const at = (k as usize) << 2;
    const p = v128.load(parameter + at);
    const g = f32x4.add(v128.load(gradient + at), f32x4.mul(decay4, p));
    const m = kept4(f32x4.add(f32x4.mul(b14, v128.load(first + at)), f32x4.mul(c14, g)));
    const v = f32x4.add(f32x4.mul(b24, v128.load(second + at)), f32x4.mul(c24, f32x4.mul(g, g)));
    v128.store(first + at, m);
    v128.store(second + at, v);
    v128.store(gradient + at, zero);
    v128.store(parameter + at, kept4(f32x4.sub(p, f32x4.div(f32x4.mul(step4, m), f32x4.add(f32x4.mul(f32x4.sqrt(v), root4), eps4)))));
  }
  for (; k < end; k++) {
    const at = (k as usize) << 2;
    const p = load<f32>(parameter + at);
    const g = load<f32>(gradient + at) + decay * p;
    const m = kept(b1 * load<f32>(first + at) + c1 * g);
    const v = b2 * load<f32>(second + at) + c2 * (g * g);
    store<f32>(first + at, m);
    store<f32>(second + at, v);
    store<f32>(gradient + at, 0);
    store<f32>(parameter + at, kept(p - (step * m) / (Mathf.sqrt(v) * root + eps)));
  }
}

/** Adam on rows of `dim` values with a non-zero gradient, among the rows listed in `rows`, or all rows without it (0). */
export function lazyAdam(
  parameter: usize, gradient: usize, first: usize, second: usize, dim: i32, rows: usize,
  learningRate: f64, beta1: f64, beta2: f64, epsilon: f64, l2: f64, correct1: f64, correct2: f64, begin: i32, end: i32,
): void {
  for (let r = begin; r < end; r++) {
    const from = (rows != 0 ? load<i32>(rows + ((r as usize) << 2)) : r) * dim;
    if (isZero(gradient + ((from as usize) << 2), dim)) continue;
    adam(parameter, gradient, first, second, learningRate, beta1, beta2, epsilon, l2, correct1, correct2, from, from + dim);
  }
}

function isZero(at: usize, n: i32): bool {
  const zero = f32x4.splat(0);
  let k = 0;
  for (; k + 4 <= n; k += 4) if (v128.any_true(f32x4.ne(v128.load(at + ((k as usize) << 2)), zero))) return false;
  for (; k < n; k++) if (load<f32>(at + ((k as usize) << 2)) != 0) return false;
  return true;
}

/** Stochastic gradient descent with coupled weight decay; momentum 0 leaves the buffer unchanged. `isFirst` is 1 in the first step. */
export function sgd(
  parameter: usize, gradient: usize, buffer: usize,
  learningRate: f64, momentum: f64, l2: f64, isFirst: i32, begin: i32, end: i32,
): void {
  const step = learningRate as f32, keep = momentum as f32, decay = l2 as f32;
  const step4 = f32x4.splat(step), keep4 = f32x4.splat(keep), decay4 = f32x4.splat(decay), zero = f32x4.splat(0);
  let k = begin;
  for (; k + 4 <= end; k += 4) {
    const at = (k as usize) << 2;
    const p = v128.load(parameter + at);
    let g = f32x4.add(v128.load(gradient + at), f32x4.mul(decay4, p));
    if (keep != 0) {
      if (!isFirst) g = f32x4.add(g, f32x4.mul(keep4, v128.load(buffer + at)));
      g = kept4(g);
      v128.store(buffer + at, g);
    }
    v128.store(gradient + at, zero);
    v128.store(parameter + at, kept4(f32x4.sub(p, f32x4.mul(step4, g))));
  }
  for (; k < end; k++) {
    const at = (k as usize) << 2;
    const p = load<f32>(parameter + at);
    let g = load<f32>(gradient + at) + decay * p;
    if (keep != 0) {
      if (!isFirst) g += keep * load<f32>(buffer + at);
      g = kept(g);
      store<f32>(buffer + at, g);
    }
    store<f32>(gradient + at, 0);
    store<f32>(parameter + at, kept(p - step * g));
  }
}

/** The same on the rows of `dim` values listed in `rows`. */
export function sgdRows(
  parameter: usize, gradient: usize, buffer: usize,
  learningRate: f64, momentum: f64, l2: f64, isFirst: i32, dim: i32, rows: usize, begin: i32, end: i32,
): void {
  for (let r = begin; r < end; r++) {
    const from = load<i32>(rows + ((r as usize) << 2)) * dim;
    sgd(parameter, gradient, buffer, learningRate, momentum, l2, isFirst, from, from + dim);
  }
}

/** Adagrad (Duchi et al. 2011) as in torch.optim, without learning rate decay. */
export function adagrad(
  parameter: usize, gradient: usize, squares: usize, learningRate: f64, epsilon: f64, l2: f64, begin: i32, end: i32,
): void {
  const step = learningRate as f32, eps = epsilon as f32, decay = l2 as f32;
  const step4 = f32x4.splat(step), eps4 = f32x4.splat(eps), decay4 = f32x4.splat(decay), zero = f32x4.splat(0);
  let k = begin;
  for (; k + 4 <= end; k += 4) {
    const at = (k as usize) << 2;
    const p = v128.load(parameter + at);
    const g = f32x4.add(v128.load(gradient + at), f32x4.mul(decay4, p));
    const sum = f32x4.add(v128.load(squares + at), f32x4.mul(g, g));
    v128.store(squares + at, sum);
    v128.store(gradient + at, zero);
    v128.store(parameter + at, kept4(f32x4.sub(p, f32x4.div(f32x4.mul(step4, g), f32x4.add(f32x4.sqrt(sum), eps4)))));
  }
  for (; k < end; k++) {
    const at = (k as usize) << 2;
    const p = load<f32>(parameter + at);
    const g = load<f32>(gradient + at) + decay * p;
    const sum = load<f32>(squares + at) + g * g;
    store<f32>(squares + at, sum);
    store<f32>(gradient + at, 0);
    store<f32>(parameter + at, kept(p - (step * g) / (Mathf.sqrt(sum) + eps)));
  }
}

/** The same on the rows of `dim` values listed in `rows`. */
export function adagradRows(
  parameter: usize, gradient: usize, squares: usize, learningRate: f64, epsilon: f64, l2: f64,
  dim: i32, rows: usize, begin: i32, end: i32,
): void {
  for (let r = begin; r < end; r++) {
    const from = load<i32>(rows + ((r as usize) << 2)) * dim;
    adagrad(parameter, gradient, squares, learningRate, epsilon, l2, from, from + dim);
  }
}

/** Scales rows of `dim` values that are longer than `length` to that length. */
export function clipRows(parameter: usize, dim: i32, length: f64, begin: i32, end: i32): void {
  const most = length as f32;
  for (let r = begin; r < end; r++) {
    const row = parameter + (((r as usize) * (dim as usize)) << 2);
    let sum = f32x4.splat(0);
    let d = 0;
    for (; d + 4 <= dim; d += 4) {
      const x = v128.load(row + ((d as usize) << 2));
      sum = f32x4.add(sum, f32x4.mul(x, x));
    }
    let squares = (f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 2)) + (f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 3));
    for (; d < dim; d++) {
      const x = load<f32>(row + ((d as usize) << 2));
      squares += x * x;
    }
    const own = Mathf.sqrt(squares);
    if (!(own > most)) continue;
    const factor = most / own;
    const factor4 = f32x4.splat(factor);
    for (d = 0; d + 4 <= dim; d += 4) {
      const at = row + ((d as usize) << 2);
      v128.store(at, f32x4.mul(v128.load(at), factor4));
    }
    for (; d < dim; d++) {
      const at = row + ((d as usize) << 2);
      store<f32>(at, load<f32>(at) * factor);
    }
  }
}
