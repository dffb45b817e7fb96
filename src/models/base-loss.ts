/** The base loss of models with user and item tables: BPR on pairs, or a softmax over all items with a user's train items as targets. */
import { freeRows, takeRows } from '../kernels/index.js';
import type { Batch, Factors, ModelContext } from './_model.js';
import { bprStep } from './factors.js';
import { createItemSoftmax, itemSoftmaxBytes } from './item-softmax.js';

export interface BaseLoss {
  readonly batches: 'pairs' | 'rows';
  /**
   * Adds the gradient of the summed loss of a batch to the gradients of the factors, and returns the loss.
   * @param mark receives the items whose gradient the softmax changed; undefined: any. BPR changes those of the batch only.
   */
  accumulate(f: Factors, batch: Batch, mark: (items?: Int32Array) => void): number;
  close(): void;
}

export interface BaseLossOptions {
  readonly loss: 'bpr' | 'softmax';
  readonly samples?: number | undefined;
  readonly batchSize: number;
  readonly negatives: number;
}

/** Kernel memory in bytes of the loss. */
export const baseLossBytes = (
  { nItems, interactions }: { readonly nItems: number; readonly interactions: number },
  o: BaseLossOptions & { readonly dim: number },
): number =>
  o.loss === 'bpr' ? o.batchSize * o.negatives * 64 : itemSoftmaxBytes(nItems, o.dim, o.samples) + interactions * 8;

/** With weights of interactions, a target of the softmax counts as its weight relative to the mean weight. */
export function createBaseLoss({ kernels: k, train, seed }: ModelContext, o: BaseLossOptions): BaseLoss {
  if (o.loss === 'bpr') {
    const step = bprStep(k, o.batchSize * o.negatives);
    return { batches: 'pairs', accumulate: step.accumulate, close: step.close };
  }
  const { nUsers, nItems, indptr, indices } = train;
  const softmax = createItemSoftmax(k, nItems, Math.min(o.batchSize, nUsers), o.samples, seed);
  const targets = takeRows(k, { columns: nItems, indptr, indices }, relativeWeights(train));
  const nothing = { columns: nItems, indptr: new Int32Array(nUsers + 1), indices: new Int32Array(0) };
  const excluded = takeRows(k, nothing);
  return {
    batches: 'rows',
    accumulate(f, batch, mark) {
      if (batch.kind !== 'rows') throw new TypeError('the softmax loss works on batches of users');
      const { epoch, index } = batch;
      return softmax.accumulate(
        f,
        { users: batch.users.subarray(0, batch.size), targets, excluded, epoch, index },
        mark,
      );
    },
    close() {
      softmax.close();
      freeRows(k, targets);
      freeRows(k, excluded);
    },
  };
}

/** Weights of interactions divided by their mean; ones without. */
export function relativeWeights({ indices, weights }: ModelContext['train']): Float64Array {
  const mean = weights ? weights.reduce((sum, w) => sum + w, 0) / indices.length : 1;
  return Float64Array.from(indices, (_, at) => (weights ? weights[at]! / mean : 1));
}
