/** The weighted lists that the method `softmax` teaches, in kernel memory. */
import { itemsOf } from '../../data/interactions.js';
import { rankingOf } from '../../data/rankings.js';
import { type Floats, type Kernels, type Rows, takeRows } from '../../kernels/index.js';
import type { DistillContext } from '../_method.js';
import { fuseRankings, type ImportanceOptions } from '../ensemble/index.js';

export interface SoftmaxListOptions extends ImportanceOptions {
  readonly topK: number;
  readonly weights: 'log2' | 'equal';
  readonly lists: 'fused' | 'each';
}

export type WeightedRows = Rows & { readonly weights: Floats };

/** The weight of rank r (from 0). */
const weightOf = (rank: number, weights: SoftmaxListOptions['weights']): number =>
  weights === 'log2' ? 1 / Math.log2(rank + 2) : 1;

/** One row per user, ascending ids. With `each`, a row has the items of all lists, each weight divided by the number of teachers. */
export function softmaxLists(k: Kernels, context: DistillContext, o: SoftmaxListOptions): WeightedRows {
  const { teachers, train } = context;
  const last = teachers.map((t) => t.checkpoints.at(-1)!.rankings);
  const lists = o.lists === 'fused' && last.length > 1 ? [fuseRankings(last, o, o.topK, { mask: train })] : last;
  const indptr = new Int32Array(train.nUsers + 1);
  const [indices, weights]: [number[], number[]] = [[], []];
  const sum = new Map<number, number>();
  for (let user = 0; user < train.nUsers; user++) {
    sum.clear();
    // Rankings of runs have no own items. Imported ones may.
    const own = new Set(itemsOf(train, user));
    for (const rankings of lists) {
      let rank = 0;
      for (const item of rankingOf(rankings, user)) {
        if (rank === o.topK) break;
        if (own.has(item)) continue;
        sum.set(item, (sum.get(item) ?? 0) + weightOf(rank, o.weights) / lists.length);
        rank += 1;
      }
    }
    for (const [item, weight] of [...sum].sort(([a], [b]) => a - b)) {
      indices.push(item);
      weights.push(weight);
    }
    indptr[user + 1] = indices.length;
  }
  const rows = takeRows(k, { columns: train.nItems, indptr, indices: Int32Array.from(indices) }, weights);
  return { ...rows, weights: rows.weights! };
}
