/** Weights from item to item, the largest of each item: what neighbourhood and random walk models consist of. */
import { type Interactions, itemsOf, transpose } from '../data/interactions.js';
import type { Floats } from '../kernels/index.js';
import type { Step } from '../pace.js';

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

/** Adds and comparisons between two steps. */
const AT_ONCE = 2 ** 22;

/** Memory for the items that meet, not for all pairs of items. The time is that of all pairs of items that meet in a user. */
export async function neighboursOf(train: Interactions, step: Step, rule: NeighbourRule): Promise<Neighbours> {
  const { keep, side } = rule;
  const byItem = transpose(train);
  const shares = Float64Array.from({ length: train.users }, (_, u) => rule.share(sizeOf(train, u)));
  const total = meetings(train);
  const room = Math.min(train.items * keep, total);
  const near = {
    indptr: new Int32Array(train.items + 1),
    indices: new Int32Array(room),
    weights: new Float32Array(room),
  };
  const sums = new Float64Array(train.items);
  const met = new Int32Array(train.items);
  const best = createBest(keep, sums);
  let size = 0;
  let [done, asked] = [0, 0];
  for (let own = 0; own < train.items; own++) {
    let count = 0;
    for (const u of itemsOf(byItem, own)) {
      const share = shares[u]!;
      for (let e = train.indptr[u]!; e < train.indptr[u + 1]!; e++) {
        const other = train.indices[e]!;
        if (sums[other] === 0) met[count++] = other;
        sums[other]! += share;
      }
      done += sizeOf(train, u) - 1;
      if (done - asked < AT_ONCE) continue;
      asked = done;
      await step(done, total);
    }
    // From here on the places of those that were met hold their weights.
    for (let m = 0; m < count; m++) {
      const other = met[m]!;
      if (other === own) continue;
      sums[other] = side === 'from' ? rule.weight(sums[other]!, own, other) : rule.weight(sums[other]!, other, own);
      best.add(other);
    }
    for (const other of best.take()) {
      near.indices[size] = other;
      near.weights[size] = sums[other]!;
      size += 1;
    }
    for (let m = 0; m < count; m++) sums[met[m]!] = 0;
    near.indptr[own + 1] = size;
  }
  return side === 'from' ? near : turned(near, train.items);
}

/** Keeps the `most` ids with the largest `values`, of equal ones the lower; in no order. A heap, so that one more id costs next to nothing. */
function createBest(most: number, values: Float64Array) {
  const heap = new Int32Array(Math.min(most, values.length));
  let size = 0;
  /** Whether a would go before b. */
  const worse = (a: number, b: number): boolean => values[a]! < values[b]! || (values[a]! === values[b]! && a > b);
  const sink = (from: number, id: number) => {
    let at = from;
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && worse(heap[child + 1]!, heap[child]!)) child += 1;
      if (!worse(heap[child]!, id)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = id;
  };
  return {
    add(id: number): void {
      if (size < heap.length) {
        heap[size++] = id;
        // It is a heap from the moment that one has to go.
        if (size === heap.length) for (let at = (size >> 1) - 1; at >= 0; at--) sink(at, heap[at]!);
      } else if (worse(heap[0]!, id)) sink(0, id);
    },
    /** What was kept, until the next `add`; the next begins anew. */
    take(): Int32Array {
      const kept = heap.subarray(0, size);
      size = 0;
      return kept;
    },
  };
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
