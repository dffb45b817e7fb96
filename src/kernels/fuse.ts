import type { Floats, Machine, WasmMachine } from './_machine.js';
import type { Rows } from './rows.js';
import { takeSlots } from './slots.js';

/** What several lists say of each row: `width` items with what they are worth, one list after the other. */
export interface Votes {
  readonly rows: number;
  readonly width: number;
  /** `rows * width` item ids; -1 says nothing. An item may stand in a row several times. */
  readonly items: Int32Array;
  /** `rows * width` numbers, finite and not below 0; an item worth 0 is not named. */
  readonly worth: Floats;
}

export interface FuseKernels {
  /**
   * The best items of each row by the sum of what they are worth: sums in float64, put in order as float32, equal ones by lower id. A row with
   * fewer items than `depth` ends in -1.
   * @param catalogue number of items
   * @param mask row r leaves out the items of row `first + r`
   * @param out `rows * depth` item ids
   */
  fuse(votes: Votes, nItems: number, mask: Rows | undefined, first: number, depth: number, out: Int32Array): void;
}

export function fuseReference(_: Machine): FuseKernels {
  return {
    fuse({ rows, width, items, worth }, _catalogue, mask, first, depth, out) {
      for (let r = 0; r < rows; r++) {
        const sums = new Map<number, number>();
        for (let n = r * width; n < (r + 1) * width; n++) {
          const [item, value] = [items[n]!, Math.fround(worth[n]!)];
          if (item >= 0 && value > 0) sums.set(item, (sums.get(item) ?? 0) + value);
        }
        const [from, to] = mask ? [mask.indptr[first + r]!, mask.indptr[first + r + 1]!] : [0, 0];
        for (const item of mask?.indices.subarray(from, to) ?? []) sums.delete(item);
        const best = [...sums].map(([item, sum]) => ({ item, sum: Math.fround(sum) }));
        best.sort((a, b) => b.sum - a.sum || a.item - b.item);
        for (let n = 0; n < depth; n++) out[r * depth + n] = best[n]?.item ?? -1;
      }
    },
  };
}

/** The same number as in assembly/fuse.ts. */
const CLASSES = 2048;

export function fuseWasm(m: WasmMachine): FuseKernels {
  return {
    fuse({ rows, width, items, worth }, nItems, mask, first, depth, out) {
      const masks = mask ? [m.address(mask.indptr), m.address(mask.indices)] : [0, 0];
      const slots = takeSlots(m, 'fuse', nItems * 8 + width * (8 + 8 + 4) + CLASSES * 4);
      const votes = [m.address(items), m.address(worth), width, nItems];
      m.run('fuse', [...votes, ...masks, first, depth, m.address(out), ...slots], rows, 64);
    },
  };
}
