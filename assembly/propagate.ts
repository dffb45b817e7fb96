// Sparse rows times a dense table: one step of propagation over a graph, or the first layer of an autoencoder.

/** y[r] = sum over the entries e of row r of weights[e] * x[indices[e]] (weight 1 if weights is 0); sum[r] += y[r] if sum is not 0. */
export function propagate(
  indptr: usize, indices: usize, weights: usize, x: usize, y: usize, sum: usize, dim: i32, begin: i32, end: i32,
): void {
  const bytes = (dim as usize) << 2;
  const whole = (dim & ~15) as usize;
  for (let r = begin; r < end; r++) {
    const first = load<i32>(indptr + ((r as usize) << 2));
    const last = load<i32>(indptr + ((r as usize) << 2), 4);
    const to = y + (r as usize) * bytes;
    let d: usize = 0;
    // Sixteen columns at a time stay in registers over all entries of the row.
    for (; d < whole; d += 16) {
      const at = d << 2;
      let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), g = f32x4.splat(0);
      for (let e = first; e < last; e++) {
        const k = (e as usize) << 2;
        const from = x + (load<i32>(indices + k) as usize) * bytes + at;
        const w = v128.splat<f32>(weights ? load<f32>(weights + k) : 1);
        a = f32x4.add(a, f32x4.mul(w, v128.load(from)));
        b = f32x4.add(b, f32x4.mul(w, v128.load(from, 16)));
        c = f32x4.add(c, f32x4.mul(w, v128.load(from, 32)));
        g = f32x4.add(g, f32x4.mul(w, v128.load(from, 48)));
      }
      v128.store(to + at, a);
      v128.store(to + at, b, 16);
      v128.store(to + at, c, 32);
      v128.store(to + at, g, 48);
    }
    for (; d < (dim as usize); d++) {
      const at = d << 2;
      let a: f32 = 0;
      for (let e = first; e < last; e++) {
        const k = (e as usize) << 2;
        a += (weights ? load<f32>(weights + k) : 1) * load<f32>(x + (load<i32>(indices + k) as usize) * bytes + at);
      }
      store<f32>(to + at, a);
    }
    if (sum) addRow(sum + (r as usize) * bytes, to, 1, dim);
  }
}

// @ts-ignore: decorator
@inline
function addRow(y: usize, x: usize, factor: f32, n: i32): void {
  const f = f32x4.splat(factor);
  let k = 0;
  for (; k + 4 <= n; k += 4) {
    const at = (k as usize) << 2;
    v128.store(y + at, f32x4.add(v128.load(y + at), f32x4.mul(f, v128.load(x + at))));
  }
  for (; k < n; k++) {
    const at = (k as usize) << 2;
    store<f32>(y + at, load<f32>(y + at) + factor * load<f32>(x + at));
  }
}

/** y += factor * x */
export function addScaled(y: usize, x: usize, factor: f32, begin: i32, end: i32): void {
  addRow(y + ((begin as usize) << 2), x + ((begin as usize) << 2), factor, end - begin);
}

/** y *= factor */
export function scale(y: usize, factor: f32, begin: i32, end: i32): void {
  const f = f32x4.splat(factor);
  let k = begin;
  for (; k + 4 <= end; k += 4) {
    const at = y + ((k as usize) << 2);
    v128.store(at, f32x4.mul(v128.load(at), f));
  }
  for (; k < end; k++) store<f32>(y + ((k as usize) << 2), load<f32>(y + ((k as usize) << 2)) * factor);
}
