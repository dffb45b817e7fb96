// Ranks of all items by rows of scores, and random samples of items by their ranks in two orders.
import { giveSlot, takeSlot } from '../machine/slots.as';
import { threefry } from '../random/threefry.as';
import { BLOCK, BUCKETS, weightsAt } from './layout';

/** A radix sort of 32 bits takes three passes, the last over the remaining 10 bits. */
const LAST_BUCKETS = 1024;

/**
 * Rows [begin, end): out = 1 for the first item in order, 2 for the next; equal scores by lower id. Masked items get 0, or with
 * `replaced` are ranked with the score `value`. A key is the id, then the score as an ordered integer.
 */
export function ranks(
  scores: usize, nItems: i32, maskRows: usize, indptr: usize, indices: usize, replaced: i32, value: f64, ascending: i32, out: usize,
  flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const keys = slotMemory + (slot as usize) * slotBytes;
  const sortBuffer = keys + ((nItems as usize) << 3);
  const low = sortBuffer + ((nItems as usize) << 3), middle = low + (BUCKETS << 2), high = middle + (BUCKETS << 2);
  const inversion: u32 = ascending ? 0 : -1;
  for (let r = begin; r < end; r++) {
    const from = scores + ((r as usize) * (nItems as usize) << 2), to = out + ((r as usize) * (nItems as usize) << 2);
    let masked = 0, stop = 0;
    if (indptr) {
      const row = indptr + (load<i32>(maskRows + ((r as usize) << 2)) as usize << 2);
      masked = load<i32>(row);
      stop = load<i32>(row, 4);
    }
    let next = masked < stop ? load<i32>(indices + ((masked as usize) << 2)) : -1;
    memory.fill(low, 0, 3 * (BUCKETS << 2));
    let n = 0;
    for (let i = 0; i < nItems; i++) {
      let score = load<f32>(from + ((i as usize) << 2));
      if (i == next) {
        masked++;
        next = masked < stop ? load<i32>(indices + ((masked as usize) << 2)) : -1;
        if (!replaced) {
          store<i32>(to + ((i as usize) << 2), 0);
          continue;
        }
        score = value as f32;
      }
      // Adding 0 turns -0 into 0, which has other bits.
      const bits = reinterpret<u32>(score + (0 as f32));
      const key = (bits ^ ((((bits as i32) >> 31) as u32) | (0x80000000 as u32))) ^ inversion;
      store<u64>(keys + ((n as usize) << 3), ((i as u64) << 32) | (key as u64));
      n++;
      count(low, key & (BUCKETS - 1));
      count(middle, (key >> 11) & (BUCKETS - 1));
      count(high, key >> 22);
    }
    toStarts(low, BUCKETS);
    toStarts(middle, BUCKETS);
    toStarts(high, LAST_BUCKETS);
    const bytes = (n as usize) << 3;
    for (let at: usize = 0; at < bytes; at += 8) {
      const entry = load<u64>(keys + at);
      store<u64>(sortBuffer + ((take(low, (entry as u32) & (BUCKETS - 1)) as usize) << 3), entry);
    }
    for (let at: usize = 0; at < bytes; at += 8) {
      const entry = load<u64>(sortBuffer + at);
      store<u64>(keys + ((take(middle, ((entry as u32) >> 11) & (BUCKETS - 1)) as usize) << 3), entry);
    }
    for (let at: usize = 0; at < bytes; at += 8) {
      const entry = load<u64>(keys + at);
      store<i32>(to + (((entry >> 32) as usize) << 2), take(high, (entry as u32) >> 22) + 1);
    }
  }
  giveSlot(flags, slot);
}

// @ts-ignore: decorator
@inline
function count(counts: usize, bucket: u32): void {
  const at = counts + ((bucket as usize) << 2);
  store<i32>(at, load<i32>(at) + 1);
}

/** Turns counts into the position of each bucket's first entry. */
function toStarts(counts: usize, buckets: i32): void {
  let sum = 0;
  for (let b: usize = 0; b < (buckets as usize) << 2; b += 4) {
    const size = load<i32>(counts + b);
    store<i32>(counts + b, sum);
    sum += size;
  }
}

/** Position of the bucket's next entry. */
// @ts-ignore: decorator
@inline
function take(places: usize, bucket: u32): i32 {
  const at = places + ((bucket as usize) << 2);
  const place = load<i32>(at);
  store<i32>(at, place + 1);
  return place;
}

/**
 * Rows [begin, end): for each of `repeats` and each position from starts[r] on (counts[r] positions), out[repeat * stride + position] = an
 * item, sampled in proportion to table[offset + first * a + second * b] from the counters (epoch, repeat * stride + position). Items of rank 0
 * are never sampled. -1 if no item has a weight.
 */
export function drawByRanks(
  a: usize, b: usize, nItems: i32, table: usize, offset: i32, first: i32, second: i32,
  starts: usize, counts: usize, repeats: i32, stride: i32, k0: u32, k1: u32, epoch: u32, out: usize,
  flags: usize, slots: i32, slotMemory: usize, slotBytes: usize, begin: i32, end: i32,
): void {
  const slot = takeSlot(flags, slots);
  const blocks = (nItems + BLOCK - 1) / BLOCK;
  const sums = slotMemory + (slot as usize) * slotBytes;
  const weights = sums + (weightsAt(nItems) as usize);
  for (let r = begin; r < end; r++) {
    const wanted = load<i32>(counts + ((r as usize) << 2));
    if (wanted == 0) continue;
    const row = (r as usize) * (nItems as usize) << 2;
    let total: f64 = 0;
    let last = -1;
    for (let block = 0; block < blocks; block++) {
      let sum: f64 = 0;
      for (let i = block * BLOCK; i < min(nItems, (block + 1) * BLOCK); i++) {
        const at = (i as usize) << 2;
        const mine = load<i32>(a + row + at), other = load<i32>(b + row + at);
        const weight: f32 = mine == 0 ? 0 : load<f32>(table + ((offset + first * mine + second * other) as usize << 2));
        store<f32>(weights + at, weight);
        sum += weight as f64;
      }
      if (sum > 0) last = block;
      total += sum;
      store<f64>(sums + ((block as usize) << 3), total);
    }
    const start = load<i32>(starts + ((r as usize) << 2));
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (let place = repeat * stride + start; place < repeat * stride + start + wanted; place++) {
        let item = -1;
        if (last >= 0) {
          const words = threefry(k0, k1, epoch, place);
          const u = (((words >> 32) as f64) * 2097152.0 + (((words & 0xffffffff) >> 11) as f64)) / 9007199254740992.0;
          item = find(u * total, sums, weights, nItems, last);
        }
        store<i32>(out + ((place as usize) << 2), item);
      }
    }
  }
  giveSlot(flags, slot);
}

/** The item whose interval of the summed weights contains `x`. @param last the last block with a weight, as rounding may make x equal to the total */
function find(x: f64, sums: usize, weights: usize, nItems: i32, last: i32): i32 {
  let lo = 0, hi = last;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (load<f64>(sums + ((mid as usize) << 3)) > x) hi = mid;
    else lo = mid + 1;
  }
  let rest = lo == 0 ? x : x - load<f64>(sums + (((lo - 1) as usize) << 3));
  // For the same reason, a small part of x may remain at the end of the block. Then it is the last item with a weight.
  let item = -1;
  for (let i = lo * BLOCK; i < min(nItems, (lo + 1) * BLOCK); i++) {
    const weight = load<f32>(weights + ((i as usize) << 2));
    if (weight == 0) continue;
    item = i;
    rest -= weight as f64;
    if (rest < 0) break;
  }
  return item;
}
