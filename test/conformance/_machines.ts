/** Where kernels are checked: the float64 reference and the compiled float32 kernels, the same code on both. */
import { createKernels, createReferenceKernels, type Floats, type Kernels } from 'recdistill/kernels';
import type { Result, Results } from './_checker.js';

const float64 = createReferenceKernels('f64');
// One thread has no worker that would keep the process alive; other numbers of threads give the same bits.
const float32 = createKernels({ threads: 1, memoryLimit: 2 ** 27 });

/** Runs the case on both. What it returns is copied, so it may close and free what it took. */
export const onBoth = (compute: (k: Kernels) => Result): Results => ({
  float64: compute(float64),
  float32: compute(float32),
});

/** Runs the case on the compiled kernels only. */
export const onFloat32 = (compute: (k: Kernels) => Result): Result => compute(float32);

/** Copies numbers into kernel memory. */
export function put(k: Kernels, values: ArrayLike<number>): Floats {
  const array = k.floats(values.length);
  array.set(values);
  return array;
}

export function putInts(k: Kernels, values: ArrayLike<number>): Int32Array {
  const array = k.ints(values.length);
  array.set(values);
  return array;
}
