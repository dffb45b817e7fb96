/** The contract of a metric. One file in this folder and one line in `index.ts` add one. */
import type { Rankings } from '../../data/rankings.js';
import type { Unit } from '../../options/registry.js';

interface Described extends Unit {
  readonly unit: 'metric';
  /** The public name, in kebab-case: the file name, the name on the command line, the `recall` of `recall@10`. */
  readonly name: string;
  /** The short form for table heads: the `R` of `R@10`. */
  readonly label: string;
  /** The definition in one line, as the documentation and the reports show it. */
  readonly formula: string;
}

/** Judges the list of one user. The value of a set of users is the mean of theirs. */
export interface UserMetric extends Described {
  readonly kind: 'user';
  /**
   * @param hits 0-based positions of the relevant items among the first `k`, ascending; a view, valid during the call
   * @param relevant how many relevant items the user has, >= 1
   * @param k length of the list that is judged, >= 1; the user may have fewer candidates
   */
  readonly value: (hits: Int32Array, relevant: number, k: number) => number;
}

/** The lists that a `ListMetric` judges together: the first `k` items of each of `users`. */
export interface TopLists {
  readonly rankings: Rankings;
  /** Rows of `rankings` that count. */
  readonly users: Int32Array;
  readonly k: number;
  /** For each item of the catalogue, in how many of these lists it stands. */
  readonly exposure: Int32Array;
  /** For each item, its number of train interactions; given to metrics with `needsTrainCounts`. */
  readonly trainCounts: Int32Array;
}

/** Judges the lists of all users together. NaN where it is not defined (no list holds an item). */
export interface ListMetric extends Described {
  readonly kind: 'lists';
  /** True if the metric reads `trainCounts`. */
  readonly needsTrainCounts: boolean;
  readonly value: (lists: TopLists) => number;
}

export type Metric = UserMetric | ListMetric;

/** Declares a metric that judges the list of one user. */
export const userMetric = (spec: Omit<UserMetric, 'unit' | 'kind'>): UserMetric => ({
  ...spec,
  unit: 'metric',
  kind: 'user',
});

/** Declares a metric that judges the lists of all users together. */
export const listMetric = (spec: Omit<ListMetric, 'unit' | 'kind'>): ListMetric => ({
  ...spec,
  unit: 'metric',
  kind: 'lists',
});
