/**
 * The student at run time: exact recommendations from user and item factors, without any dependency. Scores are float32 and summed in
 * one fixed order (top-k.ts): the same bits in Node, browsers and edge workers, with WebAssembly and without.
 */
import { type FoldInSpace, foldIn, foldInDefaults, foldInSpace } from './fold-in.js';
import { createScreen, type Screen } from './screen.js';
import { StudentError } from './student-error.js';
import { problemOf, type StudentModel } from './student-model.js';
import { dot, scanTopK, type TopItems } from './top-k.js';

export interface RankedItem {
  readonly itemId: string;
  readonly label?: string;
  /** 1 is best. */
  readonly rank: number;
  readonly score: number;
}

export interface ListOptions {
  /** Length of the list, a whole number >= 1; 10 by default. The list is shorter if fewer items are allowed. */
  readonly k?: number;
  /** Item ids to leave out, besides the seen ones. Ids that the student does not know are never listed anyway. */
  readonly exclude?: readonly string[];
  /** Keeps an item if it returns true. Called in no particular order and only for items good enough to be listed, so it may be slow. */
  readonly filter?: (itemId: string) => boolean;
  /** Ranks only these items. Ids that the student does not know cannot be scored and are left out. */
  readonly candidates?: readonly string[];
  /** List items that the user already has, too; false by default. */
  readonly includeSeen?: boolean;
}

export interface FoldInOptions extends ListOptions {
  /** Strength of the ridge, relative to the size of the item factors; > 0, 30 by default (formula in fold-in.ts). */
  readonly l2?: number;
  /** What an item counts that they do not have, beside 1 for one that they have; >= 0, 0.03 by default. */
  readonly unobserved?: number;
}

export interface StudentOptions {
  /**
   * How items are searched: `auto` uses WebAssembly with SIMD where the platform lets a program compile it, `plain` never does. Where it
   * only takes compiled modules, pass the `WebAssembly.Module` of `kernel.wasm`. The answers are the same, bit for bit.
   */
  readonly kernel?: 'auto' | 'plain' | object;
}

export interface Student {
  readonly model: StudentModel;
  hasUser(userId: string): boolean;
  hasItem(itemId: string): boolean;
  /** The best items for a user, best first. @throws StudentError `unknown-user`, `bad-argument` */
  recommend(userId: string, options?: ListOptions): RankedItem[];
  /** `recommend` for many users, in their order. @throws StudentError `unknown-user`, `bad-argument` */
  batch(userIds: readonly string[], options?: ListOptions): RankedItem[][];
  /** The items nearest to one item by the cosine of their factors, without itself. @throws StudentError `unknown-item`, `bad-argument` */
  similarItems(itemId: string, options?: Omit<ListOptions, 'includeSeen'>): RankedItem[];
  /** The score of one item for one user. @throws StudentError `unknown-user`, `unknown-item` */
  score(userId: string, itemId: string): number;
  /**
   * Recommendations for somebody who was not there in training, from the items they have. Unknown ids are left out.
   * @throws StudentError `unknown-item` if the student knows none of the items, `bad-argument`
   */
  recommendFromItems(itemIds: readonly string[], options?: FoldInOptions): RankedItem[];
  /**
   * Makes what is otherwise made on first use and answers enough requests for the engine to compile the code; call it before serving.
   * @returns what searches the items from now on
   */
  warmUp(): 'wasm' | 'plain';
}

const none = new Int32Array(0);

/**
 * Makes a student of its parts, which it keeps and does not copy.
 * @throws StudentError `bad-argument` if the parts do not fit together
 */
export function createStudent(model: StudentModel, { kernel = 'auto' }: StudentOptions = {}): Student {
  const { dim, userFactors, itemFactors, itemBiases, userBiases, seen } = model;
  const problem = problemOf(model);
  if (problem !== undefined) fail('bad-argument', problem, 'Pass the parts of one student together.');
  const userIndex = indexOf(model.userIds);
  const itemIndex = indexOf(model.itemIds);
  let space: FoldInSpace | undefined;
  let inverseLengths: Float32Array | undefined;
  let screen: Screen | undefined | 'not made' = kernel === 'plain' ? undefined : 'not made';
  let screenInUse = false;

  const userOf = (userId: string): number =>
    userIndex.get(userId) ??
    fail(
      'unknown-user',
      `the student has no user "${short(userId)}"`,
      'Use recommendFromItems with the items they have.',
    );
  const itemOf = (itemId: string): number =>
    itemIndex.get(itemId) ?? fail('unknown-item', `the student has no item "${short(itemId)}"`, 'Check the item id.');
  const known = (ids: readonly string[]): Int32Array => {
    const numbers = ids.map((id) => itemIndex.get(id)).filter((i) => i !== undefined);
    return Int32Array.from(new Set(numbers)).sort();
  };

  /** @param scale makes similarities of inner products; item biases are then left out */
  const list = (
    query: Float32Array,
    own: Int32Array,
    options: ListOptions,
    offset: number,
    scale?: Float32Array,
  ): RankedItem[] => {
    const { k = 10, exclude, filter, candidates } = options;
    if (!Number.isSafeInteger(k) || k < 1) {
      fail('bad-argument', `k is ${k}; expected a whole number of at least 1`, 'Ask for at least one item.');
    }
    if (screen === 'not made') screen = createScreen(model, typeof kernel === 'object' ? kernel : undefined);
    // A filter may ask this student in turn, while the screen is aimed at the outer request.
    const by = candidates || screenInUse ? undefined : screen;
    const taken = screenInUse;
    screenInUse = true;
    let top: TopItems;
    try {
      by?.aim(query, scale);
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
    const user = userOf(userId);
    const own = seen && !options.includeSeen ? seen.indices.subarray(seen.indptr[user]!, seen.indptr[user + 1]!) : none;
    return list(factorsOf(user), own, options, userBiases?.[user] ?? 0);
  };

  const recommendFromItems = (itemIds: readonly string[], options: FoldInOptions = {}): RankedItem[] => {
    const { l2 = foldInDefaults.l2, unobserved = foldInDefaults.unobserved } = options;
    if (!(l2 > 0 && Number.isFinite(l2))) fail('bad-argument', `l2 is ${l2}; expected a number above 0`, 'Try 30.');
    if (!(unobserved >= 0 && Number.isFinite(unobserved)))
      fail('bad-argument', `unobserved is ${unobserved}; expected a number from 0`, 'Try 0.03.');
    const own = known(itemIds);
    if (own.length === 0) {
      fail(
        'unknown-item',
        `the student knows none of the ${itemIds.length} items given`,
        'Give at least one item it knows.',
      );
    }
    space ??= foldInSpace(userFactors, itemFactors, dim);
    const query = Float32Array.from(foldIn(space, own, { l2, unobserved }));
    return list(query, options.includeSeen ? none : own, options, 0);
  };

  const similarItems = (itemId: string, options: Omit<ListOptions, 'includeSeen'> = {}): RankedItem[] => {
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
    batch: (userIds, options) => userIds.map((userId) => recommend(userId, options)),
    similarItems,
    score(userId, itemId) {
      const user = userOf(userId);
      const item = itemOf(itemId);
      const product = dot(factorsOf(user), itemFactors, item * dim, dim);
      return Math.fround(Math.fround(product + (itemBiases?.[item] ?? 0)) + (userBiases?.[user] ?? 0));
    },
    recommendFromItems,
    warmUp() {
      // Enough rounds for the engine, few enough numbers to be done within a blink.
      const rounds = Math.min(1000, Math.max(20, Math.ceil(5e7 / itemFactors.length)));
      for (let n = 0; n < rounds; n++) {
        recommend(model.userIds[n % model.nUsers]!);
        if (n % 10 > 0) continue;
        const itemId = model.itemIds[n % model.nItems]!;
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

/** 1 / length of each row; 0 for one that is too short to have a direction. */
function invertedLengths(factors: Float32Array, dim: number): Float32Array {
  const inverses = new Float32Array(factors.length / dim);
  for (let item = 0; item < inverses.length; item++) {
    let square = 0;
    for (let j = item * dim; j < (item + 1) * dim; j++) square += factors[j]! * factors[j]!;
    inverses[item] = square > 1e-60 ? 1 / Math.sqrt(square) : 0;
  }
  return inverses;
}

function fail(code: 'bad-argument' | 'unknown-user' | 'unknown-item', message: string, hint: string): never {
  throw new StudentError(code, message, hint);
}

const short = (id: string): string => (id.length > 60 ? `${id.slice(0, 60)}...` : id);
