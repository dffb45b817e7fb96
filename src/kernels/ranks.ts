import { type RandomKey, uniform } from '../math/random.js';
import type { Floats, Machine, WasmMachine } from './_machine.js';
import type { Rows } from './rows.js';
import { takeSlots } from './slots.js';

/** How the items of a row are put in order; of equal scores the lower item id comes first. */
export interface RankOrder {
  /** Who gets rank 1: the item with the highest score, or with the lowest. */
  readonly first: 'highest' | 'lowest';
  /** Row r masks the items of row `maskRows[r]`. */
  readonly mask?: Rows;
  readonly maskRows?: Int32Array;
  /** The score with which masked items take part; absent: they are left out and get rank 0. */
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

/** How many items are drawn for each row, and where they go: to the places `repeat * stride + starts[r]` and the `counts[r] - 1` after it. */
export interface DrawPlan {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly repeats: number;
  readonly stride: number;
  readonly key: RandomKey;
  /** A draw follows from the counter (epoch, place). */
  readonly epoch: number;
}

export interface RankKernels {
  /**
   * out[r * items + i] = rank of item i in row r, from 1.
   * @param scores `rows * items` numbers, row by row, none of them NaN
   */
  ranks(scores: Floats, rows: number, nItems: number, order: RankOrder, out: Int32Array): void;
  /**
   * Draws items with replacement, exactly in proportion to their weights; -1 where no item of the row has any.
   * @param a,b `rows * items` ranks each, 0 for the same items
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

/** Items whose weights are summed together; the same number as in assembly/ranks.ts, as it decides on the rounding. */
const BLOCK = 32;

export function ranksReference(_: Machine): RankKernels {
  return {
    ranks(scores, rows, nItems, { first, mask, maskRows, maskedScore }, out) {
      for (let r = 0; r < rows; r++) {
        const row = scores.slice(r * nItems, (r + 1) * nItems);
        const user = maskRows?.[r] ?? 0;
        const masked = new Set(mask?.indices.subarray(mask.indptr[user]!, mask.indptr[user + 1]!));
        for (const item of masked) row[item] = maskedScore ?? 0;
        const ids = Array.from(row.keys()).filter((i) => maskedScore !== undefined || !masked.has(i));
        const sign = first === 'highest' ? 1 : -1;
        ids.sort((i, j) => (row[i] === row[j] ? i - j : row[i]! > row[j]! ? -sign : sign));
        out.fill(0, r * nItems, (r + 1) * nItems);
        ids.forEach((id, place) => {
          out[r * nItems + id] = place + 1;
        });
      }
    },
    drawByRanks(a, b, rows, nItems, rule, { starts, counts, repeats, stride, key, epoch }, out) {
      const sums = new Float64Array(Math.ceil(nItems / BLOCK));
      const weights = new Float64Array(nItems);
      for (let r = 0; r < rows; r++) {
        let [total, last] = [0, -1];
        for (let block = 0; block < sums.length; block++) {
          let sum = 0;
          for (let i = block * BLOCK; i < Math.min(nItems, (block + 1) * BLOCK); i++) {
            const [mine, other] = [a[r * nItems + i]!, b[r * nItems + i]!];
            const at = rule.offset + rule.first * mine + rule.second * other;
            weights[i] = mine === 0 ? 0 : Math.fround(rule.weights[at]!);
            sum += weights[i]!;
          }
          if (sum > 0) last = block;
          total += sum;
          sums[block] = total;
        }
        for (let repeat = 0; repeat < repeats; repeat++) {
          for (let n = 0; n < counts[r]!; n++) {
            const place = repeat * stride + starts[r]! + n;
            out[place] = last < 0 ? -1 : find(uniform(key, epoch, place) * total, sums.subarray(0, last + 1), weights);
          }
        }
      }
    },
  };
}

/** The item in whose share of the total `x` lies. @param sums up to the last block with a weight: rounding may make x the total itself */
function find(x: number, sums: Float64Array, weights: Float64Array): number {
  const block = sums.findIndex((sum, at) => sum > x || at === sums.length - 1);
  let rest = block === 0 ? x : x - sums[block - 1]!;
  // For the same reason a little of x may be left at the end of the block: then it is the last item that has a weight.
  let item = -1;
  for (let i = block * BLOCK; i < Math.min(weights.length, (block + 1) * BLOCK); i++) {
    if (weights[i] === 0) continue;
    item = i;
    rest -= weights[i]!;
    if (rest < 0) break;
  }
  return item;
}

export function ranksWasm(m: WasmMachine): RankKernels {
  return {
    ranks(scores, rows, nItems, { first, mask, maskRows, maskedScore }, out) {
      const masked = mask ? [m.address(maskRows!), m.address(mask.indptr), m.address(mask.indices)] : [0, 0, 0];
      const how = [maskedScore === undefined ? 0 : 1, maskedScore ?? 0, first === 'lowest' ? 1 : 0];
      const slots = takeSlots(m, 'ranks', 2 * nItems * 8 + 3 * 2048 * 4);
      m.run('ranks', [m.address(scores), nItems, ...masked, ...how, m.address(out), ...slots], rows, 4);
    },
    drawByRanks(a, b, rows, nItems, rule, plan, out) {
      const { starts, counts, repeats, stride, key, epoch } = plan;
      const how = [m.address(rule.weights), rule.offset, rule.first, rule.second];
      const where = [m.address(starts), m.address(counts), repeats, stride, key.k0, key.k1, epoch, m.address(out)];
      const slots = takeSlots(m, 'drawByRanks', Math.ceil(nItems / BLOCK) * 8 + nItems * 4);
      m.run('drawByRanks', [m.address(a), m.address(b), nItems, ...how, ...where, ...slots], rows, 4);
    },
  };
}
