/** The contract of a split: it assigns every interaction to train, valid or test, determined by the data and a seed. */

import { defined } from '../../defined.js';
import { fail } from '../../errors.js';
import { type RandomKey, shuffle, stream } from '../../math/random.js';
import type { Unit } from '../../options/registry.js';
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
  /** The arrays of the interactions become those of the parts, because the caller does not need them any more. */
  readonly reuse?: boolean;
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

/**
 * Builds the parts from the part of each entry of `x.indices`.
 * @param reuse as in `SplitSpec`: beside `x` it then takes memory for the entries that are not in train only
 */
export function partition(x: Interactions, part: Uint8Array, { reuse = false }: Pick<SplitSpec, 'reuse'> = {}): Parts {
  const sizes = [0, 0, 0, 0];
  const indptrs = sizes.map(() => new Int32Array(x.nUsers + 1));
  for (let u = 0; u < x.nUsers; u++) {
    for (let k = x.indptr[u]!; k < x.indptr[u + 1]!; k++) sizes[part[k]!]! += 1;
    for (let which = 0; which < sizes.length; which++) indptrs[which]![u + 1] = sizes[which]!;
  }
  const starts = sizes.map((_, which) => sizes.slice(0, which).reduce((sum, size) => sum + size, 0));
  const indices = inParts(x.indices, part, starts, reuse);
  const times = x.times && inParts(x.times, part, starts, reuse);
  const weights = x.weights && inParts(x.weights, part, starts, reuse);
  const pick = (which: number): Interactions => {
    const own = <T extends Column>(values: T) => values.subarray(starts[which], starts[which]! + sizes[which]!) as T;
    return {
      ...{ nUsers: x.nUsers, nItems: x.nItems, indptr: indptrs[which]!, indices: own(indices) },
      ...defined({ times: times && own(times), weights: weights && own(weights) }),
    };
  };
  const parts = { train: pick(TRAIN), valid: pick(VALID), test: pick(TEST) };
  return sizes[FOLD_IN]! > 0 ? { ...parts, foldIn: pick(FOLD_IN) } : parts;
}

type Column = Int32Array | Float32Array | Float64Array;

/** The values in the order of their parts: those of a part lie together, from its entry of `starts`. */
function inParts<T extends Column>(values: T, part: Uint8Array, starts: readonly number[], reuse: boolean): T {
  const train = starts[VALID]!;
  const of = values.constructor as new (length: number) => T;
  const result = reuse ? values : new of(values.length);
  const others = new of(values.length - train);
  const cursor = starts.map((start) => start - train);
  let size = 0;
  for (let k = 0; k < values.length; k++) {
    const which = part[k]!;
    if (which === TRAIN) result[size++] = values[k]!;
    else others[cursor[which]!++] = values[k]!;
  }
  result.set(others, train);
  return result;
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
