// Ridge regressions of many rows on one table: a half step of alternating least squares (als.ts).
import { giveSlot, takeSlot } from '../machine/slots.as';
import { matrixRows, rowBytes } from './layout';
import { multiplyAdd, subtractProduct } from '../machine/multiply-add.as';

/**
 * target[r] = (base + sum w s s' + ridges[r] I)^-1 sum w s over the rows s of `source` that row r lists, with weights w, or 1 without
 * `weights` (0). status[r] = -1, or the row of the matrix whose pivot is at most tolerance * its diagonal element.
 * Cholesky, U'U, of the upper triangle. The right-hand side is an additional column, so the same elimination yields U'^-1 of it.
 * A row of the source in the slot is followed by a 1 and multiplied by the square root of its weight.
 */
export function als(
  starts: usize, columns: usize, weights: usize, source: usize, base: usize, ridges: usize, target: usize, status: usize, dim: i32, tolerance: f64,
  flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const matrix = slotMemory + (slot as usize) * slotBytes;
  const step = rowBytes(dim) as usize;
  const four = matrix + (matrixRows(dim) as usize) * step;
  for (let r = begin; r < end; r++) {
    const at = (r as usize) << 2;
    const out = target + at * (dim as usize);
    const first = load<i32>(starts + at), last = load<i32>(starts + at, 4);
    store<i32>(status + at, -1);
    if (first == last) {
      for (let d = 0; d < dim; d++) store<f32>(out + ((d as usize) << 2), 0);
      continue;
    }
    prepare(matrix, step, base, load<f32>(ridges + at), dim);
    for (let e = first; e < last; e += 4) {
      gather(four, step, source, columns + ((e as usize) << 2), last - e, dim);
      if (weights) weigh(four, step, weights + ((e as usize) << 2), last - e);
      for (let i = 0; i < dim; i += 2) addFour(matrix, i, four, step, 1);
    }
    const bad = factorise(matrix, step, dim, tolerance as f32, four);
    store<i32>(status + at, bad);
    if (bad < 0) substitute(matrix, step, dim, out);
  }
  giveSlot(flags, slot);
}

/** The upper triangle of base + ridge I, and 0 as right-hand side. */
function prepare(matrix: usize, step: usize, base: usize, ridge: f32, dim: i32): void {
  const bytes = (dim as usize) << 2;
  for (let i = 0; i < dim; i++) {
    const row = matrix + (i as usize) * step;
    const left = ((i & ~3) as usize) << 2;
    memory.copy(row + left, base + (i as usize) * bytes + left, bytes - left);
    for (let at = bytes; at < step; at += 4) store<f32>(row + at, 0);
    const diagonal = row + ((i as usize) << 2);
    store<f32>(diagonal, load<f32>(diagonal) + ridge);
  }
}

/** The next four listed rows, each followed by a 1; zeros if there are fewer. */
function gather(four: usize, step: usize, source: usize, columns: usize, count: i32, dim: i32): void {
  const bytes = (dim as usize) << 2;
  for (let t = 0; t < 4; t++) {
    const row = four + (t as usize) * step;
    if (t >= count) {
      memory.fill(row, 0, step);
      continue;
    }
    memory.copy(row, source + (load<i32>(columns + ((t as usize) << 2)) as usize) * bytes, bytes);
    store<f32>(row + bytes, 1);
    for (let at = bytes + 4; at < step; at += 4) store<f32>(row + at, 0);
  }
}

/** Multiplies the four rows by the square roots of their weights, so that products of two elements of a row have its weight. */
function weigh(four: usize, step: usize, weights: usize, count: i32): void {
  for (let t = 0; t < min(4, count); t++) {
    const roots = f32x4.splat(Mathf.sqrt(load<f32>(weights + ((t as usize) << 2))));
    const row = four + (t as usize) * step;
    for (let at: usize = 0; at < step; at += 16) v128.store(row + at, f32x4.mul(roots, v128.load(row + at)));
  }
}

/** Rows i and i + 1 (i even) of the matrix += sign * (sum over the four rows x of x[i] x), from the diagonal on. */
// @ts-ignore: decorator
@inline
function addFour(matrix: usize, i: i32, four: usize, step: usize, sign: f32): void {
  const at = four + ((i as usize) << 2);
  const signs = f32x4.splat(sign);
  const a0 = f32x4.mul(signs, v128.load_splat<f32>(at)), b0 = f32x4.mul(signs, v128.load_splat<f32>(at, 4));
  const a1 = f32x4.mul(signs, v128.load_splat<f32>(at + step)), b1 = f32x4.mul(signs, v128.load_splat<f32>(at + step, 4));
  const a2 = f32x4.mul(signs, v128.load_splat<f32>(at + 2 * step)), b2 = f32x4.mul(signs, v128.load_splat<f32>(at + 2 * step, 4));
  const a3 = f32x4.mul(signs, v128.load_splat<f32>(at + 3 * step)), b3 = f32x4.mul(signs, v128.load_splat<f32>(at + 3 * step, 4));
  const row = matrix + (i as usize) * step;
  for (let d = ((i & ~3) as usize) << 2; d < step; d += 16) {
    const x0 = v128.load(four + d), x1 = v128.load(four + step + d);
    const x2 = v128.load(four + 2 * step + d), x3 = v128.load(four + 3 * step + d);
    const a = f32x4.add(multiplyAdd(a1, x1, f32x4.mul(a0, x0)), multiplyAdd(a3, x3, f32x4.mul(a2, x2)));
    const b = f32x4.add(multiplyAdd(b1, x1, f32x4.mul(b0, x0)), multiplyAdd(b3, x3, f32x4.mul(b2, x2)));
    v128.store(row + d, f32x4.add(v128.load(row + d), a));
    v128.store(row + step + d, f32x4.add(v128.load(row + step + d), b));
  }
}

/** The matrix becomes U, four rows at a time; returns -1, or the row of a pivot that is only rounding error. */
function factorise(matrix: usize, step: usize, dim: i32, tolerance: f32, limits: usize): i32 {
  for (let k = 0; k < dim; k++) {
    const at = (k as usize) << 2;
    store<f32>(limits + at, tolerance * load<f32>(matrix + (k as usize) * step + at));
  }
  for (let first = 0; first < dim; first += 4) {
    const left = (first as usize) << 2;
    for (let k = first; k < min(first + 4, dim); k++) {
      const at = (k as usize) << 2;
      const row = matrix + (k as usize) * step;
      const pivot = load<f32>(row + at);
      // Written so that NaN is refused, too.
      if (!(pivot > load<f32>(limits + at) && pivot > 0 && pivot < Infinity)) return k;
      const inverses = f32x4.splat((1 as f32) / Mathf.sqrt(pivot));
      for (let d = left; d < step; d += 16) v128.store(row + d, f32x4.mul(inverses, v128.load(row + d)));
      for (let j = k + 1; j < min(first + 4, dim); j++) {
        const other = matrix + (j as usize) * step;
        const factors = v128.load_splat<f32>(row + ((j as usize) << 2));
        for (let d = left; d < step; d += 16) {
          v128.store(other + d, subtractProduct(factors, v128.load(row + d), v128.load(other + d)));
        }
      }
    }
    for (let i = first + 4; i < dim; i += 2) addFour(matrix, i, matrix + (first as usize) * step, step, -1);
  }
  return -1;
}

/** out = U^-1 of the last column. */
function substitute(matrix: usize, step: usize, dim: i32, out: usize): void {
  for (let k = dim - 1; k >= 0; k--) {
    const row = matrix + (k as usize) * step;
    let sums = f32x4.splat(0);
    let j = k + 1;
    for (; j + 4 <= dim; j += 4) {
      const at = (j as usize) << 2;
      sums = multiplyAdd(v128.load(row + at), v128.load(out + at), sums);
    }
    let sum = (f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 2)) + (f32x4.extract_lane(sums, 1) + f32x4.extract_lane(sums, 3));
    for (; j < dim; j++) sum += load<f32>(row + ((j as usize) << 2)) * load<f32>(out + ((j as usize) << 2));
    const at = (k as usize) << 2;
    store<f32>(out + at, (load<f32>(row + ((dim as usize) << 2)) - sum) / load<f32>(row + at));
  }
}
