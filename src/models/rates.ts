/** Current speed of this machine, measured for some hundredths of a second, for estimates of long work. */
import type { Kernels } from '../kernels/index.js';

/** Side of the matrices in the measurement. */
const SIDE = 512;
const MEASURED_MS = 60;

/** Multiplications per second of `work`, which does `multiplications` per call. The mean, so that load from other processes counts. */
export function rateOf(multiplications: number, work: () => void): number {
  // The first call allocates memory and wakes up the threads.
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

/** Multiplications per second of products of large matrices. */
export function productRate(k: Kernels): number {
  const [a, b, c] = [k.floats(SIDE ** 2), k.floats(SIDE ** 2), k.floats(SIDE ** 2)];
  try {
    return rateOf(SIDE ** 3, () => k.gemm(a, b, c, SIDE, SIDE, SIDE, 'nt'));
  } finally {
    k.free(a, b, c);
  }
}
