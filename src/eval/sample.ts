/** A sample of users on which runs are evaluated, for data with very many of them. */
import type { Interactions } from '../data/index.js';
import { stream, uniformInt } from '../math/random.js';

/** How many users a sample has, and of how many. */
export interface SampleSize {
  readonly users: number;
  /** Users with an item in valid, test or the hidden interactions. */
  readonly of: number;
}

export interface UserSample extends SampleSize {
  /** Ascending. */
  readonly chosen: Int32Array;
}

/** The seed of all samples: runs of any seed are evaluated on the same users. */
const SEED = 0;

type Starts = Pick<Interactions, 'nUsers' | 'indptr'>;

/** The parts that are held out, as far as a sample depends on them. */
export interface HeldOut {
  readonly valid: Starts;
  readonly test: Starts;
  readonly hidden?: { readonly interactions: Starts } | undefined;
}

/**
 * Draws users that something is held out of. Equal data and an equal number give equal samples.
 * @param asked number of users, >= 1; absent: all
 * @returns undefined if all users are evaluated
 */
export function sampleUsers(dataset: HeldOut, asked: number | undefined): UserSample | undefined {
  if (asked === undefined) return undefined;
  const { valid, test, hidden } = dataset;
  const parts = [valid, test, ...(hidden ? [hidden.interactions] : [])];
  const all = Int32Array.from({ length: valid.nUsers }, (_, u) => u).filter((u) =>
    parts.some(({ indptr }) => indptr[u + 1]! > indptr[u]!),
  );
  const of = all.length;
  if (of <= asked) return undefined;
  const key = stream(SEED, 'users to evaluate');
  for (let n = 0; n < asked; n++) {
    const other = n + uniformInt(key, n, 0, of - n);
    const kept = all[n]!;
    all[n] = all[other]!;
    all[other] = kept;
  }
  return { users: asked, of, chosen: all.slice(0, asked).sort() };
}
