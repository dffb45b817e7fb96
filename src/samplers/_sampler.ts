/** A sampler draws the items that stand against the train items. One file and one line in `index.ts` add one. */

import type { Interactions } from '../data/interactions.js';
import type { Kernels, Rows } from '../kernels/index.js';
import type { RandomKey } from '../math/random.js';
import type { Unit } from '../options/registry.js';

export interface Sampler {
  /**
   * out[k] = an item that `users[k]` does not have in train (and is not spared). The draw depends on the key, the epoch and the number `first + k` only.
   * A user who has every item gets any item.
   */
  draw(out: Int32Array, users: Int32Array, key: RandomKey, epoch: number, first: number): void;
  close(): void;
}

export interface SamplerSpec extends Unit {
  readonly unit: 'sampler';
  /** One line for lists and help. */
  readonly summary: string;
  /**
   * Rows are in kernel memory and stay with the caller.
   * @param rows the train items of each user
   * @param spared the items that are never drawn against each user; mostly the same
   */
  create(kernels: Kernels, train: Interactions, rows: Rows, spared: Rows): Sampler;
}

/** Declares a sampler. */
export const sampler = (spec: Omit<SamplerSpec, 'unit'>): SamplerSpec => ({ ...spec, unit: 'sampler' });
