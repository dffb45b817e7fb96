import type { RandomKey } from '../../math/random.js';
import { addressOr0, type Floats, type WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import type { Rows } from '../rows.js';
import { drawSlotBytes, ranksSlotBytes } from './layout.js';

/** How the items of a row are ordered; of equal scores the lower item id comes first. */
export interface RankOrder {
  /** Which item gets rank 1: that with the highest score, or with the lowest. */
  readonly first: 'highest' | 'lowest';
  /** Row r masks the items of row `maskRows[r]`. */
  readonly mask?: Rows;
  readonly maskRows?: Int32Array;
  /** The score with which masked items are ranked; absent: they are left out and get rank 0. */
  readonly maskedScore?: number;
}

/**
 * How likely an item is to be drawn, by its ranks a and b in two orders: in proportion to `weights[offset + first * a + second * b]`.
 * An item of rank 0 is not drawn.
 */
export interface RankRule {
  /** Finite and not below 0; rounded to float32. Their sum over all items has to be finite in float64. */
  readonly weights: Floats;
  readonly offset: number;
  readonly first: -1 | 0 | 1;
  readonly second: -1 | 0 | 1;
}

/** How many items are drawn for each row, and where they are written: `repeat * stride + starts[r]` and the `counts[r] - 1` places after it. */
export interface DrawPlan {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly repeats: number;
  readonly stride: number;
  readonly key: RandomKey;
  /** A draw is determined by the counter (epoch, place). */
  readonly epoch: number;
}

export interface RankKernels {
  /**
   * out[r * nItems + i] = rank of item i in row r, from 1.
   * @param scores `rows * nItems` numbers, row by row, none of them NaN
   */
  ranks(scores: Floats, rows: number, nItems: number, order: RankOrder, out: Int32Array): void;
  /**
   * Draws items with replacement, exactly in proportion to their weights; -1 where no item of the row has a weight.
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
        scores: m.address(scores),
        nItems,
        maskRows: mask ? m.address(maskRows!) : 0,
        indptr: addressOr0(m, mask?.indptr),
        indices: addressOr0(m, mask?.indices),
        replaced: maskedScore === undefined ? 0 : 1,
        value: maskedScore ?? 0,
        ascending: first === 'lowest' ? 1 : 0,
        out: m.address(out),
        ...takeSlots(m, 'ranks', ranksSlotBytes(nItems)),
      };
      m.run('ranks', args, rows, 4);
    },
    drawByRanks(a, b, rows, nItems, rule, { starts, counts, repeats, stride, key, epoch }, out) {
      const args = {
        a: m.address(a),
        b: m.address(b),
        nItems,
        table: m.address(rule.weights),
        ...{ offset: rule.offset, first: rule.first, second: rule.second },
        starts: m.address(starts),
        counts: m.address(counts),
        ...{ repeats, stride, ...key, epoch },
        out: m.address(out),
        ...takeSlots(m, 'drawByRanks', drawSlotBytes(nItems)),
      };
      m.run('drawByRanks', args, rows, 4);
    },
  };
}
