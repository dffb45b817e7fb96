/** The BPR loss of a model of histories: the vector of a user comes from the kept items of the epoch without the positive item of the pair. */
import type { Kernels } from '../kernels/index.js';
import { historyFactor } from '../student/history.js';
import type { Batch, Parameter } from './_model.js';
import { bprStep } from './factors.js';
import {
  backHistories,
  freeHistories,
  type HistoryOptions,
  sumHistories,
  takeHistories,
  writeRow,
} from './history-rows.js';
import type { HistorySplit } from './history-split.js';

export interface HistoryBpr {
  /** Adds the gradient of the summed loss of a batch of pairs to both tables, and returns the loss. */
  accumulate(batch: Batch): number;
  close(): void;
}

/** @param items rows of `o.width` values; the last is the bias, if they are longer than those of `inputs` */
export function createHistoryBpr(
  k: Kernels,
  split: HistorySplit,
  inputs: Parameter,
  items: Parameter,
  o: HistoryOptions & { readonly batchSize: number; readonly negatives: number },
): HistoryBpr {
  const dim = inputs.shape[1]!;
  const step = bprStep(k, o.batchSize * o.negatives);
  const placeOf = new Int32Array(split.whole.rows);
  return {
    accumulate(batch) {
      if (batch.kind !== 'pairs') throw new TypeError('BPR works on batches of pairs');
      const n = batch.size;
      const users = batch.users.subarray(0, n);
      const distinct = Int32Array.from(new Set(users));
      distinct.forEach((user, at) => {
        placeOf[user] = at;
      });
      const histories = takeHistories(k, split.at(batch.epoch).kept, distinct);
      const sums = sumHistories(k, histories, inputs.values, dim);
      // The input vectors of positives that are in the history are subtracted.
      const own = new Uint8Array(n);
      const factors = new Float64Array(n);
      const [vectors, gradient, rest] = [k.floats(n * o.width), k.floats(n * o.width), k.floats(dim)];
      for (let b = 0; b < n; b++) {
        const [place, positive] = [placeOf[users[b]!]!, batch.positives[b]!];
        const history = histories.indices.subarray(histories.indptr[place]!, histories.indptr[place + 1]!);
        own[b] = holds(history, positive) ? 1 : 0;
        factors[b] = historyFactor(history.length - own[b]!, o.exponent);
        for (let d = 0; d < dim; d++)
          rest[d] = sums[place * dim + d]! - (own[b] === 1 ? inputs.values[positive * dim + d]! : 0);
        writeRow(vectors, b * o.width, rest, 0, factors[b]!, dim, o.width);
      }
      const tables = { itemFactors: items.values, itemGradient: items.gradient, dim: o.width };
      const ofPairs = { ...batch, users: Int32Array.from({ length: n }, (_, b) => b) };
      const loss = step.accumulate({ ...tables, userFactors: vectors, userGradient: gradient }, ofPairs);
      sums.fill(0);
      for (let b = 0; b < n; b++) {
        const [place, positive] = [placeOf[users[b]!]!, batch.positives[b]!];
        for (let d = 0; d < dim; d++) {
          const g = factors[b]! * gradient[b * o.width + d]!;
          sums[place * dim + d]! += g;
          if (own[b] === 1) inputs.gradient[positive * dim + d]! -= g;
        }
      }
      backHistories(k, histories, inputs, sums, o.inputL2);
      items.touched?.mark(batch.positives.subarray(0, n));
      items.touched?.mark(batch.negatives.subarray(0, n * batch.perPositive));
      freeHistories(k, histories);
      k.free(sums, vectors, gradient, rest);
      return loss;
    },
    close: step.close,
  };
}

/** Whether an item is among ascending ones. */
function holds(items: Int32Array, item: number): boolean {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle]! < item) low = middle + 1;
    else high = middle;
  }
  return items[low] === item;
}
