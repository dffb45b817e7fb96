/** The contract of a metric. One file in this folder and one line in `index.ts` add one. */
import type { Rankings } from '../../data/rankings.js';
import type { Unit } from '../../options/registry.js';

interface Described extends Unit {
  readonly unit: 'metric';
  /** Public name in kebab-case: the file name, the name on the command line, the `recall` in `recall@10`. */
  readonly name: string;
  /** Short form for table headers: the `R` in `R@10`. */
  readonly label: string;
  /** The definition in one line, for documentation and reports. */
  readonly formula: string;
}

/** A metric of one user's list. Its value for a set of users is the mean. */
export interface UserMetric extends Described {
  readonly kind: 'user';
  /**
   * @param hits 0-based positions of the relevant items among the first `k`, ascending; a view, valid during the call
   * @param relevant number of relevant items of the user, >= 1
   * @param k length of the evaluated list, >= 1; the user may have fewer candidate items
   */
  readonly value: (hits: Int32Array, relevant: number, k: number) => number;
}

/** The lists that a `ListMetric` evaluates together: the first `k` items of each of `users`. */
export interface TopLists {
  readonly rankings: Rankings;
  /** Evaluated rows of `rankings`. */
  readonly users: Int32Array;
  readonly k: number;
  /** For each item of the catalogue, the number of these lists that contain it. */
  readonly exposure: Int32Array;
  /** Number of train interactions of each item. Only provided to metrics with `needsTrainCounts`. */
  readonly trainCounts: Int32Array;
}

/** A metric of the lists of all users together. NaN if it is not defined, because all lists are empty. */
export interface ListMetric extends Described {
  readonly kind: 'lists';
  /** True if the metric reads `trainCounts`. */
  readonly needsTrainCounts: boolean;
  readonly value: (lists: TopLists) => number;
}

export type Metric = UserMetric | ListMetric;

/** Declares a metric of the list of one user. */
export const userMetric = (spec: Omit<UserMetric, 'unit' | 'kind'>): UserMetric => ({
  ...spec,
  unit: 'metric',
  kind: 'user',
});

/** Declares a metric of the lists of all users together. */
export const listMetric = (spec: Omit<ListMetric, 'unit' | 'kind'>): ListMetric => ({
  ...spec,
  unit: 'metric',
  kind: 'lists',
});
