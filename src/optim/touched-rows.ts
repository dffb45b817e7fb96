/** Records which rows of a table have a gradient in a step, so that a lazy optimiser can skip all others. */
import type { Kernels } from '../kernels/index.js';

export interface TouchedRows {
  /** Marks rows whose gradient may be nonzero. @param ids row indices; absent: any row */
  mark(ids?: Int32Array): void;
  /** The rows marked since the last call, each once, in kernel memory until the next mark. Undefined if it may be any row. */
  take(): Int32Array | undefined;
  close(): void;
}

export function createTouchedRows(k: Kernels, rows: number): TouchedRows {
  const list = k.ints(rows);
  const marked = new Uint8Array(rows);
  let [found, any] = [0, false];
  return {
    mark(ids) {
      if (!ids) any = true;
      if (!ids || any) return;
      for (let n = 0; n < ids.length; n++) {
        const row = ids[n]!;
        if (marked[row] === 1) continue;
        marked[row] = 1;
        list[found++] = row;
      }
    },
    take() {
      const touched = any ? undefined : list.subarray(0, found);
      for (let n = 0; n < found; n++) marked[list[n]!] = 0;
      [found, any] = [0, false];
      return touched;
    },
    close: () => k.free(list),
  };
}
