/** Weights from item to item, the largest of each item: what neighbourhood and random walk models consist of. */
import { type Interactions, itemCounts, itemsOf, transpose } from '../data/interactions.js';
import type { Floats } from '../kernels/index.js';
import type { Step } from '../progress.js';
import { createLargest } from './largest.js';
import { longHistories } from './long-histories.js';

/** Sparse rows: what having item j adds to the score of each item in row j. */
export interface Neighbours {
  /** Row starts, length `items + 1`. */
  readonly indptr: Int32Array;
  /** Item ids, each at most once in a row and never the row's own. */
  readonly indices: Int32Array;
  readonly weights: Float32Array;
}

export interface NeighbourRule {
  /** Most weights kept for each item; of equal ones those with the lower ids. */
  readonly keep: number;
  /** Whether an item keeps the largest weights from it (its row) or to it (its column). */
  readonly side: 'from' | 'to';
  /** What a user with `n` train items adds to the sum of each pair of them. */
  share(n: number): number;
  /**
   * The weight from item j to item i, of the sum over the users who have both; positive. Of two items that an item meets with the same sum, the one
   * with more train interactions has no larger weight, and equal numbers make equal weights; a larger sum makes no smaller weight.
   */
  weight(sum: number, j: number, i: number): number;
}

/** Milliseconds between two steps. Counted adds would not do: what an item costs is known only roughly where histories are long. */
const AT_ONCE_MS = 50;

/**
 * Memory for the items that meet, not for all pairs of items. The time is that of the pairs of items that meet in each user; but of users with
 * thousands of items only the pairs are looked at that can be among the largest.
 */
export async function neighboursOf(train: Interactions, step: Step, rule: NeighbourRule): Promise<Neighbours> {
  const search = createSearch(train, rule);
  const costs = Float64Array.from({ length: train.nItems }, (_, own) => search.costOf(own));
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const room = Math.min(train.nItems * rule.keep, meetings(train));
  const near = {
    indptr: new Int32Array(train.nItems + 1),
    indices: new Int32Array(room),
    weights: new Float32Array(room),
  };
  let [size, done, asked] = [0, 0, performance.now()];
  for (let own = 0; own < train.nItems; own++) {
    for (const [other, weight] of search.largestOf(own)) {
      near.indices[size] = other;
      near.weights[size] = weight;
      size += 1;
    }
    near.indptr[own + 1] = size;
    done += costs[own]!;
    if (performance.now() - asked < AT_ONCE_MS) continue;
    await step(done, total);
    asked = performance.now();
  }
  await step(total, total);
  return rule.side === 'from' ? near : turned(near, train.nItems);
}

/** Adds and comparisons below which nobody waits, and milliseconds that an estimate takes. */
const WORTH_SAYING = 2e7;
const MEASURED_MS = 100;

/** About how many seconds `neighboursOf` will take, measured on items that are spread over all; undefined if that is not worth saying. */
export function estimateNeighbours(train: Interactions, rule: NeighbourRule): number | undefined {
  const search = createSearch(train, rule);
  let total = 0;
  for (let own = 0; own < train.nItems; own++) total += search.costOf(own);
  if (total < WORTH_SAYING) return undefined;
  let [done, took] = [0, 0];
  // A stride that shares no factor with most numbers of items comes to different ones each time.
  for (let n = 0; took < MEASURED_MS; n++) {
    const own = (n * 7919) % train.nItems;
    const began = performance.now();
    search.largestOf(own);
    const ms = performance.now() - began;
    // The first ones are slow: their code has not been compiled.
    if (n < 20) continue;
    done += search.costOf(own);
    took += ms;
  }
  return (total / done) * (took / 1000);
}

/** Finds the largest weights of one item at a time. */
function createSearch(train: Interactions, rule: NeighbourRule) {
  const byItem = transpose(train);
  const counts = itemCounts(train);
  const shares = Float64Array.from({ length: train.nUsers }, (_, u) => rule.share(sizeOf(train, u)));
  const histories = longHistories(train, counts);
  // The sum of each item that was met, and then its weight; 0 for all others.
  const sums = new Float64Array(train.nItems);
  const met = new Int32Array(train.nItems);
  const largest = createLargest(rule.keep, sums);
  let count = 0;

  /** What an item costs by way of all pairs, and the users whose pairs are better looked at one by one. */
  const planOf = (own: number) => {
    let [ordinary, long] = [0, 0];
    const apart: number[] = [];
    for (const u of itemsOf(byItem, own)) {
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
  /** What users with long histories add to the sum of an item. */
  const sumOf = (users: readonly number[], other: number): number => {
    let sum = 0;
    for (const u of users) if (histories.has(u, other)) sum += shares[u]!;
    return sum;
  };
  /** Offers what meets an item in long histories only, as long as any of it can be wanted. */
  const addApart = (own: number, users: readonly number[]) => {
    const most = users.reduce((sum, u) => sum + shares[u]!, 0);
    const { ids, starts } = histories.candidates(users);
    for (let group = 0; group + 1 < starts.length; group++) {
      const bound = weightOf(most, own, ids[starts[group]!]!);
      // No id is below -1: is this value too small for any?
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
      for (const u of itemsOf(byItem, own)) if (!apart.includes(u)) addUser(u);
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

/** Adds to nothing but `out`: users.length rows of all items, overwritten with the sums over each user's train items. */
export function scoreByNeighbours(near: Neighbours, train: Interactions, users: Int32Array, out: Floats): void {
  out.fill(0, 0, users.length * train.nItems);
  for (let r = 0; r < users.length; r++) {
    const at = r * train.nItems;
    for (const j of itemsOf(train, users[r]!)) {
      for (let e = near.indptr[j]!; e < near.indptr[j + 1]!; e++) out[at + near.indices[e]!]! += near.weights[e]!;
    }
  }
}

const sizeOf = (x: Interactions, row: number): number => x.indptr[row + 1]! - x.indptr[row]!;

/** Ordered pairs of items, counted once for each user who has both: at least as many as there are weights. */
function meetings(train: Interactions): number {
  let pairs = 0;
  for (let u = 0; u < train.nUsers; u++) pairs += sizeOf(train, u) * (sizeOf(train, u) - 1);
  return pairs;
}

/** Rows and columns exchanged. */
function turned({ indptr, indices, weights }: Neighbours, nItems: number): Neighbours {
  const size = indptr[nItems]!;
  const starts = new Int32Array(nItems + 1);
  for (let e = 0; e < size; e++) starts[indices[e]! + 1]! += 1;
  for (let j = 0; j < nItems; j++) starts[j + 1]! += starts[j]!;
  const cursor = starts.slice();
  const out = { indptr: starts, indices: new Int32Array(size), weights: new Float32Array(size) };
  for (let i = 0; i < nItems; i++) {
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) {
      const at = cursor[indices[e]!]!++;
      out.indices[at] = i;
      out.weights[at] = weights[e]!;
    }
  }
  return out;
}
