// Parts of the inverse of a symmetric positive definite matrix by block sweeps (src/kernels/invert.ts). Of a, only the lower triangle
// is read until mirror. The block that is swept is rows and columns [first, first + size).

/** out[k] = the diagonal, against which pivots are judged. */
export function diagonal(a: usize, n: i32, out: usize, begin: i32, end: i32): void {
  for (let k = begin; k < end; k++) {
    store<f32>(out + ((k as usize) << 2), load<f32>(a + ((k as usize) * ((n + 1) as usize) << 2)));
  }
}

/**
 * pivot (size x size) = inverse of the block, by Gauss-Jordan in float64 in `work`. A pivot of at most tolerance * its place in
 * `limits` ends it with that row in `status`. Serial: one chunk.
 */
export function invertBlock(
  a: usize, n: i32, first: i32, size: i32, pivot: usize, work: usize, limits: usize, tolerance: f64, status: usize, begin: i32, end: i32,
): void {
  // An odd size has one column more, so that rows are whole pairs.
  const step = ((size + 1) & ~1) as usize << 3;
  memory.fill(work, 0, (size as usize) * step);
  for (let i = 0; i < size; i++) {
    const from = a + (((first + i) as usize) * (n as usize) + (first as usize) << 2);
    for (let j = 0; j <= i; j++) {
      const value = load<f32>(from + ((j as usize) << 2)) as f64;
      store<f64>(work + (i as usize) * step + ((j as usize) << 3), value);
      store<f64>(work + (j as usize) * step + ((i as usize) << 3), value);
    }
  }
  for (let k = 0; k < size; k++) {
    const row = work + (k as usize) * step;
    const column = (k as usize) << 3;
    const d = load<f64>(row + column);
    const limit = tolerance * (load<f32>(limits + (((first + k) as usize) << 2)) as f64);
    // Written so that NaN ends it too; so does Infinity, which has no inverse.
    if (!(d > limit && d > 0 && d < Infinity)) {
      store<i32>(status, first + k);
      return;
    }
    const inverse = 1.0 / d;
    const inverses = f64x2.splat(inverse);
    for (let at: usize = 0; at < step; at += 16) v128.store(row + at, f64x2.mul(v128.load(row + at), inverses));
    store<f64>(row + column, inverse);
    for (let i = 0; i < size; i++) {
      if (i == k) continue;
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
    for (let j = 0; j < size; j++) {
      store<f32>(pivot + ((i * size + j) as usize << 2), load<f64>(work + (i as usize) * step + ((j as usize) << 3)) as f32);
    }
  }
}

/** Rows [begin, end) of w (n x size): the columns of the block, taken from below or from the left of it; 0 inside it. */
export function blockColumns(a: usize, n: i32, first: i32, size: i32, w: usize, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const to = w + ((i as usize) * (size as usize) << 2);
    if (i >= first + size) memory.copy(to, place(a, n, i, first), (size as usize) << 2);
    else if (i >= first) memory.fill(to, 0, (size as usize) << 2);
    else for (let c = 0; c < size; c++) store<f32>(to + ((c as usize) << 2), load<f32>(place(a, n, first + c, i)));
  }
}

/** The way back of blockColumns, for rows [begin, end) of v; the block itself becomes -pivot. */
export function putColumns(a: usize, n: i32, first: i32, size: i32, v: usize, pivot: usize, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const from = v + ((i as usize) * (size as usize) << 2);
    if (i >= first + size) memory.copy(place(a, n, i, first), from, (size as usize) << 2);
    else if (i < first) for (let c = 0; c < size; c++) store<f32>(place(a, n, first + c, i), load<f32>(from + ((c as usize) << 2)));
    else {
      const row = pivot + ((i - first) as usize) * (size as usize << 2);
      for (let c = 0; c < size; c++) store<f32>(place(a, n, i, first + c), -load<f32>(row + ((c as usize) << 2)));
    }
  }
}

/** a = -a in rows [begin, end) of the lower triangle, and the same in the upper one. */
export function mirror(a: usize, n: i32, begin: i32, end: i32): void {
  for (let j = 0; j < end; j++) {
    for (let i = max(begin, j); i < end; i++) {
      const value = -load<f32>(place(a, n, i, j));
      store<f32>(place(a, n, i, j), value);
      store<f32>(place(a, n, j, i), value);
    }
  }
}

// @ts-ignore: decorator
@inline
function place(a: usize, n: i32, i: i32, j: i32): usize {
  return a + (((i as usize) * (n as usize) + (j as usize)) << 2);
}
