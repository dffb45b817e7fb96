import type { Floats, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import type { Rows } from '../rows.js';
import { scoreStrips, usesProduct } from './by-product.js';
import { BLOCK, slotBytes } from './layout.js';

/** An item table in the layout that topKDot reads; made by packItems. */
export interface PackedItems {
  readonly nItems: number;
  readonly dim: number;
  /** The layout depends on the machine and on `usersAtOnce`. */
  readonly panels: Floats;
  /** The number of users of a call for which it was packed. */
  readonly usersAtOnce: number;
  /** Frees the memory. The table cannot be used afterwards. */
  free(): void;
}

/**
 * The exact best items of each row: higher scores first, ties by lower item id. NaN is never ranked, nor are items that the row has in
 * `mask`. Row r of `out` is `out[r * depth .. (r + 1) * depth)`. If fewer items can be ranked, it ends in -1, and the same row of
 * `outScores` in -Infinity.
 */
export interface TopKKernels {
  /**
   * @param scores `rows * nItems` values, row by row; not changed
   * @param maskRows row r leaves out the items of row `maskRows[r]` of `mask`
   */
  topK(
    scores: Floats,
    rows: number,
    nItems: number,
    mask: Rows | undefined,
    maskRows: Int32Array,
    depth: number,
    out: Int32Array,
    outScores?: Floats,
  ): void;
  /**
   * The same for inner products, score(r, i) = <u[users[r]], q[i]>, which are never stored.
   * @param u rows of `dim` values, `dim` at least 1
   * @param q `nItems` rows of `dim` values, or the same packed once for many calls
   * @param users row of `u`, and of `mask`, for each row of `out`
   */
  topKDot(
    u: Floats,
    q: Floats | PackedItems,
    dim: number,
    users: Int32Array,
    nItems: number,
    mask: Rows | undefined,
    depth: number,
    out: Int32Array,
    outScores?: Floats,
  ): void;
  /** @param usersAtOnce users of each call that uses it; only the time and, with `blas`, the last bits depend on it. Default: many */
  packItems(q: Floats, dim: number, nItems: number, usersAtOnce?: number): PackedItems;
}

/** Items scored before the best of them are selected. A row of scores takes at most 128 KB. */
const TILE = 32_768;
/** Users scored with one block of items in the L1 cache. Their rows of scores take 1 MB. */
const GROUP = 8;
const MANY = Number.POSITIVE_INFINITY;

export function topKWasm(m: WasmMachine): TopKKernels {
  const pack = (q: Floats, dim: number, nItems: number, panels: number | Floats) => {
    m.run('packItems', { q, dim, nItems, panels }, Math.ceil(nItems / BLOCK), 16);
  };
  const panelNumbers = (dim: number, nItems: number) => Math.ceil(nItems / BLOCK) * BLOCK * dim;
  const space = (group: number, dim: number, nItems: number, depth: number) => {
    const tile = Math.min(TILE, Math.max(BLOCK, Math.ceil(nItems / BLOCK) * BLOCK));
    const capacity = 2 * Math.min(depth, nItems) + 4 * BLOCK;
    return { tile, capacity, ...takeSlots(m, 'topK', slotBytes(group, capacity, dim, tile)) };
  };
  const topK: TopKKernels['topK'] = (scores, rows, nItems, mask, maskRows, depth, out, outScores) => {
    const args = {
      source: scores,
      ...{ nItems, maskRows: mask && maskRows, indptr: mask?.indptr, indices: mask?.indices },
      ...{ depth, out, outScores },
      ...space(1, 0, nItems, depth),
    };
    m.run('topK', args, rows, 8);
  };
  return {
    topK,
    topKDot(u, q, dim, users, nItems, mask, depth, out, outScores) {
      if (usesProduct(m, dim, 'panels' in q ? q.usersAtOnce : MANY)) {
        scoreStrips(m, u, 'panels' in q ? q.panels : q, dim, users, nItems, ({ scores, users: some, start }) => {
          const from = start * depth;
          topK(scores, some.length, nItems, mask, some, depth, out.subarray(from), outScores?.subarray(from));
        });
        return;
      }
      let panels: number | Floats;
      if ('panels' in q) panels = q.panels;
      else {
        panels = m.workspace('topK.panels', panelNumbers(dim, nItems) * 4);
        pack(q, dim, nItems, panels);
      }
      const group = Math.min(GROUP, users.length);
      const args = {
        u,
        ...{ panels, dim, users, nItems, indptr: mask?.indptr, indices: mask?.indices },
        ...{ depth, out, outScores, group },
        ...space(group, dim, nItems, depth),
      };
      m.run('topKDot', args, users.length, group);
    },
    packItems(q, dim, nItems, usersAtOnce = MANY) {
      const copy = usesProduct(m, dim, usersAtOnce);
      const panels = m.floats(copy ? nItems * dim : panelNumbers(dim, nItems));
      if (copy) panels.set(q.subarray(0, nItems * dim));
      else pack(q, dim, nItems, panels);
      return { nItems, dim, panels, usersAtOnce, free: () => m.free(panels) };
    },
  };
}
