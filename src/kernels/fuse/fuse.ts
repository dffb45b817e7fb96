import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import type { Rows } from '../rows.js';
import { slotBytes } from './layout.js';

/** Several lists of weighted items per row: `width` entries, one list after the other. */
export interface WeightedLists {
  readonly rows: number;
  readonly width: number;
  /** `rows * width` item ids; -1 for no item. An item may occur several times in a row. */
  readonly items: Int32Array;
  /** `rows * width` values, finite and at least 0. An item of weight 0 is left out. */
  readonly weights: Floats;
}

export interface FuseKernels {
  /**
   * The best items of each row by the sum of their weights. Sums are computed in float64 and compared as float32; ties by lower id. A row
   * with fewer items than `depth` ends in -1.
   * @param mask row r leaves out the items of row `first + r`
   * @param out `rows * depth` item ids
   */
  fuse(
    lists: WeightedLists,
    nItems: number,
    mask: Rows | undefined,
    first: number,
    depth: number,
    out: Int32Array,
  ): void;
}

export function fuseReference(_: Machine): FuseKernels {
  return {
    fuse({ rows, width, items, weights }, _nItems, mask, first, depth, out) {
      for (let r = 0; r < rows; r++) {
        const sums = new Map<number, number>();
        for (let n = r * width; n < (r + 1) * width; n++) {
          const [item, weight] = [items[n]!, Math.fround(weights[n]!)];
          if (item >= 0 && weight > 0) sums.set(item, (sums.get(item) ?? 0) + weight);
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

export function fuseWasm(m: WasmMachine): FuseKernels {
  return {
    fuse({ rows, width, items, weights }, nItems, mask, first, depth, out) {
      const args = {
        items,
        ...{ weights, width, nItems, indptr: mask?.indptr, indices: mask?.indices, first, depth, out },
        ...takeSlots(m, 'fuse', slotBytes(nItems, width)),
      };
      m.run('fuse', args, rows, 64);
    },
  };
}
