/** Records which rows of a table have a gradient in a step, so that a lazy optimiser can skip all others. */
import type { Kernels } from '../kernels/index.js';

export interface TouchedRows {
  /** Marks rows whose gradient may be nonzero. @param ids row indices; absent: any row */
  mark(ids?: Int32Array): void;
  /**
   * The rows marked since the last call, each once, in ascending order, in kernel memory until the next call. Undefined if it may be any row. Rows of
   * large tables are updated faster in ascending order: neighbours share pages.
   */
  take(): Int32Array | undefined;
  close(): void;
}

export function createTouchedRows(k: Kernels, rows: number): TouchedRows {
  const list = k.ints(rows);
  // A bit for each row, and one for each 32 of these, so that marked rows are found in order without sorting them or looking at all.
  const marks = new Int32Array(Math.ceil(rows / 32));
  const groups = new Int32Array(Math.ceil(marks.length / 32));
  let any = false;
  return {
    mark(ids) {
      if (!ids) any = true;
      if (!ids || any) return;
      for (let n = 0; n < ids.length; n++) {
        const row = ids[n]!;
        marks[row >>> 5]! |= 1 << (row & 31);
        groups[row >>> 10]! |= 1 << ((row >>> 5) & 31);
      }
    },
    take() {
      let found = 0;
      for (let group = 0; group < groups.length; group++) {
        for (let words = groups[group]!; words !== 0; words &= words - 1) {
          const word = 32 * group + lowestBit(words);
          for (let left = marks[word]!; left !== 0; left &= left - 1) list[found++] = 32 * word + lowestBit(left);
          marks[word] = 0;
        }
        groups[group] = 0;
      }
      const touched = any ? undefined : list.subarray(0, found);
      any = false;
      return touched;
    },
    close: () => k.free(list),
  };
}

/** Position of the lowest bit of a number that is not 0. */
const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits);
