/** Random lists per user and epoch. They depend on key, epoch and user alone, so a resumed run samples the same lists. */
import { type RandomKey, threefry2x32, uniform, uniformInt } from '../math/random.js';

/** Random counters per user and epoch. With more draws, users share random numbers, which is harmless. */
const COUNTERS = 4096;

/**
 * Samples positions from 0 to `logWeights.length - 1` one after the other without replacement, each in proportion to its weight among the
 * remaining ones (the largest log weight + Gumbel noise).
 * @param logWeights logarithms of the weights, which cannot overflow
 * @returns positions in the order sampled; all positions if there are at most `count`
 */
export function drawWeighted(
  logWeights: ArrayLike<number>,
  count: number,
  key: RandomKey,
  epoch: number,
  user: number,
): Int32Array {
  const keys = Float64Array.from(logWeights, (w, n) => w + gumbel(key, epoch, user * COUNTERS + n));
  const positions = Int32Array.from(keys.keys()).sort((a, b) => keys[b]! - keys[a]! || a - b);
  return positions.subarray(0, count);
}

const words = new Uint32Array(2);
let [waits, ordered] = [new Float64Array(256), new Float64Array(256)];

/**
 * Samples positions as `drawWeighted` does, but returns them in ascending order, without the order of the draws; several times faster. The
 * positions with the smallest values of an exponential distribution with their weight as rate are those drawn without replacement.
 */
export function drawSet(
  logWeights: ArrayLike<number>,
  count: number,
  key: RandomKey,
  epoch: number,
  user: number,
): Int32Array {
  const n = logWeights.length;
  if (n <= count) return Int32Array.from({ length: n }, (_, at) => at);
  if (waits.length < n) [waits, ordered] = [new Float64Array(2 * n), new Float64Array(2 * n)];
  let [last, rate] = [Number.NaN, 1];
  for (let at = 0; at < n; at++) {
    if ((at & 1) === 0) threefry2x32(key.k0, key.k1, epoch, user * COUNTERS + at, words);
    // Equal weights often follow each other.
    if (logWeights[at] !== last) {
      last = logWeights[at]!;
      rate = Math.exp(Math.min(700, logWeights[0]! - last));
    }
    waits[at] = -Math.log((words[at & 1]! + 0.5) / 2 ** 32) * rate;
  }
  ordered.set(waits.subarray(0, n));
  const limit = ordered.subarray(0, n).sort()[count - 1]!;
  const positions = new Int32Array(count);
  let found = 0;
  for (let at = 0; found < count; at++) if (waits[at]! <= limit) positions[found++] = at;
  return positions;
}

/** Standard Gumbel noise, -log(-log u) with u in (0, 1). */
export const gumbel = (key: RandomKey, c0: number, c1: number): number =>
  -Math.log(-Math.log(uniform(key, c0, c1) + 2 ** -54));

/**
 * Writes distinct items to `out`, sampled uniformly from the items that are in none of the lists.
 * @returns their number: the length of `out`, or less if there are fewer such items
 */
export type DrawOutside = (epoch: number, user: number, lists: readonly ArrayLike<number>[], out: Int32Array) => number;

export function createDrawOutside(nItems: number, key: RandomKey): DrawOutside {
  const marks = new Int32Array(nItems);
  let mark = 0;
  return (epoch, user, lists, out) => {
    mark += 1;
    let free = nItems;
    for (const list of lists) {
      for (let at = 0; at < list.length; at++) {
        if (marks[list[at]!] === mark) continue;
        marks[list[at]!] = mark;
        free -= 1;
      }
    }
    const count = Math.min(out.length, free);
    const counter = user * COUNTERS;
    // If few items remain, rejection sampling would mostly fail.
    if (free - count < nItems / 4) {
      const rest = Int32Array.from(marks.keys()).filter((item) => marks[item] !== mark);
      for (let n = 0; n < count; n++) {
        const other = n + uniformInt(key, epoch, counter + n, free - n);
        [rest[n], rest[other]] = [rest[other]!, rest[n]!];
      }
      out.set(rest.subarray(0, count));
      return count;
    }
    for (let n = 0, found = 0; found < count; n++) {
      const item = uniformInt(key, epoch, counter + n, nItems);
      if (marks[item] === mark) continue;
      marks[item] = mark;
      out[found++] = item;
    }
    return count;
  };
}
