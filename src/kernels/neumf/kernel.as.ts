// Forward and backward pass of NeuMF on blocks of points that fit into the cache. Inside a block each row is padded with zeros to a
// multiple of 8 values and each matrix to a multiple of 4 rows, so one small matrix product without edge cases computes all layers.
import { giveSlot, takeSlot } from '../machine/slots.as';
import { NeumfLayer, layerAt } from './layer.as';
import { eights, fours as foursOf } from './layout';
import { multiplyAdd } from '../machine/multiply-add.as';

/**
 * Groups [begin, end) of `perGroup` points each: writes the logits and, block by block in `state`, the activations for the backward pass.
 * Entries 0 and 1 of `layout` are the halves of the first layer for user and item, followed by the further layers. begin is a multiple of
 * `blockGroups`.
 */
export function neumfForward(
  userRows: usize, dim: i32, perGroup: i32, layout: NeumfLayer, layers: i32, gmf: usize, mlp: usize, items: usize, itemIds: usize, bias: f64,
  state: usize, blockBytes: usize, blockGroups: i32, logits: usize,
  flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const half = (dim as usize) << 2, wide = padded(dim);
  const first = layerAt(layout, 1);
  const units = padded(first.units);
  const own = slotMemory + (slot as usize) * slotBytes;
  const shares = own + (fours(blockGroups) as usize) * wide;
  const weighted = shares + (fours(blockGroups) as usize) * units;
  for (let g = begin; g < end; g += blockGroups) {
    const groups = min(blockGroups, end - g), points = groups * perGroup, rows = fours(points);
    const users = userRows + (g as usize) * (half << 1);
    const pointIds = itemIds + ((g * perGroup) as usize << 2), results = logits + ((g * perGroup) as usize << 2);
    const gmfItems = state + ((g / blockGroups) as usize) * blockBytes;
    const mlpItems = gmfItems + (rows as usize) * wide;
    let x = mlpItems + (rows as usize) * wide;

    halves(users + half, half, groups, own, wide);
    spread(first.bias, units, shares, fours(groups));
    product(own, wide, 4, layout.forward, units, dim, shares, units, fours(groups), units);
    gather(items, half, pointIds, points, gmfItems, wide);
    gather(items + half, half, pointIds, points, mlpItems, wide);
    for (let p = 0; p < points; p++) {
      const group = (p / perGroup) as usize;
      if (p % perGroup == 0) {
        pick(users + group * (half << 1), half, weighted, wide);
        multiply(weighted, gmf, wide);
      }
      store<f32>(results + ((p as usize) << 2), (bias as f32) + dot(weighted, gmfItems + (p as usize) * wide, wide));
      copy(shares + group * units, x + (p as usize) * units, units);
    }
    clear(x + (points as usize) * units, ((rows - points) as usize) * units);
    product(mlpItems, wide, 4, first.forward, units, dim, x, units, rows, units);
    relu(x, (rows as usize) * units);
    let width = units;
    for (let l = 2; l <= layers; l++) {
      const layer = layerAt(layout, l);
      const next = x + (rows as usize) * width, nextWidth = padded(layer.units);
      spread(layer.bias, nextWidth, next, rows);
      product(x, width, 4, layer.forward, nextWidth, layer.inputs, next, nextWidth, rows, nextWidth);
      relu(next, (rows as usize) * nextWidth);
      x = next;
      width = nextWidth;
    }
    for (let p = 0; p < points; p++) {
      const to = results + ((p as usize) << 2);
      store<f32>(to, load<f32>(to) + dot(x + (p as usize) * width, mlp, width));
    }
  }
  giveSlot(flags, slot);
}

/**
 * Backward pass from `scoreGradients`, the gradients of the logits. userRows is replaced by the gradient of each group's user. itemRows gets
 * the gradient of each point's item, in rows of 2 dim values. The sums of the chunk get the gradients of the output (padded dim + padded
 * last layer) and then of the layers. begin is a multiple of `chunk`; `most` is the largest padded width of a layer.
 */
export function neumfBackward(
  userRows: usize, dim: i32, perGroup: i32, layout: NeumfLayer, layers: i32, gmf: usize, mlp: usize,
  state: usize, blockBytes: usize, blockGroups: i32, scoreGradients: usize, itemRows: usize,
  sums: usize, sumBytes: usize, chunk: i32, most: i32, flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const half = (dim as usize) << 2, wide = padded(dim);
  const first = layerAt(layout, 1), last = layerAt(layout, layers);
  const units = padded(first.units), lastWidth = padded(last.units);
  const all = fours(blockGroups * perGroup) as usize;
  const own = slotMemory + (slot as usize) * slotBytes;
  const shares = own + (fours(blockGroups) as usize) * wide;
  const user = shares + (fours(blockGroups) as usize) * units;
  const total = user + wide;
  const inputs = total + wide;
  const one = inputs + all * wide, other = one + all * padded(most);
  const mine = sums + ((begin / chunk) as usize) * sumBytes;
  clear(mine, sumBytes);
  for (let g = begin; g < end; g += blockGroups) {
    const groups = min(blockGroups, end - g), points = groups * perGroup, rows = fours(points);
    const users = userRows + (g as usize) * (half << 1), from = scoreGradients + ((g * perGroup) as usize << 2);
    const gmfItems = state + ((g / blockGroups) as usize) * blockBytes;
    const mlpItems = gmfItems + (rows as usize) * wide;

    for (let group = 0; group < groups; group++) {
      pick(users + (group as usize) * (half << 1), half, user, wide);
      clear(total, wide);
      for (let p = group * perGroup; p < (group + 1) * perGroup; p++) {
        addScaled(gmfItems + (p as usize) * wide, load<f32>(from + ((p as usize) << 2)), total, wide);
      }
      addProduct(user, total, mine, wide);
      multiply(user, gmf, wide);
      multiply(total, gmf, wide);
      copy(total, users + (group as usize) * (half << 1), half);
      for (let p = group * perGroup; p < (group + 1) * perGroup; p++) {
        scaled(user, load<f32>(from + ((p as usize) << 2)), itemRows + ((g * perGroup + p) as usize) * (half << 1), half);
      }
    }

    let x = mlpItems + (rows as usize) * wide;
    for (let l = 1; l < layers; l++) x += (rows as usize) * padded(layerAt(layout, l).units);
    let dx = one, temporary = other, width = lastWidth;
    clear(dx + (points as usize) * width, ((rows - points) as usize) * width);
    for (let p = 0; p < points; p++) {
      const scoreGradient = load<f32>(from + ((p as usize) << 2));
      addScaled(x + (p as usize) * width, scoreGradient, mine + wide, width);
      scaled(mlp, scoreGradient, dx + (p as usize) * width, width);
    }
    for (let l = layers; ; l--) {
      const layer = layerAt(layout, l);
      reluBackward(x, dx, rows, width, mine + layer.biasSums);
      if (l == 1) break;
      const before = padded(layer.inputs);
      x -= (rows as usize) * before;
      product(dx, 4, width, x, before, rows, mine + layer.weightSums, before, (width >> 2) as i32, before);
      clear(temporary, (rows as usize) * before);
      product(dx, width, 4, layer.backward, before, layer.units, temporary, before, rows, before);
      const swap = dx;
      dx = temporary;
      temporary = swap;
      width = before;
    }

    product(dx, 4, width, mlpItems, wide, rows, mine + first.weightSums, wide, (width >> 2) as i32, wide);
    clear(inputs, (rows as usize) * wide);
    product(dx, width, 4, first.backward, wide, first.units, inputs, wide, rows, wide);
    for (let p = 0; p < points; p++) {
      copy(inputs + (p as usize) * wide, itemRows + ((g * perGroup + p) as usize) * (half << 1) + half, half);
    }
    clear(shares, (fours(groups) as usize) * units);
    for (let p = 0; p < points; p++) addScaled(dx + (p as usize) * units, 1, shares + ((p / perGroup) as usize) * units, units);
    halves(users + half, half, groups, own, wide);
    product(shares, 4, units, own, wide, fours(groups), mine + layout.weightSums, wide, (units >> 2) as i32, wide);
    clear(inputs, (fours(groups) as usize) * wide);
    product(shares, units, 4, layout.backward, wide, first.units, inputs, wide, fours(groups), wide);
    for (let group = 0; group < groups; group++) {
      copy(inputs + (group as usize) * wide, users + (group as usize) * (half << 1) + half, half);
    }
  }
  giveSlot(flags, slot);
}

/** c += a b: a is rows x terms with strides of `aRow` and `aTerm` bytes, b terms x columns, c rows x columns; `columns` in bytes, a multiple of 32. */
function product(
  a: usize, aRow: usize, aTerm: usize, b: usize, bRow: usize, terms: i32, c: usize, cRow: usize, rows: i32, columns: usize,
): void {
  for (let j: usize = 0; j < columns; j += 32) {
    for (let r = 0; r < rows; r += 4) tile(a + (r as usize) * aRow, aRow, aTerm, b + j, bRow, terms, c + (r as usize) * cRow + j, cRow);
  }
}

/** 4 x 8 elements of a product, with sums in registers. */
function tile(a0: usize, aRow: usize, aTerm: usize, b: usize, bRow: usize, terms: i32, c: usize, cRow: usize): void {
  let a1 = a0 + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
  const c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
  let c00 = v128.load(c), c01 = v128.load(c, 16), c10 = v128.load(c1), c11 = v128.load(c1, 16);
  let c20 = v128.load(c2), c21 = v128.load(c2, 16), c30 = v128.load(c3), c31 = v128.load(c3, 16);
  const end = b + (terms as usize) * bRow;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let v = v128.load_splat<f32>(a0);
    c00 = multiplyAdd(v, b0, c00);
    c01 = multiplyAdd(v, b1, c01);
    v = v128.load_splat<f32>(a1);
    c10 = multiplyAdd(v, b0, c10);
    c11 = multiplyAdd(v, b1, c11);
    v = v128.load_splat<f32>(a2);
    c20 = multiplyAdd(v, b0, c20);
    c21 = multiplyAdd(v, b1, c21);
    v = v128.load_splat<f32>(a3);
    c30 = multiplyAdd(v, b0, c30);
    c31 = multiplyAdd(v, b1, c31);
    a0 += aTerm;
    a1 += aTerm;
    a2 += aTerm;
    a3 += aTerm;
    b += bRow;
  } while (b != end);
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c1, c10);
  v128.store(c1, c11, 16);
  v128.store(c2, c20);
  v128.store(c2, c21, 16);
  v128.store(c3, c30);
  v128.store(c3, c31, 16);
}

/** Bytes of `n` values padded to a multiple of 8. */
// @ts-ignore: decorator
@inline
function padded(n: i32): usize {
  return (eights(n) as usize) << 2;
}

// @ts-ignore: decorator
@inline
function fours(n: i32): i32 {
  return foursOf(n) as i32;
}

/** Half of a row, padded to `wide` bytes. */
// @ts-ignore: decorator
@inline
function pick(from: usize, half: usize, to: usize, wide: usize): void {
  copy(from, to, half);
  for (let at = half; at < wide; at += 4) store<f32>(to + at, 0);
}

/** Halves of the rows `ids` of a table, padded to `wide` bytes, and rows of zeros up to a multiple of 4. */
function gather(table: usize, half: usize, ids: usize, count: i32, to: usize, wide: usize): void {
  for (let k = 0; k < count; k++, to += wide) pick(table + (load<i32>(ids + ((k as usize) << 2)) as usize) * (half << 1), half, to, wide);
  clear(to, ((fours(count) - count) as usize) * wide);
}

/** The same for consecutive rows. */
function halves(rows: usize, half: usize, count: i32, to: usize, wide: usize): void {
  for (let k = 0; k < count; k++, to += wide) pick(rows + (k as usize) * (half << 1), half, to, wide);
  clear(to, ((fours(count) - count) as usize) * wide);
}

/** The same row, `rows` times. */
function spread(row: usize, bytes: usize, to: usize, rows: i32): void {
  for (let r = 0; r < rows; r++, to += bytes) copy(row, to, bytes);
}

function copy(from: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
}

/** This and the following functions need whole vectors. */
function clear(x: usize, bytes: usize): void {
  const zero = f32x4.splat(0);
  for (const end = x + bytes; x != end; x += 16) v128.store(x, zero);
}

function relu(x: usize, bytes: usize): void {
  const zero = f32x4.splat(0);
  for (const end = x + bytes; x != end; x += 16) v128.store(x, f32x4.pmax(v128.load(x), zero));
}

/** dx = 0 where x is not above 0, and the column sums of dx. */
function reluBackward(x: usize, dx: usize, rows: i32, width: usize, columnSums: usize): void {
  const zero = f32x4.splat(0);
  for (let r = 0; r < rows; r++) {
    for (let at: usize = 0; at < width; at += 16) {
      const value = v128.and(v128.load(dx + at), f32x4.gt(v128.load(x + at), zero));
      v128.store(dx + at, value);
      v128.store(columnSums + at, f32x4.add(v128.load(columnSums + at), value));
    }
    x += width;
    dx += width;
  }
}

function dot(x: usize, y: usize, bytes: usize): f32 {
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) sum = multiplyAdd(v128.load(x + at), v128.load(y + at), sum);
  return (f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 2)) + (f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 3));
}

/** x *= y. */
function multiply(x: usize, y: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(x + at, f32x4.mul(v128.load(x + at), v128.load(y + at)));
}

/** to += x * y. */
function addProduct(x: usize, y: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(to + at, multiplyAdd(v128.load(x + at), v128.load(y + at), v128.load(to + at)));
  }
}

/** to += factor * x. */
function addScaled(x: usize, factor: f32, to: usize, bytes: usize): void {
  const factors = f32x4.splat(factor);
  for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, multiplyAdd(factors, v128.load(x + at), v128.load(to + at)));
}

/** to = factor * x, for any number of floats. */
function scaled(x: usize, factor: f32, to: usize, bytes: usize): void {
  const factors = f32x4.splat(factor);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, f32x4.mul(factors, v128.load(x + at)));
  for (; at < bytes; at += 4) store<f32>(to + at, factor * load<f32>(x + at));
}
