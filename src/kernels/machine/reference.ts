/** The reference machine: plain arrays and one thread, for the plain TypeScript form of the kernels. */
import type { Floats, Machine } from './machine.js';

export function createReferenceMachine(precision: 'f32' | 'f64'): Machine {
  const sizes = new Map<Floats | Int32Array, number>();
  let inUse = 0;
  let atPeak = 0;
  const hand = <T extends Floats | Int32Array>(array: T): T => {
    sizes.set(array, array.byteLength);
    inUse += array.byteLength;
    atPeak = Math.max(atPeak, inUse);
    return array;
  };
  return {
    backend: 'reference',
    precision,
    arithmetic: 'plain',
    threads: 1,
    get bytesInUse() {
      return inUse;
    },
    get bytesAtPeak() {
      return atPeak;
    },
    floats: (length): Floats => hand(precision === 'f64' ? new Float64Array(length) : new Float32Array(length)),
    ints: (length) => hand(new Int32Array(length)),
    free(...arrays) {
      for (const array of arrays) {
        inUse -= sizes.get(array) ?? 0;
        sizes.delete(array);
      }
    },
    close() {},
  };
}
