import type { RandomKey } from '../../math/random.js';
import type { Floats, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import type { Rows } from '../rows.js';
import { drawSlotBytes, ranksSlotBytes } from './layout.js';

/** Order of the items of a row. Ties by lower item id. */
export interface RankOrder {
  /** Which item gets rank 1: the one with the highest or with the lowest score. */
  readonly first: 'highest' | 'lowest';
  /** Row r masks the items of row `maskRows[r]`. */
  readonly mask?: Rows;
  readonly maskRows?: Int32Array;
  /** Score with which masked items are ranked. Absent: they are excluded and get rank 0. */
  readonly maskedScore?: number;
}

/**
 * Sampling weights by an item's ranks a and b in two orders: `weights[offset + first * a + second * b]`.
 * Items of rank 0 are not sampled.
 */
export interface RankRule {
  /** Finite and not below 0; rounded to float32. Their sum over all items has to be finite in float64. */
  readonly weights: Floats;
  readonly offset: number;
  readonly first: -1 | 0 | 1;
  readonly second: -1 | 0 | 1;
}

/** Number of samples per row and where they are written: from `repeat * stride + starts[r]` on, `counts[r]` entries. */
export interface DrawPlan {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly repeats: number;
  readonly stride: number;
  readonly key: RandomKey;
  /** A sample depends on the counter (epoch, position). */
  readonly epoch: number;
}

export interface RankKernels {
  /**
   * out[r * nItems + i] = rank of item i in row r, from 1.
   * @param scores `rows * nItems` values, row by row, none of them NaN
   */
  ranks(scores: Floats, rows: number, nItems: number, order: RankOrder, out: Int32Array): void;
  /**
   * Samples items with replacement, exactly in proportion to their weights; -1 if no item of the row has a weight.
   * @param a,b `rows * nItems` ranks each, 0 for the same items
   */
  drawByRanks(
    a: Int32Array,
    b: Int32Array,
    rows: number,
    nItems: number,
    rule: RankRule,
    plan: DrawPlan,
    out: Int32Array,
  ): void;
}

export function ranksWasm(m: WasmMachine): RankKernels {
  return {
    ranks(scores, rows, nItems, { first, mask, maskRows, maskedScore }, out) {
      const args = {
        scores,
        ...{ nItems, maskRows: mask && maskRows, indptr: mask?.indptr, indices: mask?.indices },
        replaced: maskedScore === undefined ? 0 : 1,
        value: maskedScore ?? 0,
        ascending: first === 'lowest' ? 1 : 0,
        out,
        ...takeSlots(m, 'ranks', ranksSlotBytes(nItems)),
      };
      m.run('ranks', args, rows, 4);
    },
    drawByRanks(a, b, rows, nItems, rule, { starts, counts, repeats, stride, key, epoch }, out) {
      const args = {
        a,
        ...{ b, nItems, table: rule.weights, offset: rule.offset, first: rule.first, second: rule.second },
        ...{ starts, counts, repeats, stride, ...key, epoch, out },
        ...takeSlots(m, 'drawByRanks', drawSlotBytes(nItems)),
      };
      m.run('drawByRanks', args, rows, 4);
    },
  };
}
