/** How UnKD samples pairs of items within a group of similar popularity. */
import { type RandomKey, uniform } from '../../math/random.js';

/**
 * Pairs of each group of a user.
 * @param rule `even`: `pairs` in all, at most one more in a group than in another. `rounded`, as published code: pairs / groups in each, rounded half to
 *   even, and one more in the first groups while there are fewer than `pairs` in all. There can then be more than `pairs`
 */
export function pairsPerGroup(pairs: number, groups: number, rule: 'even' | 'rounded'): Int32Array {
  const part = pairs / groups;
  const below = Math.floor(part);
  const halfEven = part - below === 0.5 ? below + (below % 2) : Math.round(part);
  const each = rule === 'even' ? below : halfEven;
  const more = Math.max(0, pairs - each * groups);
  return Int32Array.from({ length: groups }, (_, g) => each + (g < more ? 1 : 0));
}

/** Two distinct positions of a list, the better one first. */
export type DrawPair = (first: number, second: number) => readonly [better: number, worse: number];

/**
 * Draws two positions of a list of `n` items, each in proportion to exp(-(position + 1) / temperature), from all pairs of distinct positions. The
 * result is that of drawing both again while they are equal, without the repetitions.
 * @param n at least 2
 * @returns takes two numbers in [0, 1)
 */
export function createDrawPair(n: number, temperature: number): DrawPair {
  const p = Float64Array.from({ length: n }, (_, at) => Math.exp(-at / temperature));
  const total = p.reduce((a, b) => a + b);
  for (let at = 0; at < n; at++) p[at]! /= total;
  // 1 - p without cancellation: the first position of a list of low temperature has almost all of the mass.
  const after = new Float64Array(n + 1);
  for (let at = n - 1; at >= 0; at--) after[at] = after[at + 1]! + p[at]!;
  const before = new Float64Array(n + 1);
  for (let at = 0; at < n; at++) before[at + 1] = before[at]! + p[at]!;
  const others = p.map((_, at) => before[at]! + after[at + 1]!);
  // A pair {a, b} has the weight p_a p_b. Its first draw is a in proportion to p_a (1 - p_a), its second b among the others.
  const firsts = new Float64Array(n + 1);
  for (let at = 0; at < n; at++) firsts[at + 1] = firsts[at]! + p[at]! * others[at]!;
  return (u, v) => {
    const a = placeOf(firsts, u * firsts[n]!, n);
    const x = v * others[a]!;
    const b = x < before[a]! ? Math.min(a - 1, placeOf(before, x, n)) : Math.max(a + 1, placeOf(before, x + p[a]!, n));
    // Beyond the end only by rounding; the last position is then a.
    const other = b < n ? b : a - 1;
    return a < other ? [a, other] : [other, a];
  };
}

/** The largest position whose sum of all before is at most x. */
function placeOf(sums: Float64Array, x: number, n: number): number {
  let [low, high] = [0, n - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sums[middle]! <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Random numbers of a user in an epoch. With more pairs, users share random numbers, which is harmless. */
const COUNTERS = 4096;

export interface PairDraws {
  /** The two positions of a pair in a list of `n` items, at least 2. @param pair index of the pair in this epoch of the user */
  draw(n: number, epoch: number, user: number, pair: number): readonly [better: number, worse: number];
}

export function createPairDraws(key: RandomKey, temperature: number): PairDraws {
  const byLength = new Map<number, DrawPair>();
  return {
    draw(n, epoch, user, pair) {
      const draw = byLength.get(n) ?? createDrawPair(n, temperature);
      byLength.set(n, draw);
      const at = user * COUNTERS + 2 * pair;
      return draw(uniform(key, epoch, at), uniform(key, epoch, at + 1));
    },
  };
}
