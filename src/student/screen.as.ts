// Finds the items that can still enter a list of the best, from 8-bit codes of their factors. A panel holds the codes of PANEL items: for each
// pair of columns, item after item, the two codes. Query codes are 16-bit integers, so that the sums are exact integers.
import { PANEL } from './screen-layout';

// The loop is unrolled for 32 items: eight vectors of four, and a bit of a 32-bit integer for each.
if (PANEL != 32) ERROR('unrolled for panels of 32 items');

/**
 * Items of the panels [begin, end) with scales[i] * (unit * <query, codes of i> + slack) + biases[i] >= threshold, ascending.
 * @param pairs half of the number of columns
 * @param biases address, or 0 if there are none
 * @param out has space for PANEL numbers a panel
 * @returns the number of items in `out`
 */
export function screen(
  panels: usize, pairs: i32, query: usize, scales: usize, biases: usize, unit: f32, slack: f32, threshold: f32,
  begin: i32, end: i32, out: usize,
): i32 {
  const stop = query + ((pairs as usize) << 2);
  const units = f32x4.splat(unit), slacks = f32x4.splat(slack), least = f32x4.splat(threshold);
  let panel = panels + (begin as usize) * ((pairs as usize) << 6);
  let to = out;
  for (let p = begin; p < end; p++) {
    let a0 = i32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
    let q = query;
    do {
      const x = v128.load_splat<i32>(q);
      a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(panel)));
      a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(panel, 8)));
      a2 = i32x4.add(a2, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(panel, 16)));
      a3 = i32x4.add(a3, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(panel, 24)));
      a4 = i32x4.add(a4, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(panel, 32)));
      a5 = i32x4.add(a5, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(panel, 40)));
      a6 = i32x4.add(a6, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(panel, 48)));
      a7 = i32x4.add(a7, i32x4.dot_i16x8_s(x, v128.load_ext<i8>(panel, 56)));
      panel += 64;
      q += 4;
    } while (q != stop);
    const at = (p as usize) << 7;
    const s = scales + at;
    a0 = bound(a0, units, slacks, v128.load(s));
    a1 = bound(a1, units, slacks, v128.load(s, 16));
    a2 = bound(a2, units, slacks, v128.load(s, 32));
    a3 = bound(a3, units, slacks, v128.load(s, 48));
    a4 = bound(a4, units, slacks, v128.load(s, 64));
    a5 = bound(a5, units, slacks, v128.load(s, 80));
    a6 = bound(a6, units, slacks, v128.load(s, 96));
    a7 = bound(a7, units, slacks, v128.load(s, 112));
    if (biases) {
      const b = biases + at;
      a0 = f32x4.add(a0, v128.load(b));
      a1 = f32x4.add(a1, v128.load(b, 16));
      a2 = f32x4.add(a2, v128.load(b, 32));
      a3 = f32x4.add(a3, v128.load(b, 48));
      a4 = f32x4.add(a4, v128.load(b, 64));
      a5 = f32x4.add(a5, v128.load(b, 80));
      a6 = f32x4.add(a6, v128.load(b, 96));
      a7 = f32x4.add(a7, v128.load(b, 112));
    }
    const most = f32x4.pmax(f32x4.pmax(f32x4.pmax(a0, a1), f32x4.pmax(a2, a3)), f32x4.pmax(f32x4.pmax(a4, a5), f32x4.pmax(a6, a7)));
    if (!v128.any_true(f32x4.ge(most, least))) continue;
    let hits = i32x4.bitmask(f32x4.ge(a0, least)) | i32x4.bitmask(f32x4.ge(a1, least)) << 4
      | i32x4.bitmask(f32x4.ge(a2, least)) << 8 | i32x4.bitmask(f32x4.ge(a3, least)) << 12
      | i32x4.bitmask(f32x4.ge(a4, least)) << 16 | i32x4.bitmask(f32x4.ge(a5, least)) << 20
      | i32x4.bitmask(f32x4.ge(a6, least)) << 24 | i32x4.bitmask(f32x4.ge(a7, least)) << 28;
    while (hits) {
      store<i32>(to, p * PANEL + ctz(hits));
      to += 4;
      hits &= hits - 1;
    }
  }
  return ((to - out) >> 2) as i32;
}

// @ts-ignore: decorator
@inline
function bound(sum: v128, units: v128, slacks: v128, scales: v128): v128 {
  return f32x4.mul(scales, f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sum), units), slacks));
}
