// A training step of NeuMF on blocks of points that stay in the cache, forward and back. Inside a block each row is filled up with zeros to a
// multiple of 8 numbers and each matrix to a multiple of 4 rows, so that one product of small matrices, without edges, does all layers.
import { giveSlot, takeSlot } from './slots';

// A layer in `layout` is seven ints: its inputs and units, the addresses of its weights (inputs x units, and units x inputs) and of its bias,
// and where the gradients of weights and bias are in the sums, in bytes.
const LAYER: usize = 28;
const INPUTS: usize = 0, UNITS: usize = 4, FORWARD: usize = 8, BACKWARD: usize = 12, BIAS: usize = 16, WEIGHTS: usize = 20, BIASES: usize = 24;

/**
 * Groups [begin, end) of `perGroup` points each: the logits, and in `state`, block by block, what the way back needs. The entries 0 and 1 of
 * `layout` are the halves of the first layer for the user and the item; those of the further layers follow. begin is a multiple of `blockGroups`.
 * A slot holds `blockGroups` rows, rounded up to 4, of the padded dim and of the padded first layer, and one more of the padded dim.
 */
export function neumfForward(
  userRows: usize, dim: i32, perGroup: i32, layout: usize, layers: i32, gmf: usize, mlp: usize, items: usize, itemIds: usize, bias: f64,
  state: usize, blockBytes: usize, blockGroups: i32, logits: usize,
  flags: usize, slots: i32, memory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const half = (dim as usize) << 2, wide = padded(dim);
  const first = layout + LAYER;
  const units = padded(load<i32>(first, UNITS));
  const own = memory + (slot as usize) * slotBytes;
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
    spread(load<usize>(first, BIAS), units, shares, fours(groups));
    product(own, wide, 4, load<usize>(layout, FORWARD), units, dim, shares, units, fours(groups), units);
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
    product(mlpItems, wide, 4, load<usize>(first, FORWARD), units, dim, x, units, rows, units);
    relu(x, (rows as usize) * units);
    let width = units;
    for (let layer = first + LAYER; layer != layout + ((layers + 1) as usize) * LAYER; layer += LAYER) {
      const next = x + (rows as usize) * width, nextWidth = padded(load<i32>(layer, UNITS));
      spread(load<usize>(layer, BIAS), nextWidth, next, rows);
      product(x, width, 4, load<usize>(layer, FORWARD), nextWidth, load<i32>(layer, INPUTS), next, nextWidth, rows, nextWidth);
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
 * The way back from the scoreGradients of the loss by the logits. userRows is replaced by the gradient of each group's user and itemRows gets that of
 * each point's item, rows of 2 dim numbers; the sums of the chunk get those of the layers and, from their start on, of the output (padded dim + padded last layer).
 * begin is a multiple of `chunk`. A slot holds what it does in neumfForward, one more row of the padded dim, and for each point of a block,
 * rounded up to 4, a row of the padded dim and two of `most`, the greatest padded width.
 */
export function neumfBackward(
  userRows: usize, dim: i32, perGroup: i32, layout: usize, layers: i32, gmf: usize, mlp: usize,
  state: usize, blockBytes: usize, blockGroups: i32, scoreGradients: usize, itemRows: usize,
  sums: usize, sumBytes: usize, chunk: i32, most: i32, flags: usize, slots: i32, memory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const half = (dim as usize) << 2, wide = padded(dim);
  const first = layout + LAYER, last = layout + (layers as usize) * LAYER;
  const units = padded(load<i32>(first, UNITS)), lastWidth = padded(load<i32>(last, UNITS));
  const all = fours(blockGroups * perGroup) as usize;
  const own = memory + (slot as usize) * slotBytes;
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
    for (let layer = first; layer != last; layer += LAYER) x += (rows as usize) * padded(load<i32>(layer, UNITS));
    let dx = one, spare = other, width = lastWidth;
    clear(dx + (points as usize) * width, ((rows - points) as usize) * width);
    for (let p = 0; p < points; p++) {
      const slope = load<f32>(from + ((p as usize) << 2));
      addScaled(x + (p as usize) * width, slope, mine + wide, width);
      scaled(mlp, slope, dx + (p as usize) * width, width);
    }
    for (let layer = last; ; layer -= LAYER) {
      reluBackward(x, dx, rows, width, mine + load<usize>(layer, BIASES));
      if (layer == first) break;
      const before = padded(load<i32>(layer, INPUTS));
      x -= (rows as usize) * before;
      product(dx, 4, width, x, before, rows, mine + load<usize>(layer, WEIGHTS), before, (width >> 2) as i32, before);
      clear(spare, (rows as usize) * before);
      product(dx, width, 4, load<usize>(layer, BACKWARD), before, load<i32>(layer, UNITS), spare, before, rows, before);
      const swap = dx;
      dx = spare;
      spare = swap;
      width = before;
    }

    product(dx, 4, width, mlpItems, wide, rows, mine + load<usize>(first, WEIGHTS), wide, (width >> 2) as i32, wide);
    clear(inputs, (rows as usize) * wide);
    product(dx, width, 4, load<usize>(first, BACKWARD), wide, load<i32>(first, UNITS), inputs, wide, rows, wide);
    for (let p = 0; p < points; p++) {
      copy(inputs + (p as usize) * wide, itemRows + ((g * perGroup + p) as usize) * (half << 1) + half, half);
    }
    clear(shares, (fours(groups) as usize) * units);
    for (let p = 0; p < points; p++) addScaled(dx + (p as usize) * units, 1, shares + ((p / perGroup) as usize) * units, units);
    halves(users + half, half, groups, own, wide);
    product(shares, 4, units, own, wide, fours(groups), mine + load<usize>(layout, WEIGHTS), wide, (units >> 2) as i32, wide);
    clear(inputs, (fours(groups) as usize) * wide);
    product(shares, units, 4, load<usize>(layout, BACKWARD), wide, load<i32>(first, UNITS), inputs, wide, fours(groups), wide);
    for (let group = 0; group < groups; group++) {
      copy(inputs + (group as usize) * wide, users + (group as usize) * (half << 1) + half, half);
    }
  }
  giveSlot(flags, slot);
}

/** c += a b: a is rows x terms with steps of `aRow` and `aTerm` bytes, b terms x columns, c rows x columns; `columns` in bytes, of whole eights. */
function product(
  a: usize, aRow: usize, aTerm: usize, b: usize, bRow: usize, terms: i32, c: usize, cRow: usize, rows: i32, columns: usize,
): void {
  for (let j: usize = 0; j < columns; j += 32) {
    for (let r = 0; r < rows; r += 4) tile(a + (r as usize) * aRow, aRow, aTerm, b + j, bRow, terms, c + (r as usize) * cRow + j, cRow);
  }
}

/** 4 x 8 numbers of a product, its sums in registers. */
function tile(a0: usize, aRow: usize, aTerm: usize, b: usize, bRow: usize, terms: i32, c: usize, cRow: usize): void {
  let a1 = a0 + aRow, a2 = a1 + aRow, a3 = a2 + aRow;
  const c1 = c + cRow, c2 = c1 + cRow, c3 = c2 + cRow;
  let c00 = v128.load(c), c01 = v128.load(c, 16), c10 = v128.load(c1), c11 = v128.load(c1, 16);
  let c20 = v128.load(c2), c21 = v128.load(c2, 16), c30 = v128.load(c3), c31 = v128.load(c3, 16);
  const end = b + (terms as usize) * bRow;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let v = v128.load_splat<f32>(a0);
    c00 = f32x4.add(c00, f32x4.mul(v, b0));
    c01 = f32x4.add(c01, f32x4.mul(v, b1));
    v = v128.load_splat<f32>(a1);
    c10 = f32x4.add(c10, f32x4.mul(v, b0));
    c11 = f32x4.add(c11, f32x4.mul(v, b1));
    v = v128.load_splat<f32>(a2);
    c20 = f32x4.add(c20, f32x4.mul(v, b0));
    c21 = f32x4.add(c21, f32x4.mul(v, b1));
    v = v128.load_splat<f32>(a3);
    c30 = f32x4.add(c30, f32x4.mul(v, b0));
    c31 = f32x4.add(c31, f32x4.mul(v, b1));
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

/** Bytes of `n` numbers filled up to a multiple of 8. */
// @ts-ignore: decorator
@inline
function padded(n: i32): usize {
  return (((n + 7) & ~7) as usize) << 2;
}

// @ts-ignore: decorator
@inline
function fours(n: i32): i32 {
  return (n + 3) & ~3;
}

/** Half of a row, filled up to `wide` bytes. */
// @ts-ignore: decorator
@inline
function pick(from: usize, half: usize, to: usize, wide: usize): void {
  copy(from, to, half);
  for (let at = half; at < wide; at += 4) store<f32>(to + at, 0);
}

/** Halves of the rows `ids` of a table, filled up to `wide` bytes, and rows of zeros up to a multiple of 4. */
function gather(table: usize, half: usize, ids: usize, count: i32, to: usize, wide: usize): void {
  for (let k = 0; k < count; k++, to += wide) pick(table + (load<i32>(ids + ((k as usize) << 2)) as usize) * (half << 1), half, to, wide);
  clear(to, ((fours(count) - count) as usize) * wide);
}

/** The same for rows that follow each other. */
function halves(rows: usize, half: usize, count: i32, to: usize, wide: usize): void {
  for (let k = 0; k < count; k++, to += wide) pick(rows + (k as usize) * (half << 1), half, to, wide);
  clear(to, ((fours(count) - count) as usize) * wide);
}

/** `rows` times the same row. */
function spread(row: usize, bytes: usize, to: usize, rows: i32): void {
  for (let r = 0; r < rows; r++, to += bytes) copy(row, to, bytes);
}

function copy(from: usize, to: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at));
  for (; at < bytes; at += 4) store<f32>(to + at, load<f32>(from + at));
}

/** The rest works on whole vectors. */
function clear(x: usize, bytes: usize): void {
  const zero = f32x4.splat(0);
  for (const end = x + bytes; x != end; x += 16) v128.store(x, zero);
}

function relu(x: usize, bytes: usize): void {
  const zero = f32x4.splat(0);
  for (const end = x + bytes; x != end; x += 16) v128.store(x, f32x4.pmax(v128.load(x), zero));
}

/** dx = 0 where x is not above 0, and the sums of its columns. */
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
  for (let at: usize = 0; at < bytes; at += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(x + at), v128.load(y + at)));
  return (f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 2)) + (f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 3));
}

/** x *= y. */
function multiply(x: usize, y: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(x + at, f32x4.mul(v128.load(x + at), v128.load(y + at)));
}

/** to += x * y. */
function addProduct(x: usize, y: usize, to: usize, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(v128.load(x + at), v128.load(y + at))));
  }
}

/** to += factor * x. */
function addScaled(x: usize, factor: f32, to: usize, bytes: usize): void {
  const factors = f32x4.splat(factor);
  for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(factors, v128.load(x + at))));
}

/** to = factor * x, for any number of floats. */
function scaled(x: usize, factor: f32, to: usize, bytes: usize): void {
  const factors = f32x4.splat(factor);
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, f32x4.mul(factors, v128.load(x + at)));
  for (; at < bytes; at += 4) store<f32>(to + at, factor * load<f32>(x + at));
}
