// Packed panels of a matrix product, and the product of two panels. The innermost loop keeps 4 x 8 sums in registers with one step per
// iteration. V8 spills registers with more sums or unrolling, which is slower.

import { multiplyAdd } from '../machine/multiply-add.as';

/** Panels of `width` adjacent elements of `kc` lines, `step` bytes apart. The last panel is padded with zeros. */
export function packAlong(from: usize, step: usize, count: i32, kc: i32, to: usize, width: i32): void {
  const bytes = (width as usize) << 2;
  let j = 0;
  for (; j + width <= count; j += width) {
    let source = from + ((j as usize) << 2);
    for (let p = 0; p < kc; p++) {
      v128.store(to, v128.load(source));
      if (width == 8) v128.store(to, v128.load(source, 16), 16);
      source += step;
      to += bytes;
    }
  }
  if (j == count) return;
  for (let p = 0; p < kc; p++) {
    const source = from + (p as usize) * step;
    for (let w = 0; w < width; w++) {
      store<f32>(to + ((w as usize) << 2), j + w < count ? load<f32>(source + (((j + w) as usize) << 2)) : 0);
    }
    to += bytes;
  }
}

/** Panels of `width` lines, `step` bytes apart, transposed in 4 x 4 blocks. Missing lines of the last panel are zeros. */
export function packAcross(from: usize, step: usize, count: i32, kc: i32, to: usize, width: i32): void {
  const bytes = (width as usize) << 2;
  const zero = f32x4.splat(0);
  for (let j = 0; j < count; j += width) {
    for (let w = 0; w < width; w += 4) {
      const lines = count - j - w;
      const s0 = from + ((j + w) as usize) * step, s1 = s0 + step, s2 = s1 + step, s3 = s2 + step;
      let target = to + ((w as usize) << 2);
      let p = 0;
      for (; p + 4 <= kc; p += 4) {
        const at = (p as usize) << 2;
        const r0 = lines > 0 ? v128.load(s0 + at) : zero, r1 = lines > 1 ? v128.load(s1 + at) : zero;
        const r2 = lines > 2 ? v128.load(s2 + at) : zero, r3 = lines > 3 ? v128.load(s3 + at) : zero;
        const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(target, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
        v128.store(target + bytes, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
        v128.store(target + 2 * bytes, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
        v128.store(target + 3 * bytes, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
        target += 4 * bytes;
      }
      for (; p < kc; p++) {
        for (let i = 0; i < 4; i++) {
          store<f32>(target + ((i as usize) << 2), i < lines ? load<f32>(s0 + (i as usize) * step + ((p as usize) << 2)) : 0);
        }
        target += bytes;
      }
    }
    to += (kc as usize) * bytes;
  }
}

/** One tile of c from packed panels. Panels at the edge are computed as a whole and copied in part. */
export function multiply(
  a: usize, b: usize, c: usize, rows: i32, columns: i32, kc: i32, step: usize, alpha: f32, add: bool, edge: usize,
): void {
  const aBytes = (kc as usize) << 4, bBytes = (kc as usize) << 5;
  for (let j = 0; j < columns; j += 8) {
    for (let i = 0; i < rows; i += 4) {
      const from = a + ((i >> 2) as usize) * aBytes;
      const to = c + (i as usize) * step + ((j as usize) << 2);
      const height = rows - i, width = columns - j;
      if (height >= 4 && width >= 8) {
        panel(from, b, from + aBytes, to, step, alpha, add);
        continue;
      }
      panel(from, b, from + aBytes, edge, 32, alpha, false);
      for (let y = 0; y < min(height, 4); y++) {
        for (let x = 0; x < min(width, 8); x++) {
          const at = to + (y as usize) * step + ((x as usize) << 2);
          const value = load<f32>(edge + ((y << 3 | x) as usize << 2));
          store<f32>(at, add ? load<f32>(at) + value : value);
        }
      }
    }
    b += bBytes;
  }
}

function panel(a: usize, b: usize, end: usize, c: usize, step: usize, alpha: f32, add: bool): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<f32>(a);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    x = v128.load_splat<f32>(a, 4);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    x = v128.load_splat<f32>(a, 8);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    x = v128.load_splat<f32>(a, 12);
    c30 = multiplyAdd(x, b0, c30);
    c31 = multiplyAdd(x, b1, c31);
    a += 16;
    b += 32;
  } while (a != end);
  const scale = f32x4.splat(alpha);
  put(c, f32x4.mul(scale, c00), f32x4.mul(scale, c01), add);
  put(c + step, f32x4.mul(scale, c10), f32x4.mul(scale, c11), add);
  put(c + 2 * step, f32x4.mul(scale, c20), f32x4.mul(scale, c21), add);
  put(c + 3 * step, f32x4.mul(scale, c30), f32x4.mul(scale, c31), add);
}

// @ts-ignore: decorator
@inline
function put(c: usize, x: v128, y: v128, add: bool): void {
  v128.store(c, add ? f32x4.add(v128.load(c), x) : x);
  v128.store(c, add ? f32x4.add(v128.load(c, 16), y) : y, 16);
}
