// Packed panels of a matrix product, and the product of two panels. The innermost loop keeps 4 x 8 or 4 x 16 sums in registers with one
// step per iteration. V8 spills registers with more sums or unrolling, which is slower. The order of additions within a sum is the same
// for both widths.

import { multiplyAdd } from '../machine/multiply-add.as';

/** Columns of a panel of op(b): 8, or 16 where V8 joins pairs of vectors (machine/wide-vectors.ts). */
// @ts-ignore: decorator
@external("env", "panelColumns")
export declare const PANEL: i32;

/** Panels of 4, 8 or 16 adjacent elements of `kc` lines, `step` bytes apart. The last panel is padded with zeros. */
export function packAlong(from: usize, step: usize, count: i32, kc: i32, to: usize, width: i32): void {
  const bytes = (width as usize) << 2, panel = (kc as usize) * bytes;
  let j = 0;
  // Whole cache lines. Lines of a wide matrix are on different pages, and to visit them once for each panel would take longer.
  for (; j + 16 <= count; j += 16) {
    let source = from + ((j as usize) << 2);
    let target = to;
    for (let p = 0; p < kc; p++) {
      v128.store(target, v128.load(source));
      v128.store(width == 4 ? target + panel : target + 16, v128.load(source, 16));
      const second = width == 4 ? target + 2 * panel : width == 8 ? target + panel : target + 32;
      v128.store(second, v128.load(source, 32));
      v128.store(width == 4 ? second + panel : second + 16, v128.load(source, 48));
      source += step;
      target += bytes;
    }
    to += (16 / width) as usize * panel;
  }
  for (; j + width <= count; j += width) {
    let source = from + ((j as usize) << 2);
    for (let p = 0; p < kc; p++) {
      v128.store(to, v128.load(source));
      if (width > 4) v128.store(to, v128.load(source, 16), 16);
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

/** One tile of c from packed panels of 4 rows and PANEL columns. Panels at the edge are computed as a whole and copied in part. */
export function multiply(
  a: usize, b: usize, c: usize, rows: i32, columns: i32, kc: i32, step: usize, alpha: f32, add: bool, edge: usize,
): void {
  const aBytes = (kc as usize) << 4, bBytes = ((kc * PANEL) as usize) << 2;
  for (let j = 0; j < columns; j += PANEL) {
    for (let i = 0; i < rows; i += 4) {
      const from = a + ((i >> 2) as usize) * aBytes;
      const to = c + (i as usize) * step + ((j as usize) << 2);
      const height = rows - i, width = columns - j;
      if (height >= 4 && width >= PANEL) {
        panel(from, b, from + aBytes, to, step, alpha, add);
        continue;
      }
      panel(from, b, from + aBytes, edge, 64, alpha, false);
      for (let y = 0; y < min(height, 4); y++) {
        for (let x = 0; x < min(width, PANEL); x++) {
          const at = to + (y as usize) * step + ((x as usize) << 2);
          const value = load<f32>(edge + ((y << 4 | x) as usize << 2));
          store<f32>(at, add ? load<f32>(at) + value : value);
        }
      }
    }
    b += bBytes;
  }
}

// @ts-ignore: decorator
@inline
function panel(a: usize, b: usize, end: usize, c: usize, step: usize, alpha: f32, add: bool): void {
  if (PANEL == 16) panel16(a, b, end, c, step, alpha, add);
  else panel8(a, b, end, c, step, alpha, add);
}

function panel8(a: usize, b: usize, end: usize, c: usize, step: usize, alpha: f32, add: bool): void {
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

function panel16(a: usize, b: usize, end: usize, c: usize, step: usize, alpha: f32, add: bool): void {
  let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00,
    c20 = c00, c21 = c00, c22 = c00, c23 = c00, c30 = c00, c31 = c00, c32 = c00, c33 = c00;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    let x = v128.load_splat<f32>(a);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    c02 = multiplyAdd(x, b2, c02);
    c03 = multiplyAdd(x, b3, c03);
    x = v128.load_splat<f32>(a, 4);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    c12 = multiplyAdd(x, b2, c12);
    c13 = multiplyAdd(x, b3, c13);
    x = v128.load_splat<f32>(a, 8);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    c22 = multiplyAdd(x, b2, c22);
    c23 = multiplyAdd(x, b3, c23);
    x = v128.load_splat<f32>(a, 12);
    c30 = multiplyAdd(x, b0, c30);
    c31 = multiplyAdd(x, b1, c31);
    c32 = multiplyAdd(x, b2, c32);
    c33 = multiplyAdd(x, b3, c33);
    a += 16;
    b += 64;
  } while (a != end);
  const scale = f32x4.splat(alpha);
  put(c, f32x4.mul(scale, c00), f32x4.mul(scale, c01), add);
  put(c + 32, f32x4.mul(scale, c02), f32x4.mul(scale, c03), add);
  put(c + step, f32x4.mul(scale, c10), f32x4.mul(scale, c11), add);
  put(c + step + 32, f32x4.mul(scale, c12), f32x4.mul(scale, c13), add);
  put(c + 2 * step, f32x4.mul(scale, c20), f32x4.mul(scale, c21), add);
  put(c + 2 * step + 32, f32x4.mul(scale, c22), f32x4.mul(scale, c23), add);
  put(c + 3 * step, f32x4.mul(scale, c30), f32x4.mul(scale, c31), add);
  put(c + 3 * step + 32, f32x4.mul(scale, c32), f32x4.mul(scale, c33), add);
}

/** Without a value that depends on `add`, which V8 would not join with its neighbour. */
// @ts-ignore: decorator
@inline
function put(c: usize, x: v128, y: v128, add: bool): void {
  if (add) {
    v128.store(c, f32x4.add(v128.load(c), x));
    v128.store(c, f32x4.add(v128.load(c, 16), y), 16);
  } else {
    v128.store(c, x);
    v128.store(c, y, 16);
  }
}
