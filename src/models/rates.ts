/** How fast this machine is just now, for estimates before long work: measured for some hundredths of a second. */
import type { Kernels } from '../kernels/index.js';

/** Side of the matrices that are multiplied. */
const SIDE = 512;
const MEASURED_MS = 60;

/** Multiplications a second of `work`, which takes `multiplications` each time: the mean, as the rest of the machine takes its part of it later, too. */
export function rateOf(multiplications: number, work: () => void): number {
  // The first time takes memory, and wakes the threads up.
  work();
  const began = performance.now();
  let [rounds, took] = [0, 0];
  while (took < MEASURED_MS) {
    work();
    rounds += 1;
    took = performance.now() - began;
  }
  return (rounds * multiplications) / (took / 1000);
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
