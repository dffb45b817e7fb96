/** What one user has, which changes while they use a program. */
import { checkId, shown } from './arguments.js';
import { checkWeights } from './from-items.js';
import { historyFactor, scaled } from './history.js';
import type { FoldInOptions, RankedItem } from './list-options.js';
import { StudentError } from './student-error.js';
import type { StudentModel } from './student-model.js';

export interface ProfileOptions {
  /**
   * `true` (default): the scores of `recommendFromItems`, bit by bit. The vector is summed anew in ascending order once after each change.
   * `false`: from the sum that `add` and `remove` keep in float64, in `dim` steps whatever the length of the history. The two vectors
   * differ by at most `n * 2^-24` of the sum of the magnitudes, for n items. Only for students with input factors.
   */
  readonly exact?: boolean;
}

/** The items that a user has. Nothing of it is stored in the student. */
export interface Profile {
  /** Number of items. */
  readonly size: number;
  /** Ids of the items, in the order of the catalogue. */
  items(): string[];
  has(itemId: string): boolean;
  /** Adds an item, in `dim` steps. @returns false if the profile had it @throws StudentError `unknown-item` */
  add(itemId: string): boolean;
  /** Removes an item, in `dim` steps. @returns false if the profile did not have it @throws StudentError `unknown-item` */
  remove(itemId: string): boolean;
  /** The best items that the profile does not have, or popular items for an empty one. @throws as `recommendFromItems` */
  recommend(options?: FoldInOptions & ProfileOptions): RankedItem[];
  /** The score of an item. @throws StudentError `unknown-item`, `bad-argument` */
  score(itemId: string, options?: ProfileOptions): number;
}

/** The parts of a student that a profile uses. */
export interface ProfileParts {
  readonly model: StudentModel;
  /** @throws StudentError `unknown-item` */
  itemOf(itemId: string): number;
  vectorOf(items: Int32Array, options: FoldInOptions): Float32Array;
  listFor(items: Int32Array, vector: Float32Array | undefined, options: FoldInOptions): RankedItem[];
  scoreOf(vector: Float32Array, item: number): number;
}

/** @param first distinct item indices */
export function createProfile(parts: ProfileParts, first: Int32Array): Profile {
  const { model, itemOf, vectorOf, listFor, scoreOf } = parts;
  const { answer, dim } = model;
  const own = new Set<number>();
  // In float64 the sum of float32 values loses next to nothing, and starts again at 0 with an empty profile.
  const sum = new Float64Array(dim);
  /** The exact vector for the default options, until the profile changes. */
  let exact: Float32Array | undefined;

  const change = (item: number, sign: 1 | -1): void => {
    if (sign > 0) own.add(item);
    else own.delete(item);
    exact = undefined;
    if (answer?.by !== 'history') return;
    if (own.size === 0) sum.fill(0);
    else for (let d = 0; d < dim; d++) sum[d]! += sign * answer.inputFactors[item * dim + d]!;
  };
  const sorted = (): Int32Array => Int32Array.from(own).sort();
  /** @returns whether the exact vector is wanted */
  const checkExact = ({ exact: wanted = true }: ProfileOptions): boolean => {
    if (typeof wanted !== 'boolean')
      throw new StudentError('bad-argument', `exact is ${shown(wanted)}; expected a boolean`, 'See ProfileOptions.');
    if (wanted || answer?.by === 'history') return wanted;
    const hint = 'Leave out exact: fold-in solves for the whole history.';
    throw new StudentError('bad-argument', 'exact is false, but this student answers by fold-in', hint);
  };
  const current = (options: FoldInOptions & ProfileOptions): Float32Array => {
    const { l2, unobserved } = options;
    if (!checkExact(options) && answer?.by === 'history') {
      checkWeights(answer, options);
      return scaled(sum, historyFactor(own.size, answer.exponent));
    }
    if (l2 !== undefined || unobserved !== undefined) return vectorOf(sorted(), options);
    exact ??= vectorOf(sorted(), options);
    return exact;
  };
  for (const item of first) change(item, 1);

  return {
    get size() {
      return own.size;
    },
    items: () => Array.from(sorted(), (item) => model.itemIds[item]!),
    has(itemId) {
      checkId(itemId, 'item');
      return own.has(itemOf(itemId));
    },
    add(itemId) {
      const item = itemOf(itemId);
      if (own.has(item)) return false;
      change(item, 1);
      return true;
    },
    remove(itemId) {
      const item = itemOf(itemId);
      if (!own.has(item)) return false;
      change(item, -1);
      return true;
    },
    recommend(options = {}) {
      const { exact: _, ...listOptions } = options;
      checkExact(options);
      return listFor(sorted(), own.size > 0 ? current(options) : undefined, listOptions);
    },
    score: (itemId, options = {}) => {
      const item = itemOf(itemId);
      return scoreOf(current(options), item);
    },
  };
}
