/** Buffers that a model reuses between steps. Allocating and clearing large arrays costs as much as some kernels. */
import type { Floats, Kernels } from '../kernels/index.js';

export interface Scratch {
  /** `length` uninitialised values. Valid until the next call with the same name. */
  floats(name: string, length: number): Floats;
  /** Frees the memory. */
  close(): void;
}

export function createScratch(k: Kernels): Scratch {
  const arrays = new Map<string, Floats>();
  return {
    floats(name, length) {
      const had = arrays.get(name);
      if (had && had.length >= length) return had.subarray(0, length);
      if (had) k.free(had);
      const array = k.floats(length);
      arrays.set(name, array);
      return array;
    },
    close() {
      k.free(...arrays.values());
      arrays.clear();
    },
  };
}
