// Scores of all pairs of two tables by a small network whose first layer is a sum: relu(a + b). Eight columns of table b are computed at a
// time, as two vectors that share each weight. A block of columns stays in the L1 cache for all rows.
import { giveSlot, takeSlot } from '../machine/slots.as';
import { BLOCK, UNIT_BYTES, layerLength } from './layout';
import { multiplyAdd } from '../machine/multiply-add.as';

/**
 * Blocks [begin, end) of columns: out[r][c] += output(relu(... relu(a[r] + b[c]))) for all rows r. `widths` are those of `layers` further
 * layers. `weights` holds, for each four units of a layer in order, their biases and their weights for each input; then the bias and
 * weights of the output. The units of a layer are padded to a multiple of four; `most` is their maximum.
 */
export function perceptronScores(
  a: usize, b: usize, rows: i32, columns: i32, width: i32, widths: usize, layers: i32, weights: usize, most: i32, out: usize,
  flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const panels = slotMemory + (slot as usize) * slotBytes;
  const one = panels + ((BLOCK * width) as usize << 2);
  const other = one + (most as usize) * UNIT_BYTES;
  const row = (width as usize) << 2;
  for (let block = begin; block < end; block++) {
    const first = block * BLOCK;
    const count = min(BLOCK, columns - first);
    pack(b + (first as usize) * row, row, count, panels);
    for (let r = 0; r < rows; r++) {
      const mine = a + (r as usize) * row;
      const to = out + (((r as usize) * (columns as usize) + (first as usize)) << 2);
      for (let c = 0; c < count; c += 8) {
        firstLayer(mine, panels + ((c >> 3) as usize) * (row << 3), row, one);
        let from = one, next = other, w = weights, inputs = row;
        for (let l = 0; l < layers; l++) {
          const units = load<i32>(widths + ((l as usize) << 2));
          const bytes = (layerLength((inputs >> 2) as i32, 4) as usize) << 2;
          for (let u = 0; u < units; u += 4) {
            fourUnits(from, w, inputs, next + (u as usize) * UNIT_BYTES);
            w += bytes;
          }
          const swap = from;
          from = next;
          next = swap;
          inputs = (units as usize) << 2;
        }
        addOutput(from, w, inputs, to + ((c as usize) << 2), count - c);
      }
    }
  }
  giveSlot(flags, slot);
}

/** Panels of eight rows of b, with the eight values of a unit adjacent. Missing rows are zeros. */
function pack(b: usize, row: usize, count: i32, panels: usize): void {
  for (let c = 0; c < count; c += 8) {
    const panel = panels + ((c >> 3) as usize) * (row << 3);
    for (let lane = 0; lane < 8; lane++) {
      const from = b + ((c + lane) as usize) * row;
      const to = panel + ((lane as usize) << 2);
      for (let d: usize = 0; d < row; d += 4) store<f32>(to + (d << 3), c + lane < count ? load<f32>(from + d) : 0);
    }
  }
}

/** The first layer: relu(a + b). */
function firstLayer(a: usize, panel: usize, row: usize, out: usize): void {
  const zero = f32x4.splat(0);
  const end = a + row;
  do {
    const x = v128.load_splat<f32>(a);
    v128.store(out, f32x4.pmax(f32x4.add(x, v128.load(panel)), zero));
    v128.store(out, f32x4.pmax(f32x4.add(x, v128.load(panel, 16)), zero), 16);
    a += 4;
    panel += UNIT_BYTES;
    out += UNIT_BYTES;
  } while (a != end);
}

/** Four units of a further layer. */
function fourUnits(x: usize, w: usize, inputs: usize, out: usize): void {
  let c00 = v128.load_splat<f32>(w), c01 = c00, c10 = v128.load_splat<f32>(w, 4), c11 = c10;
  let c20 = v128.load_splat<f32>(w, 8), c21 = c20, c30 = v128.load_splat<f32>(w, 12), c31 = c30;
  const end = x + (inputs << 3);
  do {
    w += 16;
    const x0 = v128.load(x), x1 = v128.load(x, 16);
    let v = v128.load_splat<f32>(w);
    c00 = multiplyAdd(v, x0, c00);
    c01 = multiplyAdd(v, x1, c01);
    v = v128.load_splat<f32>(w, 4);
    c10 = multiplyAdd(v, x0, c10);
    c11 = multiplyAdd(v, x1, c11);
    v = v128.load_splat<f32>(w, 8);
    c20 = multiplyAdd(v, x0, c20);
    c21 = multiplyAdd(v, x1, c21);
    v = v128.load_splat<f32>(w, 12);
    c30 = multiplyAdd(v, x0, c30);
    c31 = multiplyAdd(v, x1, c31);
    x += UNIT_BYTES;
  } while (x != end);
  const zero = f32x4.splat(0);
  v128.store(out, f32x4.pmax(c00, zero));
  v128.store(out, f32x4.pmax(c01, zero), 16);
  v128.store(out, f32x4.pmax(c10, zero), 32);
  v128.store(out, f32x4.pmax(c11, zero), 48);
  v128.store(out, f32x4.pmax(c20, zero), 64);
  v128.store(out, f32x4.pmax(c21, zero), 80);
  v128.store(out, f32x4.pmax(c30, zero), 96);
  v128.store(out, f32x4.pmax(c31, zero), 112);
}

/** The output, added to the first `count` of eight values. */
function addOutput(x: usize, w: usize, inputs: usize, out: usize, count: i32): void {
  let c0 = v128.load_splat<f32>(w), c1 = c0;
  const end = x + (inputs << 3);
  do {
    w += 4;
    const v = v128.load_splat<f32>(w);
    c0 = multiplyAdd(v, v128.load(x), c0);
    c1 = multiplyAdd(v, v128.load(x, 16), c1);
    x += UNIT_BYTES;
  } while (x != end);
  if (count >= 8) {
    v128.store(out, f32x4.add(v128.load(out), c0));
    v128.store(out, f32x4.add(v128.load(out, 16), c1), 16);
    return;
  }
  for (let lane = 0; lane < count; lane++) {
    store<f32>(out, load<f32>(out) + f32x4.extract_lane(c0, 0));
    out += 4;
    c0 = v128.shuffle<f32>(c0, c1, 1, 2, 3, 4);
    c1 = v128.shuffle<f32>(c1, c1, 1, 2, 3, 3);
  }
}
