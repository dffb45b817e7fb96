/** How fast this machine is just now, for estimates before long work: measured for some hundredths of a second. */
import type { Kernels } from '../kernels/index.js';

/** Side of the matrices that are multiplied, and how often. */
const SIDE = 512;
const ROUNDS = 3;

/** Multiplications a second of `work`, which takes `multiplications` each time: the best of three, for other processes may come in between. */
export function rateOf(multiplications: number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    work();
    best = Math.min(best, performance.now() - began);
  }
  return multiplications / (best / 1000);
}

/** Multiplications a second of products of large matrices. */
export function productRate(k: Kernels): number {
  const [a, b, c] = [k.floats(SIDE ** 2), k.floats(SIDE ** 2), k.floats(SIDE ** 2)];
  try {
    return rateOf(SIDE ** 3, () => k.gemm(a, b, c, SIDE, SIDE, SIDE, 'nt'));
  } finally {
    k.free(a, b, c);
  }
}
