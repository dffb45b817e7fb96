// Counter-based random numbers: Threefry-2x32-20 (Salmon et al., SC 2011), the same words as src/config/random.ts.

// @ts-ignore: decorator
@inline
function rotate(x: u32, by: u32): u32 {
  return (x << by) | (x >> (32 - by));
}

/** Both words in one: the first in the high half. */
export function threefry(k0: u32, k1: u32, c0: u32, c1: u32): u64 {
  const k2: u32 = 0x1bd11bda ^ k0 ^ k1;
  let x0: u32 = c0 + k0;
  let x1: u32 = c1 + k1;
  x0 += x1; x1 = rotate(x1, 13) ^ x0;
  x0 += x1; x1 = rotate(x1, 15) ^ x0;
  x0 += x1; x1 = rotate(x1, 26) ^ x0;
  x0 += x1; x1 = rotate(x1, 6) ^ x0;
  x0 += k1; x1 += k2 + 1;
  x0 += x1; x1 = rotate(x1, 17) ^ x0;
  x0 += x1; x1 = rotate(x1, 29) ^ x0;
  x0 += x1; x1 = rotate(x1, 16) ^ x0;
  x0 += x1; x1 = rotate(x1, 24) ^ x0;
  x0 += k2; x1 += k0 + 2;
  x0 += x1; x1 = rotate(x1, 13) ^ x0;
  x0 += x1; x1 = rotate(x1, 15) ^ x0;
  x0 += x1; x1 = rotate(x1, 26) ^ x0;
  x0 += x1; x1 = rotate(x1, 6) ^ x0;
  x0 += k0; x1 += k1 + 3;
  x0 += x1; x1 = rotate(x1, 17) ^ x0;
  x0 += x1; x1 = rotate(x1, 29) ^ x0;
  x0 += x1; x1 = rotate(x1, 16) ^ x0;
  x0 += x1; x1 = rotate(x1, 24) ^ x0;
  x0 += k1; x1 += k2 + 4;
  x0 += x1; x1 = rotate(x1, 13) ^ x0;
  x0 += x1; x1 = rotate(x1, 15) ^ x0;
  x0 += x1; x1 = rotate(x1, 26) ^ x0;
  x0 += x1; x1 = rotate(x1, 6) ^ x0;
  x0 += k2; x1 += k0 + 5;
  return ((x0 as u64) << 32) | (x1 as u64);
}

/** out[k] = scale * standard normal, from counter (epoch, k): Box-Muller in float64. */
export function normal(out: usize, k0: u32, k1: u32, epoch: u32, scale: f64, begin: i32, end: i32): void {
  for (let k = begin; k < end; k++) {
    const words = threefry(k0, k1, epoch, k);
    const u = (((words >> 32) as f64) + 0.5) / 4294967296.0;
    const v = ((words & 0xffffffff) as f64) / 4294967296.0;
    store<f32>(out + ((k as usize) << 2), (scale * Math.sqrt(-2.0 * Math.log(u)) * Math.cos(6.283185307179586 * v)) as f32);
  }
}

/** out[k] = an item that user users[k] does not have in the rows given, from counters (epoch * 64 + attempt, first + k); pool 0 = all items. */
export function negatives(
  out: usize, users: usize, indptr: usize, indices: usize, items: i32, pool: usize, poolSize: i32,
  k0: u32, k1: u32, epoch: u32, first: i32, begin: i32, end: i32,
): void {
  for (let k = begin; k < end; k++) {
    const user = load<i32>(users + ((k as usize) << 2)) as usize;
    const start = load<i32>(indptr + (user << 2));
    const stop = load<i32>(indptr + (user << 2), 4);
    let item: i32 = 0;
    let attempt: u32 = 0;
    for (; attempt < 64; attempt++) {
      item = ((((threefry(k0, k1, epoch * 64 + attempt, first + k) >> 32) as u64) * (poolSize as u64)) >> 32) as i32;
      if (pool != 0) item = load<i32>(pool + ((item as usize) << 2));
      if (!contains(indices, start, stop, item)) break;
    }
    // A user who has nearly everything: take the next free item, so that the draw always ends.
    for (let step = 0; attempt == 64 && step < items && contains(indices, start, stop, item); step++) {
      item = item + 1 == items ? 0 : item + 1;
    }
    store<i32>(out + ((k as usize) << 2), item);
  }
}

// @ts-ignore: decorator
@inline
function contains(indices: usize, start: i32, stop: i32, item: i32): bool {
  let lo = start;
  let hi = stop;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (load<i32>(indices + ((mid as usize) << 2)) < item) lo = mid + 1;
    else hi = mid;
  }
  return lo < stop && load<i32>(indices + ((lo as usize) << 2)) == item;
}
