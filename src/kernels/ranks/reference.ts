import { uniform } from '../../math/random.js';
import type { Machine } from '../machine/machine.js';
import { BLOCK } from './layout.js';
import type { RankKernels } from './ranks.js';

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

/** The item whose interval of the summed weights contains `x`. @param sums up to the last block with a weight, as rounding may make x equal to the total */
function find(x: number, sums: Float64Array, weights: Float64Array): number {
  const block = sums.findIndex((sum, at) => sum > x || at === sums.length - 1);
  let rest = block === 0 ? x : x - sums[block - 1]!;
  // For the same reason, a small part of x may remain at the end of the block. Then it is the last item with a weight.
  let item = -1;
  for (let i = block * BLOCK; i < Math.min(weights.length, (block + 1) * BLOCK); i++) {
    if (weights[i] === 0) continue;
    item = i;
    rest -= weights[i]!;
    if (rest < 0) break;
  }
  return item;
}
