// Selects the best items of a tile of scores with the help of the maximum of every group of 16. If `need` groups have a maximum of at
// least x, then at least `need` items have such a score. Counting maxima therefore gives a bound that few more than `need` items reach, and
// only groups above it are read. Item i of a tile belongs to block i / 64, which has four groups: the items equal modulo 4, one per lane.
// Candidates are 64-bit keys: the score as an ordered integer, then the inverted id, so that the larger key is the better item.
import { BLOCK } from './layout';

/** Ordered integer of -Infinity. */
const LOWEST: i32 = -2139095041;

/** Copies `size` scores into the slot. Adding 0 turns -0 into 0, which has other bits. */
export function copy(from: usize, size: i32, blocks: i32, scores: usize, maxima: usize): void {
  const zero = f32x4.splat(0);
  let i = 0;
  for (; i + 4 <= size; i += 4) v128.store(scores + ((i as usize) << 2), f32x4.add(v128.load(from + ((i as usize) << 2)), zero));
  for (; i < blocks * BLOCK; i++) store<f32>(scores + ((i as usize) << 2), i < size ? load<f32>(from + ((i as usize) << 2)) + (0 as f32) : NaN);
  for (let b = 0; b < blocks; b++) v128.store(maxima + ((b as usize) << 4), maximaOf(scores + ((b as usize) << 8)));
}

/** Makes the masked items of a tile NaN. */
export function hide(indptr: usize, indices: usize, first: i32, size: i32, scores: usize, maxima: usize): void {
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
export function ordered(x: v128): v128 {
  return v128.xor(x, i32x4.shr_u(i32x4.shr_s(x, 31), 1));
}

/** A state is the number of keys and the lowest ordered score that can still enter the list. */
// @ts-ignore: decorator
@inline
export function restart(state: usize): void {
  store<i32>(state, 0);
  store<i32>(state, LOWEST, 4);
}

/** Adds the items of a tile that may be among the best `kept` to the keys. `more`: other tiles follow. */
export function collect(
  scores: usize, maxima: usize, first: i32, blocks: i32, kept: i32, capacity: i32, keys: usize, sortBuffer: usize, state: usize, more: bool,
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
    sort(keys, sortBuffer, count);
    count = kept;
    bound = max(bound, next(keys, kept));
    bounds = i32x4.splat(bound - 1);
    least = f32x4.splat(floatOf(bound));
  }
  if (more && count >= kept) {
    sort(keys, sortBuffer, count);
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

/** The largest bound, found by bisection, that at least `need` groups reach, and at least `bound`. Stops if few more groups reach it. */
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

/** Number of maxima that are at least `bound`. */
function reaching(maxima: usize, blocks: i32, bound: i32): i32 {
  const bounds = i32x4.splat(bound - 1);
  let found = i32x4.splat(0);
  const end = maxima + ((blocks as usize) << 4);
  for (; maxima != end; maxima += 16) found = i32x4.sub(found, i32x4.gt_s(v128.load(maxima), bounds));
  return i32x4.extract_lane(found, 0) + i32x4.extract_lane(found, 1) + i32x4.extract_lane(found, 2) + i32x4.extract_lane(found, 3);
}

/** Keys in descending order, by merging runs without a branch on the comparison. */
function sort(keys: usize, sortBuffer: usize, count: i32): void {
  const end = (count as usize) << 3;
  let from = keys, to = sortBuffer;
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
export function writeBest(keys: usize, sortBuffer: usize, count: i32, depth: i32, out: usize, outScores: usize): void {
  sort(keys, sortBuffer, count);
  for (let i = 0; i < depth; i++) {
    const key = i < count ? load<u64>(keys + ((i as usize) << 3)) : 0;
    store<i32>(out + ((i as usize) << 2), i < count ? ~(key as i32) : -1);
    if (outScores) store<f32>(outScores + ((i as usize) << 2), i < count ? floatOf(((key >> 32) as i32) ^ i32.MIN_VALUE) : -Infinity);
  }
}
