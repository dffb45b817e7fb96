/** Item-to-item weights, the largest per item. Used by neighbourhood and random walk models. */
import { type Interactions, itemCounts, itemsOf, transpose } from '../data/interactions.js';
import { type Floats, freeRows, type Kernels } from '../kernels/index.js';
import type { Step } from '../progress.js';
import type { Model, ModelContext } from './_model.js';
import { takeAscending } from './given-histories.js';
import { createLargest } from './largest.js';
import { longHistories } from './long-histories.js';

/** Sparse rows. Row j lists the items whose score increases when a user has item j, with the weights. */
export interface Neighbours {
  /** Row starts, length `items + 1`. */
  readonly indptr: Int32Array;
  /** Item ids, each at most once in a row, never the row's own item. */
  readonly indices: Int32Array;
  readonly weights: Float32Array;
}

export interface NeighbourRule {
  /** Maximum number of weights kept per item. Ties are kept by lower id. */
  readonly keep: number;
  /** Whether the largest weights are kept per source item (its row) or per target item (its column). */
  readonly side: 'from' | 'to';
  /** What a user with `n` train items contributes to the sum of each pair of their items. */
  share(n: number): number;
  /**
   * The weight from item j to item i; positive. `sum` runs over the users who have both. For equal sums, the weight must not increase with
   * the number of train interactions of the other item, and must be equal for equal numbers. It must not decrease with `sum`.
   */
  weight(sum: number, j: number, i: number): number;
}

/** Milliseconds between two steps. The cost of an item with long histories is not known well enough to count additions. */
const AT_ONCE_MS = 50;

/**
 * Memory grows with the pairs of items that occur together, not with all pairs. Time grows with the pairs of items of each user. For users
 * with thousands of items only pairs that can be among the largest are computed.
 */
export async function neighboursOf(train: Interactions, step: Step, rule: NeighbourRule): Promise<Neighbours> {
  const near = await largestOfItems(train, allItems(train), step, rule);
  return rule.side === 'from' ? near : turned(() => [near], train.nItems);
}

/** Some items, of which the largest weights are found. */
export interface SomeItems {
  /** The first of them. */
  readonly from: number;
  /** The users of each of them. */
  readonly users: Interactions;
  /** Train interactions of all items. */
  readonly counts: Int32Array;
}

/**
 * The largest weights of some items: those on the side of `rule`. Row r is item `own.from` + r.
 * @param train the items of the users of these items; the rows of other users are not read
 */
export async function largestOfItems(
  train: Interactions,
  own: SomeItems,
  step: Step,
  rule: NeighbourRule,
): Promise<Neighbours> {
  const search = createSearch(train, rule, own);
  const { from, users } = own;
  const rows = users.nUsers;
  const costs = Float64Array.from({ length: rows }, (_, row) => search.costOf(from + row));
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const room = Math.min(rows * rule.keep, meetings(train));
  const near = { indptr: new Int32Array(rows + 1), indices: new Int32Array(room), weights: new Float32Array(room) };
  let [size, done, asked] = [0, 0, performance.now()];
  for (let row = 0; row < rows; row++) {
    for (const [other, weight] of search.largestOf(from + row)) {
      near.indices[size] = other;
      near.weights[size] = weight;
      size += 1;
    }
    near.indptr[row + 1] = size;
    done += costs[row]!;
    if (performance.now() - asked < AT_ONCE_MS) continue;
    await step(done, total);
    asked = performance.now();
  }
  await step(total, total);
  return near;
}

/** Those of consecutive ranges of items. They are gone through twice, so that they need not be in memory at the same time. */
type Blocks = () => Iterable<Neighbours>;

/** The weights from each item, from the largest weights of all items. */
export const joined = (blocks: Blocks, side: NeighbourRule['side'], nItems: number): Neighbours =>
  side === 'to' ? turned(blocks, nItems) : inOrder(blocks, nItems);

/** Pairs of an id and a weight are not freed at once: up to 40 MB more on a machine that is busy, of 400,000 pairs. */
const [PAIR, MOST_PAIRS] = [64, 25e6];

/** Bytes that `neighboursOf` takes at most for objects, besides its arrays. */
export const pairsMemory = (nItems: number, keep: number): number =>
  Math.min(MOST_PAIRS, nItems * Math.min(nItems, keep) * PAIR);

/** No estimate is given below this number of additions and comparisons. Second constant: milliseconds spent on an estimate. */
const WORTH_SAYING = 2e7;
const MEASURED_MS = 100;

/** Estimated seconds of `neighboursOf`, measured on evenly spaced items. Undefined if it is negligible. */
export function estimateNeighbours(train: Interactions, rule: NeighbourRule): number | undefined {
  const search = createSearch(train, rule, allItems(train));
  let total = 0;
  for (let own = 0; own < train.nItems; own++) total += search.costOf(own);
  if (total < WORTH_SAYING) return undefined;
  let [done, took] = [0, 0];
  // A prime stride visits different items for most numbers of items.
  for (let n = 0; took < MEASURED_MS; n++) {
    const own = (n * 7919) % train.nItems;
    const began = performance.now();
    search.largestOf(own);
    const ms = performance.now() - began;
    // The first items are slow because their code is not compiled yet.
    if (n < 20) continue;
    done += search.costOf(own);
    took += ms;
  }
  return (total / done) * (took / 1000);
}

const allItems = (train: Interactions): SomeItems => ({
  ...{ from: 0, users: transpose(train), counts: itemCounts(train) },
});

/** Finds the largest weights of one item at a time, of those given. */
function createSearch(train: Interactions, rule: NeighbourRule, { from, users: byItem, counts }: SomeItems) {
  const shares = Float64Array.from({ length: train.nUsers }, (_, u) => rule.share(sizeOf(train, u)));
  const histories = longHistories(train, counts);
  // The sum, and then the weight, of each item found; 0 for all others.
  const sums = new Float64Array(train.nItems);
  const met = new Int32Array(train.nItems);
  const largest = createLargest(rule.keep, sums);
  let count = 0;

  /** The cost of an item when all pairs are counted, and the users whose pairs are cheaper to search one by one. */
  const planOf = (own: number) => {
    let [ordinary, long] = [0, 0];
    const apart: number[] = [];
    for (const u of itemsOf(byItem, own - from)) {
      if (histories.isLong(u)) {
        apart.push(u);
        long += sizeOf(train, u);
      } else ordinary += sizeOf(train, u);
    }
    const looked = (Math.min(ordinary, train.nItems) + 4 * rule.keep) * apart.length;
    return long > 4 * looked ? { apart, cost: ordinary + looked } : { apart: [], cost: ordinary + long };
  };
  const addUser = (u: number) => {
    const share = shares[u]!;
    for (let e = train.indptr[u]!; e < train.indptr[u + 1]!; e++) {
      const other = train.indices[e]!;
      if (sums[other] === 0) met[count++] = other;
      sums[other]! += share;
    }
  };
  const weightOf = (sum: number, own: number, other: number): number =>
    rule.side === 'from' ? rule.weight(sum, own, other) : rule.weight(sum, other, own);
  /** What users with long histories contribute to the sum of an item. */
  const sumOf = (users: readonly number[], other: number): number => {
    let sum = 0;
    for (const u of users) if (histories.has(u, other)) sum += shares[u]!;
    return sum;
  };
  /** Offers items that occur together only in long histories, until none of the remaining ones can be selected. */
  const addApart = (own: number, users: readonly number[]) => {
    const most = users.reduce((sum, u) => sum + shares[u]!, 0);
    const { ids, starts } = histories.candidates(users);
    for (let group = 0; group + 1 < starts.length; group++) {
      const bound = weightOf(most, own, ids[starts[group]!]!);
      // No id is below -1, so this asks whether the value is too small for any id.
      if (!largest.wants(-1, bound)) return;
      for (let at = starts[group]!; at < starts[group + 1]!; at++) {
        const other = ids[at]!;
        if (!largest.wants(other, bound)) break;
        if (other === own || sums[other] !== 0) continue;
        const sum = sumOf(users, other);
        if (sum === 0) continue;
        sums[other] = weightOf(sum, own, other);
        met[count++] = other;
        largest.add(other);
      }
    }
  };

  return {
    costOf: (own: number): number => planOf(own).cost + 1,
    /** Items with their weights. */
    largestOf(own: number): (readonly [item: number, weight: number])[] {
      const { apart } = planOf(own);
      for (const u of itemsOf(byItem, own - from)) if (!apart.includes(u)) addUser(u);
      for (let m = 0; m < count; m++) {
        const other = met[m]!;
        if (other === own) continue;
        sums[other] = weightOf(sums[other]! + sumOf(apart, other), own, other);
        largest.add(other);
      }
      if (apart.length > 0) addApart(own, apart);
      const found = Array.from(largest.take(), (other) => [other, sums[other]!] as const);
      for (let m = 0; m < count; m++) sums[met[m]!] = 0;
      count = 0;
      return found;
    },
  };
}

/**
 * A model that scores an item by the weights from the user's train items to it. Items without train interactions have no neighbours. The
 * scores of an empty history are 0.
 */
export async function createByNeighbours(
  name: string,
  { kernels: k, train, step }: Required<ModelContext>,
  rule: NeighbourRule,
): Promise<Model> {
  return modelOfNeighbours(name, k, await neighboursOf(train, step, rule), train);
}

/** The model with these weights, for the users of `train`. */
export function modelOfNeighbours(name: string, k: Kernels, near: Neighbours, train: Interactions): Model {
  return {
    ...{ name, nUsers: train.nUsers, nItems: train.nItems, parameters: [], size: near.indptr[train.nItems]! * 2 },
    scoreRows: (users, out) => scoreByNeighbours(near, train, users, out),
    histories: {
      score(given, out) {
        const histories = takeAscending(k, given, train.nItems);
        const each = Int32Array.from({ length: given.rows }, (_, r) => r);
        scoreByNeighbours(near, { ...train, indptr: histories.indptr, indices: histories.indices }, each, out);
        freeRows(k, histories);
      },
    },
    close() {},
  };
}

/** Writes `users.length` rows of `nItems` sums over each user's train items to `out`. */
function scoreByNeighbours(near: Neighbours, train: Interactions, users: Int32Array, out: Floats): void {
  out.fill(0, 0, users.length * train.nItems);
  for (let r = 0; r < users.length; r++) {
    const at = r * train.nItems;
    for (const j of itemsOf(train, users[r]!)) {
      for (let e = near.indptr[j]!; e < near.indptr[j + 1]!; e++) out[at + near.indices[e]!]! += near.weights[e]!;
    }
  }
}

const sizeOf = (x: Interactions, row: number): number => x.indptr[row + 1]! - x.indptr[row]!;

/** Number of ordered pairs of items, counted once for each user who has both. An upper bound of the number of weights. */
function meetings(train: Interactions): number {
  let pairs = 0;
  for (let u = 0; u < train.nUsers; u++) pairs += sizeOf(train, u) * (sizeOf(train, u) - 1);
  return pairs;
}

/** Consecutive rows, one block after the other. */
function inOrder(blocks: Blocks, nItems: number): Neighbours {
  let size = 0;
  for (const { indptr } of blocks()) size += indptr.at(-1)!;
  const out = { indptr: new Int32Array(nItems + 1), indices: new Int32Array(size), weights: new Float32Array(size) };
  let [row, at] = [0, 0];
  for (const { indptr, indices, weights } of blocks()) {
    const own = indptr.at(-1)!;
    out.indices.set(indices.subarray(0, own), at);
    out.weights.set(weights.subarray(0, own), at);
    for (let r = 1; r < indptr.length; r++) out.indptr[++row] = at + indptr[r]!;
    at += own;
  }
  return out;
}

/** The transposed matrix of consecutive rows. */
function turned(blocks: Blocks, nItems: number): Neighbours {
  const starts = new Int32Array(nItems + 1);
  for (const { indptr, indices } of blocks()) {
    const own = indptr.at(-1)!;
    for (let e = 0; e < own; e++) starts[indices[e]! + 1]! += 1;
  }
  for (let j = 0; j < nItems; j++) starts[j + 1]! += starts[j]!;
  const size = starts[nItems]!;
  const cursor = starts.slice();
  const out = { indptr: starts, indices: new Int32Array(size), weights: new Float32Array(size) };
  let item = 0;
  for (const { indptr, indices, weights } of blocks()) {
    for (let r = 0; r + 1 < indptr.length; r++, item++) {
      for (let e = indptr[r]!; e < indptr[r + 1]!; e++) {
        const at = cursor[indices[e]!]!++;
        out.indices[at] = item;
        out.weights[at] = weights[e]!;
      }
    }
  }
  return out;
}
