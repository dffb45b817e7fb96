// The best items of each row of scores. A tile of scores lies in a slot (for topKDot it is computed there and never leaves it) with
// the maximum of every group of 16. If `need` groups have a maximum of at least x, then `need` items do: so a count over the maxima
// gives a bound that little more than `need` items reach, and only the groups above it are looked at.
//
// Item i of a tile belongs to block i / 64, which has four groups: the items equal modulo 4, one for each lane.
// Candidates are 64-bit keys: the score as an ordered integer, then the inverted id, so that the larger key is the better item.
import { giveSlot, takeSlot } from './slots';

const BLOCK = 64;
const LINE: usize = 64;
/** Ordered integer of -Infinity. */
const LOWEST: i32 = -2139095041;

/** Blocks [begin, end) of 64 items as 8 panels of dim x 8 numbers. Items past the last one are NaN, which is never ranked. */
export function packItems(q: usize, dim: i32, items: i32, panels: usize, begin: i32, end: i32): void {
  const row = (dim as usize) << 2;
  for (let i = begin * BLOCK; i < end * BLOCK; i++) {
    let to = panels + ((i >> 3) as usize) * (row << 3) + ((i & 7) as usize << 2);
    const from = q + (i as usize) * row;
    for (let d: usize = 0; d < row; d += 4) {
      store<f32>(to, i < items ? load<f32>(from + d) : NaN);
      to += 32;
    }
  }
}

/**
 * Users [begin, end) of topKDot. A slot holds, for `group` users: their vectors, `tile` scores and tile / 16 maxima, `capacity` keys
 * and a count and a bound; and `capacity` keys more to sort with. `tile` is a multiple of 64, capacity at least kept + 64.
 */
export function topKDot(
  u: usize, panels: usize, dim: i32, users: usize, items: i32, indptr: usize, indices: usize, depth: i32, out: usize, outScores: usize,
  group: i32, tile: i32, capacity: i32, flags: usize, slots: i32, memory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const keys = memory + (slot as usize) * slotBytes;
  const spare = keys + ((group * capacity) as usize << 3);
  const states = spare + ((capacity as usize) << 3);
  const vectors = states + whole((group as usize) << 3);
  const scores = vectors + whole((group * dim) as usize << 2);
  const maxima = scores + ((group as usize) * (tile as usize) << 2);
  const scoreStep = (tile as usize) << 2, maximaStep = (tile as usize) >> 2;
  const row = (dim as usize) << 2;
  const kept = min(depth, items);
  const rows = end - begin, fours = rows & ~3;
  packUsers(u, row, users + ((begin as usize) << 2), rows, vectors);
  for (let r = 0; r < rows; r++) restart(states + ((r as usize) << 3));
  for (let first = 0; first < items; first += tile) {
    const size = min(tile, items - first);
    const blocks = (size + BLOCK - 1) / BLOCK;
    for (let b = 0; b < blocks; b++) {
      const panel = panels + (((first >> 6) + b) as usize) * (row << 6);
      const s = scores + ((b as usize) << 8), m = maxima + ((b as usize) << 4);
      for (let r = 0; r < fours; r += 4) {
        const at = r as usize;
        score4(vectors + at * row, panel, row, s + at * scoreStep, scoreStep, m + at * maximaStep, maximaStep);
      }
      for (let r = fours; r < rows; r++) {
        const at = r as usize;
        score1(vectors + at * row, panel, row, s + at * scoreStep, m + at * maximaStep);
      }
    }
    for (let r = 0; r < rows; r++) {
      const at = r as usize;
      const mine = load<i32>(users + (((begin + r) as usize) << 2));
      const s = scores + at * scoreStep, m = maxima + at * maximaStep, k = keys + (at * (capacity as usize) << 3), state = states + (at << 3);
      if (indptr) hide(indptr + ((mine as usize) << 2), indices, first, size, s, m);
      collect(s, m, first, blocks, kept, capacity, k, spare, state, first + size < items);
    }
  }
  for (let r = 0; r < rows; r++) {
    const at = r as usize, to = ((begin + r) as usize) * (depth as usize) << 2;
    finish(keys + (at * (capacity as usize) << 3), spare, load<i32>(states + (at << 3)), depth, out + to, outScores ? outScores + to : 0);
  }
  giveSlot(flags, slot);
}

/** Rows [begin, end) of topK. A slot is one of topKDot with group 1 and dim 0. */
export function topK(
  source: usize, items: i32, maskRows: usize, indptr: usize, indices: usize, depth: i32, out: usize, outScores: usize,
  tile: i32, capacity: i32, flags: usize, slots: i32, memory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const keys = memory + (slot as usize) * slotBytes;
  const spare = keys + ((capacity as usize) << 3);
  const state = spare + ((capacity as usize) << 3);
  const scores = state + LINE;
  const maxima = scores + ((tile as usize) << 2);
  const kept = min(depth, items);
  for (let r = begin; r < end; r++) {
    const from = source + ((r as usize) * (items as usize) << 2);
    restart(state);
    for (let first = 0; first < items; first += tile) {
      const size = min(tile, items - first);
      const blocks = (size + BLOCK - 1) / BLOCK;
      copy(from + ((first as usize) << 2), size, blocks, scores, maxima);
      if (indptr) {
        const mine = load<i32>(maskRows + ((r as usize) << 2));
        hide(indptr + ((mine as usize) << 2), indices, first, size, scores, maxima);
      }
      collect(scores, maxima, first, blocks, kept, capacity, keys, spare, state, first + size < items);
    }
    const to = (r as usize) * (depth as usize) << 2;
    finish(keys, spare, load<i32>(state), depth, out + to, outScores ? outScores + to : 0);
  }
  giveSlot(flags, slot);
}

/** Bytes in whole cache lines. */
// @ts-ignore: decorator
@inline
function whole(bytes: usize): usize {
  return (bytes + LINE - 1) & ~(LINE - 1);
}

/** Vectors of users four by four as dim x 4 numbers, then those left over one by one. */
function packUsers(u: usize, row: usize, users: usize, rows: i32, to: usize): void {
  const fours = rows & ~3;
  for (let r = 0; r < rows; r++) {
    const from = u + (load<i32>(users + ((r as usize) << 2)) as usize) * row;
    if (r >= fours) {
      memory.copy(to + (r as usize) * row, from, row);
      continue;
    }
    const lane = to + ((r & ~3) as usize) * row + ((r & 3) as usize << 2);
    for (let d: usize = 0; d < row; d += 4) store<f32>(lane + (d << 2), load<f32>(from + d));
  }
}

/** Scores of one block for four users, term by term in order of d as in score1, and the maxima of its groups; NaN counts as none. */
function score4(vectors: usize, panel: usize, row: usize, scores: usize, step: usize, maxima: usize, maximaStep: usize): void {
  const none = f32x4.splat(-Infinity);
  let m0 = none, m1 = none, m2 = none, m3 = none;
  for (let to = scores; to != scores + 256; to += 32) {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    const end = panel + (row << 3);
    let v = vectors;
    do {
      const q0 = v128.load(panel), q1 = v128.load(panel, 16);
      let x = v128.load_splat<f32>(v);
      c00 = f32x4.add(c00, f32x4.mul(x, q0));
      c01 = f32x4.add(c01, f32x4.mul(x, q1));
      x = v128.load_splat<f32>(v, 4);
      c10 = f32x4.add(c10, f32x4.mul(x, q0));
      c11 = f32x4.add(c11, f32x4.mul(x, q1));
      x = v128.load_splat<f32>(v, 8);
      c20 = f32x4.add(c20, f32x4.mul(x, q0));
      c21 = f32x4.add(c21, f32x4.mul(x, q1));
      x = v128.load_splat<f32>(v, 12);
      c30 = f32x4.add(c30, f32x4.mul(x, q0));
      c31 = f32x4.add(c31, f32x4.mul(x, q1));
      v += 16;
      panel += 32;
    } while (panel != end);
    v128.store(to, c00);
    v128.store(to, c01, 16);
    v128.store(to + step, c10);
    v128.store(to + step, c11, 16);
    v128.store(to + 2 * step, c20);
    v128.store(to + 2 * step, c21, 16);
    v128.store(to + 3 * step, c30);
    v128.store(to + 3 * step, c31, 16);
    m0 = f32x4.pmax(f32x4.pmax(m0, c00), c01);
    m1 = f32x4.pmax(f32x4.pmax(m1, c10), c11);
    m2 = f32x4.pmax(f32x4.pmax(m2, c20), c21);
    m3 = f32x4.pmax(f32x4.pmax(m3, c30), c31);
  }
  v128.store(maxima, ordered(m0));
  v128.store(maxima + maximaStep, ordered(m1));
  v128.store(maxima + 2 * maximaStep, ordered(m2));
  v128.store(maxima + 3 * maximaStep, ordered(m3));
}

/** Scores of one block for one user, two panels at a time: one would wait for its sums, four read too many places at once. */
function score1(vector: usize, panel: usize, row: usize, scores: usize, maxima: usize): void {
  const size = row << 3;
  let most = f32x4.splat(-Infinity);
  for (let pair = 0; pair < 4; pair++) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    let p1 = panel + size;
    const end = p1;
    let v = vector;
    do {
      const x = v128.load_splat<f32>(v);
      c0 = f32x4.add(c0, f32x4.mul(x, v128.load(panel)));
      c1 = f32x4.add(c1, f32x4.mul(x, v128.load(panel, 16)));
      c2 = f32x4.add(c2, f32x4.mul(x, v128.load(p1)));
      c3 = f32x4.add(c3, f32x4.mul(x, v128.load(p1, 16)));
      v += 4;
      panel += 32;
      p1 += 32;
    } while (panel != end);
    v128.store(scores, c0);
    v128.store(scores, c1, 16);
    v128.store(scores, c2, 32);
    v128.store(scores, c3, 48);
    most = f32x4.pmax(f32x4.pmax(f32x4.pmax(f32x4.pmax(most, c0), c1), c2), c3);
    scores += 64;
    panel = p1;
  }
  v128.store(maxima, ordered(most));
}

/** Takes `size` scores into the slot; adding 0 makes -0 equal to 0 as an integer too. */
function copy(from: usize, size: i32, blocks: i32, scores: usize, maxima: usize): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= size; i += 4) v128.store(scores + ((i as usize) << 2), f32x4.add(v128.load(from + ((i as usize) << 2)), zero));
  for (; i < blocks * BLOCK; i++) store<f32>(scores + ((i as usize) << 2), i < size ? load<f32>(from + ((i as usize) << 2)) + (0 as f32) : NaN);
  for (let b = 0; b < blocks; b++) v128.store(maxima + ((b as usize) << 4), maximaOf(scores + ((b as usize) << 8)));
}

/** Makes the masked items of a tile NaN. */
function hide(indptr: usize, indices: usize, first: i32, size: i32, scores: usize, maxima: usize): void {
  let lo = load<i32>(indptr), hi = load<i32>(indptr, 4);
  const stop = hi;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (load<i32>(indices + ((mid as usize) << 2)) < first) lo = mid + 1;
    else hi = mid;
  }
  for (; lo < stop; lo++) {
    const item = load<i32>(indices + ((lo as usize) << 2)) - first;
    if (item >= size) return;
    store<f32>(scores + ((item as usize) << 2), NaN);
    const b = (item >> 6) as usize;
    v128.store(maxima + (b << 4), maximaOf(scores + (b << 8)));
  }
}

// @ts-ignore: decorator
@inline
function maximaOf(scores: usize): v128 {
  let most = f32x4.splat(-Infinity);
  for (let at: usize = 0; at < 256; at += 32) {
    most = f32x4.pmax(f32x4.pmax(most, v128.load(scores + at)), v128.load(scores + at, 16));
  }
  return ordered(most);
}

/** Floats as integers of the same order. */
// @ts-ignore: decorator
@inline
function ordered(x: v128): v128 {
  return v128.xor(x, i32x4.shr_u(i32x4.shr_s(x, 31), 1));
}

/** A state is the number of keys and the least ordered score that is still wanted. */
// @ts-ignore: decorator
@inline
function restart(state: usize): void {
  store<i32>(state, 0);
  store<i32>(state, LOWEST, 4);
}

/** Adds the items of a tile that may be among the best `kept` to the keys; `more` says that other tiles follow. */
function collect(
  scores: usize, maxima: usize, first: i32, blocks: i32, kept: i32, capacity: i32, keys: usize, spare: usize, state: usize, more: bool,
): void {
  let count = load<i32>(state);
  let bound = tighten(maxima, blocks, kept, load<i32>(state, 4));
  let bounds = i32x4.splat(bound - 1), least = f32x4.splat(floatOf(bound));
  for (let b = 0; b < blocks; b++) {
    if (!v128.any_true(i32x4.gt_s(v128.load(maxima + ((b as usize) << 4)), bounds))) continue;
    const block = scores + ((b as usize) << 8);
    let hits: u64 = 0;
    for (let v: usize = 0; v < 16; v++) {
      hits |= (i32x4.bitmask(f32x4.ge(v128.load(block + (v << 4)), least)) as u64) << ((v as u64) << 2);
    }
    const id = ~(first + (b << 6));
    while (hits) {
      const i = ctz(hits);
      const bits = load<i32>(block + ((i as usize) << 2));
      const key = ((orderedInt(bits) ^ i32.MIN_VALUE) as u32 as u64) << 32 | ((id - (i as i32)) as u32 as u64);
      store<u64>(keys + ((count as usize) << 3), key);
      count++;
      hits &= hits - 1;
    }
    if (count + BLOCK <= capacity) continue;
    sort(keys, spare, count);
    count = kept;
    bound = max(bound, next(keys, kept));
    bounds = i32x4.splat(bound - 1);
    least = f32x4.splat(floatOf(bound));
  }
  if (more && count >= kept) {
    sort(keys, spare, count);
    count = kept;
    bound = max(bound, next(keys, kept));
    store<i32>(state, bound, 4);
  }
  store<i32>(state, count);
}

// @ts-ignore: decorator
@inline
function orderedInt(bits: i32): i32 {
  return bits ^ ((bits >> 31) >>> 1);
}

// @ts-ignore: decorator
@inline
function floatOf(key: i32): f32 {
  return reinterpret<f32>(orderedInt(key));
}

/** The score that beats the worst of `kept` sorted keys; an equal score has a higher id and does not. After Infinity comes NaN. */
// @ts-ignore: decorator
@inline
function next(keys: usize, kept: i32): i32 {
  return (((load<u64>(keys + (((kept - 1) as usize) << 3)) >> 32) as i32) ^ i32.MIN_VALUE) + 1;
}

/** The largest bound found by halving that at least `need` groups reach, at least `bound`; it stops where few more do. */
function tighten(maxima: usize, blocks: i32, need: i32, bound: i32): i32 {
  let most = i32x4.splat(LOWEST), least = i32x4.splat(i32.MAX_VALUE);
  for (let b = 0; b < blocks; b++) {
    const x = v128.load(maxima + ((b as usize) << 4));
    most = i32x4.max_s(most, x);
    least = i32x4.min_s(least, x);
  }
  const enough = need + (need >> 3);
  const hi = max(max(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1)), max(i32x4.extract_lane(most, 2), i32x4.extract_lane(most, 3)));
  let lo = min(min(i32x4.extract_lane(least, 0), i32x4.extract_lane(least, 1)), min(i32x4.extract_lane(least, 2), i32x4.extract_lane(least, 3)));
  lo = max(lo, bound);
  const reached = reaching(maxima, blocks, lo);
  if (reached < need) return bound;
  if (reached <= enough) return lo;
  // Fewer than `need` reach hi + 1; `need` or more reach lo.
  let above: i64 = (hi as i64) + 1;
  while (above - (lo as i64) > 1) {
    const mid = (((lo as i64) + above) >> 1) as i32;
    const reached = reaching(maxima, blocks, mid);
    if (reached < need) {
      above = mid as i64;
      continue;
    }
    lo = mid;
    if (reached <= enough) break;
  }
  return lo;
}

/** How many of the maxima are at least `bound`. */
function reaching(maxima: usize, blocks: i32, bound: i32): i32 {
  const bounds = i32x4.splat(bound - 1);
  let found = i32x4.splat(0);
  const end = maxima + ((blocks as usize) << 4);
  for (; maxima != end; maxima += 16) found = i32x4.sub(found, i32x4.gt_s(v128.load(maxima), bounds));
  return i32x4.extract_lane(found, 0) + i32x4.extract_lane(found, 1) + i32x4.extract_lane(found, 2) + i32x4.extract_lane(found, 3);
}

/** Keys in descending order, by merging runs without a branch on the comparison. */
function sort(keys: usize, spare: usize, count: i32): void {
  const end = (count as usize) << 3;
  let from = keys, to = spare;
  for (let width: usize = 8; width < end; width <<= 1) {
    for (let start: usize = 0; start < end; start += width << 1) {
      let x = from + start, at = to + start;
      const middle = from + min(start + width, end), stop = from + min(start + (width << 1), end);
      let y = middle;
      while (x < middle && y < stop) {
        const kx = load<u64>(x), ky = load<u64>(y);
        const first = (kx > ky) as usize;
        store<u64>(at, ky ^ ((kx ^ ky) & (0 - (first as u64))));
        x += first << 3;
        y += (1 - first) << 3;
        at += 8;
      }
      for (; x < middle; x += 8, at += 8) store<u64>(at, load<u64>(x));
      for (; y < stop; y += 8, at += 8) store<u64>(at, load<u64>(y));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != keys) memory.copy(keys, from, end);
}

/** Writes the best `depth` keys of `count`; a row with fewer ends in -1 and -Infinity. */
function finish(keys: usize, spare: usize, count: i32, depth: i32, out: usize, outScores: usize): void {
  sort(keys, spare, count);
  for (let i = 0; i < depth; i++) {
    const key = i < count ? load<u64>(keys + ((i as usize) << 3)) : 0;
    store<i32>(out + ((i as usize) << 2), i < count ? ~(key as i32) : -1);
    if (outScores) store<f32>(outScores + ((i as usize) << 2), i < count ? floatOf(((key >> 32) as i32) ^ i32.MIN_VALUE) : -Infinity);
  }
}
