/** What a split is: every interaction goes to train, valid or test, decided by the data and a seed alone. */

import { fail } from '../../errors.js';
import { type RandomKey, shuffle, stream } from '../../math/random.js';
import type { Unit } from '../../options/registry.js';
import { selectEntries } from '../filters.js';
import type { Interactions } from '../interactions.js';

/** Three parts over the same users and items. */
export interface Parts {
  readonly train: Interactions;
  readonly valid: Interactions;
  readonly test: Interactions;
}

export interface SplitSpec {
  /** Shares of train, valid and test, summing to 1. */
  readonly ratios: readonly [number, number, number];
  readonly holdOut: 'random' | 'latest';
  readonly seed: number;
}

/** @throws RecdistillError `needs-not-met` if the split needs times and there are none */
export type Split = (x: Interactions, spec: SplitSpec) => Parts;

/** A split by its name. */
export interface SplitRule extends Unit {
  readonly unit: 'split';
  /** One line for lists and help. */
  readonly summary: string;
  /** Every interaction goes to one of the parts, which have the users and items of the whole. */
  readonly divide: Split;
}

/** Declares a split. */
export const splitRule = (spec: Omit<SplitRule, 'unit'>): SplitRule => ({ ...spec, unit: 'split' });

export const TRAIN = 0;
export const VALID = 1;
export const TEST = 2;

/** The parts, given the part of each entry of `x.indices`. */
export function partition(x: Interactions, part: Uint8Array): Parts {
  const pick = (wanted: number) =>
    selectEntries(
      x,
      part.map((p) => Number(p === wanted)),
    );
  return { train: pick(TRAIN), valid: pick(VALID), test: pick(TEST) };
}

/** The times of `x`, or a refusal. */
export function timesOf(x: Interactions, what: string): Float64Array {
  if (x.times) return x.times;
  return fail('needs-not-met', {
    problem: `${what} needs times, and the data has none`,
    hint: 'Name the time column with --time, or choose the split ratio or leave-one-out with --hold-out random.',
  });
}

/** Users of whom a held-out interaction is of the same time as the latest that stays in train, so that chance decided between them. */
export function tiedUsers({ train, valid, test }: Parts): number {
  if (!train.times || !valid.times || !test.times) return 0;
  let tied = 0;
  for (let u = 0; u < train.nUsers; u++) {
    const [own, ...held] = [train, valid, test].map((x) => x.times!.subarray(x.indptr[u]!, x.indptr[u + 1]!));
    const latest = own!.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    tied += Number(held.some((times) => times.includes(latest)));
  }
  return tied;
}

/** The random key of all per-user splits. */
export const splitKey = (seed: number): RandomKey => stream(seed, 'split');

/**
 * The entries of one user from the first to keep in train to the first to hold out: shuffled, and for `latest` then ordered
 * by time, so that only entries of one moment stay in random order.
 */
export function orderOf(x: Interactions, user: number, spec: SplitSpec, key: RandomKey): Int32Array {
  const start = x.indptr[user]!;
  const order = Int32Array.from({ length: x.indptr[user + 1]! - start }, (_, k) => start + k);
  shuffle(order, key, user);
  if (spec.holdOut === 'latest') {
    const times = timesOf(x, 'holdOut latest');
    order.sort((a, b) => times[a]! - times[b]!);
  }
  return order;
}
