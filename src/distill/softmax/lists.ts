/** The weighted lists that the method `softmax` teaches, in kernel memory. */
import { itemsOf } from '../../data/interactions.js';
import { rankingOf } from '../../data/rankings.js';
import { type Floats, type Rows, takeRows } from '../../kernels/index.js';
import type { DistillContext } from '../_method.js';
import { createFusedLists, type FusedListOptions } from '../curriculum/fused-lists.js';
import type { Selection } from '../curriculum/knowledge.js';

export interface SoftmaxListOptions extends FusedListOptions {
  readonly weights: 'log2' | 'equal';
  readonly lists: 'fused' | 'each';
}

export type WeightedRows = Rows & { readonly weights: Floats };

export interface SoftmaxLists {
  /**
   * The lists of the selected checkpoints: one row per user, ascending ids, without train items. With `each`, a row has the items of all lists,
   * each weight times the weight of its teacher. The caller frees the rows.
   */
  take(selection: Selection): WeightedRows;
  close(): void;
}

/** The weight of rank r (from 0). */
const weightOf = (rank: number, weights: SoftmaxListOptions['weights']): number =>
  weights === 'log2' ? 1 / Math.log2(rank + 2) : 1;

/** @param own train items of each user, in kernel memory */
export function createSoftmaxLists(context: DistillContext, own: Rows, o: SoftmaxListOptions): SoftmaxLists {
  const { kernels: k, teachers, train } = context;
  const width = teachers.length;
  const fused = o.lists === 'fused' && width > 1 ? createFusedLists(context, own, o) : undefined;
  const listsOf = ({ selected }: Selection, user: number): readonly Int32Array[] =>
    fused
      ? [fused.ranked.subarray(user * o.topK, (user + 1) * o.topK)]
      : teachers.map((t, x) => rankingOf(t.checkpoints[selected[user * width + x]!]!.rankings, user));
  const shareOf = (value: number, x: number): number => {
    const { weight } = teachers[x]!;
    return fused || weight === undefined ? value / (fused ? 1 : width) : value * weight;
  };
  return {
    take(selection) {
      fused?.rebuild(selection);
      const indptr = new Int32Array(train.nUsers + 1);
      const [indices, weights]: [number[], number[]] = [[], []];
      const sum = new Map<number, number>();
      for (let user = 0; user < train.nUsers; user++) {
        sum.clear();
        const lists = listsOf(selection, user);
        // Rankings of runs have no own items. Imported ones may.
        const had = new Set(itemsOf(train, user));
        for (const [x, list] of lists.entries()) {
          let rank = 0;
          for (const item of list) {
            if (rank === o.topK || item < 0) break;
            if (had.has(item)) continue;
            sum.set(item, (sum.get(item) ?? 0) + shareOf(weightOf(rank, o.weights), x));
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
    },
    close: () => fused?.close(),
  };
}
