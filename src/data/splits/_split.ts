/** The contract of a split: it assigns every interaction to train, valid or test, determined by the data and a seed. */

import { fail } from '../../errors.js';
import { type RandomKey, shuffle, stream } from '../../math/random.js';
import type { Unit } from '../../options/registry.js';
import { selectEntries } from '../filters.js';
import type { Interactions } from '../interactions.js';

/** Parts over the same users and items. */
export interface Parts {
  readonly train: Interactions;
  readonly valid: Interactions;
  readonly test: Interactions;
  /** Histories of users who are held out whole: what a model may know of the users of valid and test. They have no train interactions. */
  readonly foldIn?: Interactions;
}

export interface SplitSpec {
  /** Shares of train, valid and test, summing to 1: of interactions, or of users. */
  readonly ratios: readonly [number, number, number];
  readonly holdOut: 'random' | 'latest';
  readonly seed: number;
  /** Share of a held-out user's interactions that is their history, for a split by users. */
  readonly foldInShare: number;
  /** External ids in the numbering of the interactions, for a split that depends on them. */
  readonly ids?: { readonly users: readonly string[]; readonly items: readonly string[] };
}

/** @throws RecdistillError `needs-not-met` if the split needs times and there are none */
export type Split = (x: Interactions, spec: SplitSpec) => Parts;

/** A split by its name. */
export interface SplitRule extends Unit {
  readonly unit: 'split';
  /** One line for lists and help. */
  readonly summary: string;
  /** Assigns every interaction to one of the parts. The parts have all users and items. */
  readonly divide: Split;
}

/** Declares a split. */
export const splitRule = (spec: Omit<SplitRule, 'unit'>): SplitRule => ({ ...spec, unit: 'split' });

export const TRAIN = 0;
export const VALID = 1;
export const TEST = 2;
/** The history of a user who is held out whole. */
export const FOLD_IN = 3;

/** Builds the parts from the part of each entry of `x.indices`. */
export function partition(x: Interactions, part: Uint8Array): Parts {
  const pick = (wanted: number) =>
    selectEntries(
      x,
      part.map((p) => Number(p === wanted)),
    );
  const parts = { train: pick(TRAIN), valid: pick(VALID), test: pick(TEST) };
  return part.includes(FOLD_IN) ? { ...parts, foldIn: pick(FOLD_IN) } : parts;
}

/** The times of `x`. @throws RecdistillError `needs-not-met` if there are none */
export function timesOf(x: Interactions, what: string): Float64Array {
  if (x.times) return x.times;
  return fail('needs-not-met', {
    problem: `${what} needs times, but the data has none`,
    hint: 'Set the time column with --time, or choose the split ratio or leave-one-out with --hold-out random.',
  });
}

/** Number of users with a held-out interaction of the same time as their latest one in train: the choice was random. */
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
 * The entries of one user in the order in which they go to train; the last ones are held out. They are shuffled, and
 * for `latest` then sorted by time, so that only entries of equal time stay in random order.
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
