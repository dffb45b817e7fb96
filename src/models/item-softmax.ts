/**
 * The softmax loss of models that are trained directly: cross-entropy of the scores over the items with a user's targets, over all items or,
 * for large catalogues, over a sample.
 */
import type { Kernels } from '../kernels/index.js';
import { stream } from '../math/random.js';
import type { Factors } from './_model.js';
import { createItemSample, type ItemSoftmaxInput } from './item-sample.js';

/** Up to this number of items, all are in the sum. */
const ALL_ITEMS = 200_000;
/** Above it, this number of items besides the targets. */
const SAMPLES = 20_000;

/** Exponentials of a block of users, in bytes (strips/strips.ts): this, or 32 users with all items. */
const BLOCK_BYTES = 4 * 2 ** 20;

/** Number of items in the sum besides the targets. */
const drawnOf = (nItems: number, samples: number | undefined): number =>
  samples ?? (nItems > ALL_ITEMS ? SAMPLES : nItems);

/** Kernel memory in bytes of the loss on rows of `dim` values. */
export function itemSoftmaxBytes(nItems: number, dim: number, samples: number | undefined): number {
  const items = Math.min(nItems, 2 * drawnOf(nItems, samples));
  const tables = items * (dim + 1) * 4 * (items < nItems ? 4 : 2);
  return tables + Math.max(BLOCK_BYTES, 32 * items * 4);
}

export interface ItemSoftmax {
  /**
   * Adds the gradient of the sum over users and targets j of w_j * (log sum over items i that are not excluded of e^s_i - s_j) to the gradients
   * of `f`, and returns this loss.
   * @param mark receives the items whose gradient changed; undefined: any
   */
  accumulate(f: Factors, input: ItemSoftmaxInput, mark: (items?: Int32Array) => void): number;
  close(): void;
}

/**
 * @param most maximum number of users per batch
 * @param samples items besides the targets that are in the sum; default: all, or 20,000 of a catalogue above 200,000 items
 */
export function createItemSoftmax(
  k: Kernels,
  nItems: number,
  most: number,
  samples: number | undefined,
  seed: number,
): ItemSoftmax {
  const drawn = drawnOf(nItems, samples);
  const losses = k.floats(most);
  const sampler = drawn < nItems ? createItemSample(k, nItems, drawn, stream(seed, 'softmax items')) : undefined;
  const step = (f: Factors, { users, targets, excluded }: Omit<ItemSoftmaxInput, 'epoch' | 'index'>, items: number) => {
    const { userFactors: userVectors, itemFactors: itemVectors, userGradient, itemGradient, dim } = f;
    k.softmax({
      ...{ users, userVectors, itemVectors, userGradient, itemGradient, dim, nItems: items, losses },
      ...{ own: excluded, listed: targets, temperature: 1, ownWeight: 0, scale: 1 },
    });
    let loss = 0;
    for (let r = 0; r < users.length; r++) loss += losses[r]!;
    return loss;
  };
  return {
    accumulate(f, input, mark) {
      if (sampler) return sampler.accumulate(f, input, mark, step);
      mark();
      return step(f, input, nItems);
    },
    close() {
      sampler?.close();
      k.free(losses);
    },
  };
}
