/** The contract of a negative sampler. One file and one line in `index.ts` add one. */

import type { Interactions } from '../data/interactions.js';
import type { Kernels, Rows } from '../kernels/index.js';
import type { RandomKey } from '../math/random.js';
import type { Unit } from '../options/registry.js';

export interface Sampler {
  /**
   * Samples one negative item per user: `out[k]` is an item that `users[k]` does not have in train and that is not
   * avoided. The sample depends only on `key`, `epoch` and the counter `first + k`. For a user who has every item, it can
   * be any item.
   */
  draw(out: Int32Array, users: Int32Array, key: RandomKey, epoch: number, first: number): void;
  close(): void;
}

export interface SamplerSpec extends Unit {
  readonly unit: 'sampler';
  /** One line for lists and help. */
  readonly summary: string;
  /**
   * Creates a sampler. `rows` and `avoided` are in kernel memory and are owned by the caller.
   * @param rows train items of each user
   * @param avoided items that are never sampled for each user; usually equal to `rows`
   */
  create(kernels: Kernels, train: Interactions, rows: Rows, avoided: Rows): Sampler;
}

/** Declares a sampler. */
export const sampler = (spec: Omit<SamplerSpec, 'unit'>): SamplerSpec => ({ ...spec, unit: 'sampler' });
