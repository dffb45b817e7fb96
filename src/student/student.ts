/**
 * The student at run time: exact recommendations from user and item factors, without dependencies. Scores are float32
 * and summed in a fixed order (top-k.ts): bit-identical in Node, browsers and edge workers, with and without WebAssembly.
 */
import { checkId, checkIds, checkOptions, shown } from './arguments.js';
import { checkWeights, createVectorOf } from './from-items.js';
import type { FoldInOptions, ListOptions, RankedItem } from './list-options.js';
import { createPopular, type Popular } from './popular.js';
import { createProfile, type Profile } from './profile.js';
import { createScreen, type Screen } from './screen.js';
import { StudentError, type StudentErrorCode } from './student-error.js';
import { kindOf, problemOf, type StudentModel } from './student-model.js';
import { dot, scanTopK, type TopItems } from './top-k.js';

export interface StudentOptions {
  /**
   * How items are searched. `auto` uses WebAssembly with SIMD if the platform allows compilation, `plain` never does. On a
   * platform that only accepts compiled modules, pass the `WebAssembly.Module` of `kernel.wasm`. Results are bit-identical.
   */
  readonly kernel?: 'auto' | 'plain' | object;
}

export interface Student {
  readonly model: StudentModel;
  hasUser(userId: string): boolean;
  hasItem(itemId: string): boolean;
  /**
   * The best items for a user, best first.
   * @throws StudentError `unknown-user`, `bad-argument`, `wrong-kind` if the student is of the kind items-only and has no users
   */
  recommend(userId: string, options?: ListOptions): RankedItem[];
  /** `recommend` for many users, in their order. @throws as `recommend` */
  batch(userIds: readonly string[], options?: ListOptions): RankedItem[][];
  /** The most similar items by the cosine of their factors, without the item itself. @throws StudentError `unknown-item`, `bad-argument` */
  similarItems(itemId: string, options?: Omit<ListOptions, 'includeSeen'>): RankedItem[];
  /** The score of one item for one user. @throws StudentError `unknown-user`, `unknown-item`, `wrong-kind` */
  score(userId: string, itemId: string): number;
  /**
   * Recommendations from the items that a user has, in any order. The user need not be in the training data. A student with input factors
   * gives exactly the scores of training; any other folds in. Unknown ids are ignored, and an id that is given twice counts once. Without
   * any id: popular items. Their score is their number of users, or their mean score over the users of a bundle that knows neither what
   * users have nor popular items.
   * @throws StudentError `unknown-item` if the student knows none of the items, `empty-history` if there are no items and the student has
   *   neither users nor popular items, `bad-argument`
   */
  recommendFromItems(itemIds: readonly string[], options?: FoldInOptions): RankedItem[];
  /**
   * What one user has, to be changed item by item. Unknown ids are ignored.
   * @throws StudentError `unknown-item` if ids are given and the student knows none of them, `bad-argument`
   */
  profile(itemIds?: readonly string[]): Profile;
  /**
   * Builds all tables that are otherwise built on first use, and runs enough requests for the engine to compile the code.
   * Call it before serving.
   * @returns the kernel that searches the items
   */
  warmUp(): 'wasm' | 'plain';
}

const none = new Int32Array(0);

/**
 * Creates a student from a model. The arrays are not copied.
 * @throws StudentError `bad-argument` if the parts are inconsistent
 */
export function createStudent(model: StudentModel, { kernel = 'auto' }: StudentOptions = {}): Student {
  const { dim, userFactors, itemFactors, itemBiases, userBiases, seen, answer } = model;
  const problem = problemOf(model);
  if (problem !== undefined) fail('bad-argument', problem, 'Pass all parts of one student.');
  const userIndex = indexOf(model.userIds);
  const itemIndex = indexOf(model.itemIds);
  const vectorOf = createVectorOf(model);
  let inverseLengths: Float32Array | undefined;
  let popular: { readonly found: Popular | undefined } | undefined;
  let screen: Screen | undefined | 'not made' = kernel === 'plain' ? undefined : 'not made';
  let screenInUse = false;

  const userOf = (userId: string): number => {
    if (kindOf(model) === 'items-only') {
      const hint = 'Recommend from the items that the user has: recommendFromItems(itemIds).';
      fail('wrong-kind', 'the student is of the kind items-only and has no users', hint);
    }
    const user = userIndex.get(userId);
    if (user !== undefined) return user;
    checkId(userId, 'user');
    const hint = 'For a new user, recommend from the items they have.';
    return fail('unknown-user', `the student has no user "${short(userId)}"`, hint);
  };
  const itemOf = (itemId: string): number => {
    const item = itemIndex.get(itemId);
    if (item !== undefined) return item;
    checkId(itemId, 'item');
    return fail('unknown-item', `the student has no item "${short(itemId)}"`, 'Check the item id.');
  };
  const known = (ids: readonly string[]): Int32Array => {
    const numbers = ids.map((id) => itemIndex.get(id)).filter((i) => i !== undefined);
    return Int32Array.from(new Set(numbers)).sort();
  };
  /** The known ones of these items. None only if none is given. */
  const historyOf = (itemIds: readonly string[]): Int32Array => {
    checkIds(itemIds, 'itemIds');
    const own = known(itemIds);
    if (own.length > 0 || itemIds.length === 0) return own;
    const problem = `the student knows none of the ${itemIds.length} given items`;
    return fail('unknown-item', problem, 'Give at least one item that it knows.');
  };

  /** @param scale factor per item that turns inner products into similarities. Item biases are then ignored */
  const list = (
    query: Float32Array,
    own: Int32Array,
    options: ListOptions,
    offset: number,
    scale?: Float32Array,
  ): RankedItem[] => {
    const { k = 10, exclude, filter, candidates } = options;
    checkLength(k);
    if (screen === 'not made') screen = createScreen(model, typeof kernel === 'object' ? kernel : undefined);
    // A filter may call this student while the screen is set to the outer query.
    const by = candidates || screenInUse ? undefined : screen;
    const taken = screenInUse;
    screenInUse = true;
    let top: TopItems;
    try {
      by?.setQuery(query, scale);
      top = scanTopK({
        query,
        factors: itemFactors,
        dim,
        scale,
        bias: scale ? undefined : itemBiases,
        candidates: candidates && known(candidates),
        excluded: exclude?.length ? Int32Array.from([...own, ...known(exclude)]).sort() : own,
        accept: filter && ((item) => filter(model.itemIds[item]!)),
        k,
        screen: by,
      });
    } finally {
      screenInUse = taken;
    }
    const ranked: RankedItem[] = [];
    for (let n = 0; n < top.items.length; n++) {
      const itemId = model.itemIds[top.items[n]!]!;
      const label = model.labels?.[top.items[n]!];
      const score = Math.fround(top.scores[n]! + offset);
      ranked.push(label ? { itemId, label, rank: n + 1, score } : { itemId, rank: n + 1, score });
    }
    return ranked;
  };

  const factorsOf = (user: number): Float32Array => userFactors.subarray(user * dim, (user + 1) * dim);

  const recommend = (userId: string, options: ListOptions = {}): RankedItem[] => {
    checkOptions(options, 'list');
    const user = userOf(userId);
    const own = seen && !options.includeSeen ? seen.indices.subarray(seen.indptr[user]!, seen.indptr[user + 1]!) : none;
    return list(factorsOf(user), own, options, userBiases?.[user] ?? 0);
  };

  /** Popular items without a vector. */
  const listFor = (own: Int32Array, vector: Float32Array | undefined, options: FoldInOptions): RankedItem[] => {
    checkOptions(options, 'fold-in');
    if (vector) return list(vector, options.includeSeen ? none : own, options, 0);
    checkLength(options.k);
    checkWeights(answer, options);
    popular ??= { found: createPopular(model) };
    if (popular.found) return popular.found.list(options);
    const hint =
      'Give at least one item, or make the bundle again with the histories at hand, which gives it popular items.';
    return fail('empty-history', 'there are no items to recommend from, and the bundle has no popular items', hint);
  };

  const recommendFromItems = (itemIds: readonly string[], options: FoldInOptions = {}): RankedItem[] => {
    checkIds(itemIds, 'itemIds');
    checkOptions(options, 'fold-in');
    const own = historyOf(itemIds);
    return listFor(own, own.length > 0 ? vectorOf(own, options) : undefined, options);
  };

  const scoreOf = (vector: Float32Array, item: number): number =>
    Math.fround(dot(vector, itemFactors, item * dim, dim) + (itemBiases?.[item] ?? 0));

  const similarItems = (itemId: string, options: Omit<ListOptions, 'includeSeen'> = {}): RankedItem[] => {
    checkOptions(options, 'list');
    const item = itemOf(itemId);
    inverseLengths ??= invertedLengths(itemFactors, dim);
    const inverse = inverseLengths[item]!;
    const query = itemFactors.slice(item * dim, (item + 1) * dim).map((v) => v * inverse);
    return list(query, Int32Array.of(item), options, 0, inverseLengths);
  };

  return {
    model,
    hasUser: (userId) => userIndex.has(userId),
    hasItem: (itemId) => itemIndex.has(itemId),
    recommend,
    batch(userIds, options) {
      checkIds(userIds, 'userIds');
      return userIds.map((userId) => recommend(userId, options));
    },
    similarItems,
    score(userId, itemId) {
      const user = userOf(userId);
      const item = itemOf(itemId);
      return Math.fround(scoreOf(factorsOf(user), item) + (userBiases?.[user] ?? 0));
    },
    recommendFromItems,
    profile(itemIds = []) {
      return createProfile({ model, itemOf, vectorOf, listFor, scoreOf }, historyOf(itemIds));
    },
    warmUp() {
      // Enough rounds for the engine to compile the code, and few enough to be done quickly.
      const rounds = Math.min(1000, Math.max(20, Math.ceil(5e7 / itemFactors.length)));
      for (let n = 0; n < rounds; n++) {
        const itemId = model.itemIds[n % model.nItems]!;
        if (model.nUsers > 0) recommend(model.userIds[n % model.nUsers]!);
        else recommendFromItems([itemId]);
        if (n % 10 > 0) continue;
        similarItems(itemId);
        recommendFromItems([itemId]);
      }
      return screen ? 'wasm' : 'plain';
    },
  };
}

function indexOf(ids: readonly string[]): ReadonlyMap<string, number> {
  const index = new Map<string, number>();
  for (let n = 0; n < ids.length; n++) index.set(ids[n]!, n);
  return index;
}

/** 1 / norm of each row. 0 if the norm is too small to define a direction. */
function invertedLengths(factors: Float32Array, dim: number): Float32Array {
  const inverses = new Float32Array(factors.length / dim);
  for (let item = 0; item < inverses.length; item++) {
    let square = 0;
    for (let j = item * dim; j < (item + 1) * dim; j++) square += factors[j]! * factors[j]!;
    inverses[item] = square > 1e-60 ? 1 / Math.sqrt(square) : 0;
  }
  return inverses;
}

/** @throws StudentError `bad-argument` */
function checkLength(k: unknown = 10): void {
  if (typeof k === 'number' && Number.isSafeInteger(k) && k >= 1) return;
  fail('bad-argument', `k is ${shown(k)}; expected a whole number of at least 1`, 'Ask for at least one item.');
}

function fail(code: StudentErrorCode, message: string, hint: string): never {
  throw new StudentError(code, message, hint);
}

const short = (id: string): string => (id.length > 60 ? `${id.slice(0, 60)}...` : id);
