// Counter-based random numbers.
import { ATTEMPTS } from './layout';
import { threefry } from './threefry.as';

/** out[k] = scale * standard normal, from counter (epoch, k): Box-Muller in float64. */
export function normal(out: usize, k0: u32, k1: u32, epoch: u32, scale: f64, begin: i32, end: i32): void {
  for (let k = begin; k < end; k++) {
    const words = threefry(k0, k1, epoch, k);
    const u = (((words >> 32) as f64) + 0.5) / 4294967296.0;
    const v = ((words & 0xffffffff) as f64) / 4294967296.0;
    store<f32>(out + ((k as usize) << 2), (scale * Math.sqrt(-2.0 * Math.log(u)) * Math.cos(6.283185307179586 * v)) as f32);
  }
}

/** out[k] = a whole number in [0, last - k], from counter (epoch, last - k). */
export function places(out: usize, k0: u32, k1: u32, epoch: u32, last: i32, begin: i32, end: i32): void {
  for (let k = begin; k < end; k++) {
    const at = (last - k) as u32;
    store<i32>(out + ((k as usize) << 2), (((threefry(k0, k1, epoch, at) >> 32) * ((at as u64) + 1)) >> 32) as i32);
  }
}

/** out[k] = an item that user users[k] does not have in the given rows, from the counters (epoch * ATTEMPTS + attempt, first + k); pool 0 = all items. */
export function negatives(
  out: usize, users: usize, indptr: usize, indices: usize, nItems: i32, pool: usize, poolSize: i32,
  k0: u32, k1: u32, epoch: u32, first: i32, begin: i32, end: i32,
): void {
  for (let k = begin; k < end; k++) {
    const user = load<i32>(users + ((k as usize) << 2)) as usize;
    const start = load<i32>(indptr + (user << 2));
    const stop = load<i32>(indptr + (user << 2), 4);
    let item: i32 = 0;
    let attempt: u32 = 0;
    for (; attempt < (ATTEMPTS as u32); attempt++) {
      item = ((((threefry(k0, k1, epoch * (ATTEMPTS as u32) + attempt, first + k) >> 32) as u64) * (poolSize as u64)) >> 32) as i32;
      if (pool != 0) item = load<i32>(pool + ((item as usize) << 2));
      if (!contains(indices, start, stop, item)) break;
    }
    // A user with nearly all items: take the next item that the user does not have, so that sampling always ends.
    for (let step = 0; attempt == (ATTEMPTS as u32) && step < nItems && contains(indices, start, stop, item); step++) {
      item = item + 1 == nItems ? 0 : item + 1;
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
