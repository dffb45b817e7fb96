/** Weights from item to item, the largest of each item: what neighbourhood and random walk models consist of. */
import { type Interactions, itemsOf, transpose } from '../data/interactions.js';
import type { Floats } from '../kernels/index.js';

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
  /** The weight from item j to item i, of the sum over the users who have both; positive. */
  weight(sum: number, j: number, i: number): number;
}

/** Memory for the items that meet, not for all pairs of items. */
export function neighboursOf(train: Interactions, rule: NeighbourRule): Neighbours {
  const { keep, side } = rule;
  const byItem = transpose(train);
  const shares = Float64Array.from({ length: train.users }, (_, u) => rule.share(sizeOf(train, u)));
  const sums = new Float64Array(train.items);
  const room = Math.min(train.items * keep, meetings(train));
  const near = {
    indptr: new Int32Array(train.items + 1),
    indices: new Int32Array(room),
    weights: new Float32Array(room),
  };
  let size = 0;
  for (let own = 0; own < train.items; own++) {
    const met: number[] = [];
    for (const u of itemsOf(byItem, own)) {
      for (const other of itemsOf(train, u)) {
        if (other === own) continue;
        if (sums[other] === 0) met.push(other);
        sums[other]! += shares[u]!;
      }
    }
    // From here on the places of those that were met hold their weights.
    for (const other of met) {
      sums[other] = side === 'from' ? rule.weight(sums[other]!, own, other) : rule.weight(sums[other]!, other, own);
    }
    if (met.length > keep) met.sort((a, b) => sums[b]! - sums[a]! || a - b);
    for (const other of met.slice(0, keep)) {
      near.indices[size] = other;
      near.weights[size] = sums[other]!;
      size += 1;
    }
    for (const other of met) sums[other] = 0;
    near.indptr[own + 1] = size;
  }
  return side === 'from' ? near : turned(near, train.items);
}

/** Adds to nothing but `out`: users.length rows of all items, overwritten with the sums over each user's train items. */
export function scoreByNeighbours(near: Neighbours, train: Interactions, users: Int32Array, out: Floats): void {
  out.fill(0, 0, users.length * train.items);
  for (let r = 0; r < users.length; r++) {
    const at = r * train.items;
    for (const j of itemsOf(train, users[r]!)) {
      for (let e = near.indptr[j]!; e < near.indptr[j + 1]!; e++) out[at + near.indices[e]!]! += near.weights[e]!;
    }
  }
}

const sizeOf = (x: Interactions, row: number): number => x.indptr[row + 1]! - x.indptr[row]!;

/** Ordered pairs of items, counted once for each user who has both: at least as many as there are weights. */
function meetings(train: Interactions): number {
  let pairs = 0;
  for (let u = 0; u < train.users; u++) pairs += sizeOf(train, u) * (sizeOf(train, u) - 1);
  return pairs;
}

/** Rows and columns exchanged. */
function turned({ indptr, indices, weights }: Neighbours, items: number): Neighbours {
  const size = indptr[items]!;
  const starts = new Int32Array(items + 1);
  for (let e = 0; e < size; e++) starts[indices[e]! + 1]! += 1;
  for (let j = 0; j < items; j++) starts[j + 1]! += starts[j]!;
  const cursor = starts.slice();
  const out = { indptr: starts, indices: new Int32Array(size), weights: new Float32Array(size) };
  for (let i = 0; i < items; i++) {
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) {
      const at = cursor[indices[e]!]!++;
      out.indices[at] = i;
      out.weights[at] = weights[e]!;
    }
  }
  return out;
}
