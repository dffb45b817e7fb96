/** Weight decay on the rows of a batch, as in much published BPR code. */
import type { Kernels } from '../kernels/index.js';
import type { Batch, Parameter } from '../models/_model.js';
import { markBatch } from '../models/factors.js';

export interface BatchDecay {
  /** Adds `l2 * row` to the gradient of each row of a user or item, once per occurrence in the batch. */
  add(batch: Batch): void;
  close(): void;
}

/** @param entries maximum number of users or items (negatives included) in a batch */
export function batchDecay(k: Kernels, parameters: readonly Parameter[], l2: number, entries: number): BatchDecay {
  const weights = k.floats(entries);
  weights.fill(l2);
  return {
    add(batch) {
      if (batch.kind !== 'pairs') throw new TypeError('decay of a batch works on batches of pairs');
      const drawn = batch.size * batch.perPositive;
      for (const { values, gradient, shape, rows } of parameters) {
        const pull = (ids: Int32Array, n: number) => k.accumulate(gradient, ids, values, ids, weights, shape[1]!, n);
        if (rows === 'users') pull(batch.users, batch.size);
        if (rows === 'items') pull(batch.positives, batch.size);
        if (rows === 'items') pull(batch.negatives, drawn);
      }
      markBatch(parameters, batch);
    },
    close: () => k.free(weights),
  };
}
