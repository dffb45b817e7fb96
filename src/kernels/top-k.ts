import type { Floats, Machine, WasmMachine } from './_machine.js';
import type { Rows } from './rows.js';
import { takeSlots } from './slots.js';

/** An item table in the layout that topKDot reads; made by packItems. */
export interface PackedItems {
  readonly nItems: number;
  readonly dim: number;
  /** The layout is the machine's own business. */
  readonly panels: Floats;
  /** Gives the memory back; the table cannot be used after it. */
  free(): void;
}

/**
 * The best items of each row, exact: higher scores first, equal scores by lower item id. NaN is never ranked, and neither
 * are the items that the row has in `mask`. Row r of `out` is `out[r * depth .. (r + 1) * depth)`; where fewer items can be
 * ranked it ends in -1, and the same row of `outScores` in -Infinity.
 */
export interface TopKKernels {
  /**
   * @param scores `rows * items` numbers, row by row; not changed
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
   * The same for scores that are inner products, score(r, i) = <u[users[r]], q[i]>, which are never stored.
   * @param u rows of `dim` numbers, `dim` at least 1
   * @param q `items` rows of `dim` numbers, or the same packed once for many calls
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
  packItems(q: Floats, dim: number, nItems: number): PackedItems;
}

export function topKReference(m: Machine): TopKKernels {
  /** One row: `scores` of all items, the ids in `masked` left out. */
  const best = (scores: Floats, masked: Int32Array, depth: number, out: Int32Array, outScores?: Floats) => {
    const left = new Set(masked);
    const ids = Array.from(scores.keys()).filter((i) => !left.has(i) && !Number.isNaN(scores[i]!));
    ids.sort((a, b) => (scores[b]! > scores[a]! ? 1 : scores[b]! < scores[a]! ? -1 : a - b));
    for (let k = 0; k < depth; k++) {
      out[k] = ids[k] ?? -1;
      if (outScores) outScores[k] = k < ids.length ? scores[ids[k]!]! : Number.NEGATIVE_INFINITY;
    }
  };
  const none = new Int32Array(0);
  const maskedIn = (mask: Rows | undefined, row: number) =>
    mask ? mask.indices.subarray(mask.indptr[row]!, mask.indptr[row + 1]!) : none;
  return {
    topK(scores, rows, nItems, mask, maskRows, depth, out, outScores) {
      for (let r = 0; r < rows; r++) {
        const row = scores.subarray(r * nItems, (r + 1) * nItems);
        const [from, to] = [r * depth, (r + 1) * depth];
        best(row, maskedIn(mask, maskRows[r]!), depth, out.subarray(from, to), outScores?.subarray(from, to));
      }
    },
    topKDot(u, q, dim, users, nItems, mask, depth, out, outScores) {
      const table = 'panels' in q ? q.panels : q;
      const scores = m.precision === 'f64' ? new Float64Array(nItems) : new Float32Array(nItems);
      for (let r = 0; r < users.length; r++) {
        for (let i = 0; i < nItems; i++) {
          let sum = 0;
          for (let d = 0; d < dim; d++) sum += u[users[r]! * dim + d]! * table[i * dim + d]!;
          scores[i] = sum;
        }
        const [from, to] = [r * depth, (r + 1) * depth];
        best(scores, maskedIn(mask, users[r]!), depth, out.subarray(from, to), outScores?.subarray(from, to));
      }
    },
    packItems(q, dim, nItems) {
      const panels = m.floats(nItems * dim);
      panels.set(q.subarray(0, nItems * dim));
      return { nItems, dim, panels, free: () => m.free(panels) };
    },
  };
}

/** Items in a block; the same number as in assembly/select.ts. */
const BLOCK = 64;
/** Items scored before the best of them are picked: a row of scores is then at most 128 KB. */
const TILE = 32_768;
/** Users scored against one block of items while it is in the first-level cache; their rows of scores fill 1 MB. */
const GROUP = 8;

const lines = (bytes: number): number => Math.ceil(bytes / 64) * 64;

export function topKWasm(m: WasmMachine): TopKKernels {
  const pack = (q: Floats, dim: number, nItems: number, panels: number) => {
    m.run('packItems', [m.address(q), dim, nItems, panels], Math.ceil(nItems / BLOCK), 16);
  };
  const panelNumbers = (dim: number, nItems: number) => Math.ceil(nItems / BLOCK) * BLOCK * dim;
  /** The arguments `tile, capacity, flags, slots, memory, slotBytes`. */
  const space = (group: number, dim: number, nItems: number, depth: number): readonly number[] => {
    const tile = Math.min(TILE, Math.max(BLOCK, Math.ceil(nItems / BLOCK) * BLOCK));
    const capacity = 2 * Math.min(depth, nItems) + 4 * BLOCK;
    const perUser = capacity * 8 + tile * 4 + tile / 4;
    const bytes = group * perUser + lines(capacity * 8) + lines(group * 8) + lines(group * dim * 4);
    return [tile, capacity, ...takeSlots(m, 'topK', bytes)];
  };
  const addresses = (mask: Rows | undefined) => (mask ? [m.address(mask.indptr), m.address(mask.indices)] : [0, 0]);
  return {
    topK(scores, rows, nItems, mask, maskRows, depth, out, outScores) {
      const results = [depth, m.address(out), outScores ? m.address(outScores) : 0];
      const masks = [mask ? m.address(maskRows) : 0, ...addresses(mask)];
      m.run('topK', [m.address(scores), nItems, ...masks, ...results, ...space(1, 0, nItems, depth)], rows, 8);
    },
    topKDot(u, q, dim, users, nItems, mask, depth, out, outScores) {
      let panels: number;
      if ('panels' in q) panels = m.address(q.panels);
      else {
        panels = m.workspace('topK.panels', panelNumbers(dim, nItems) * 4);
        pack(q, dim, nItems, panels);
      }
      const group = Math.min(GROUP, users.length);
      const results = [depth, m.address(out), outScores ? m.address(outScores) : 0];
      const args = [m.address(u), panels, dim, m.address(users), nItems, ...addresses(mask), ...results];
      m.run('topKDot', [...args, group, ...space(group, dim, nItems, depth)], users.length, group);
    },
    packItems(q, dim, nItems) {
      const panels = m.floats(panelNumbers(dim, nItems));
      pack(q, dim, nItems, m.address(panels));
      return { nItems, dim, panels, free: () => m.free(panels) };
    },
  };
}
