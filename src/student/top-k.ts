/** Exact best-k of dot products: one pass, a heap of the k best so far, no score array. */

export interface Scan {
  /** The query vector, length `dim`. */
  readonly query: ArrayLike<number>;
  /** `items * dim` item factors, row by row. */
  readonly factors: Float32Array;
  readonly dim: number;
  /** Multiplier of each item's dot product; 1 if absent. */
  readonly scale?: Float64Array | undefined;
  /** Added to each item's score; 0 if absent. */
  readonly bias?: Float32Array | undefined;
  /** Item numbers to look at, ascending, without repetition; all if absent. */
  readonly candidates?: Int32Array | undefined;
  /** Item numbers to pass over, ascending. */
  readonly excluded: Int32Array;
  /** Called only for an item good enough to enter the list. */
  readonly accept?: ((item: number) => boolean) | undefined;
  /** Length of the list wanted, at least 1. */
  readonly k: number;
}

export interface TopItems {
  /** Item numbers, best first; of equal scores the lower number comes first. */
  readonly items: Int32Array;
  readonly scores: Float64Array;
}

/** The best `k` items by `dot(query, factors[item]) * scale[item] + bias[item]`; fewer if fewer are allowed. */
export function scanTopK(scan: Scan): TopItems {
  const { factors, dim, scale, bias, candidates, excluded, accept } = scan;
  const query = Float64Array.from(scan.query);
  const total = candidates?.length ?? factors.length / dim;
  const k = Math.min(scan.k, total);
  const items = new Int32Array(k);
  const scores = new Float64Array(k);
  let size = 0;
  let threshold = Number.NEGATIVE_INFINITY;
  let skip = 0;
  for (let c = 0; c < total && k > 0; c++) {
    const item = candidates ? candidates[c]! : c;
    while (skip < excluded.length && excluded[skip]! < item) skip += 1;
    if (excluded[skip] === item) continue;
    let score = dot(query, factors, item * dim, dim);
    if (scale) score *= scale[item]!;
    if (bias) score += bias[item]!;
    // Items come in ascending order, so one that only equals the worst of a full list loses the tie.
    if (size === k && !(score > threshold)) continue;
    if (accept && !accept(item)) continue;
    if (size < k) {
      rise(items, scores, size, item, score);
      size += 1;
    } else {
      sink(items, scores, size, item, score);
    }
    if (size === k) threshold = scores[0]!;
  }
  return drain(items, scores, size);
}

/** Four sums keep four multiplications in flight; their order is fixed, so a score is the same on every call. */
export function dot(query: Float64Array, factors: Float32Array, start: number, dim: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let j = 0;
  for (; j + 3 < dim; j += 4) {
    a += query[j]! * factors[start + j]!;
    b += query[j + 1]! * factors[start + j + 1]!;
    c += query[j + 2]! * factors[start + j + 2]!;
    d += query[j + 3]! * factors[start + j + 3]!;
  }
  for (; j < dim; j++) a += query[j]! * factors[start + j]!;
  return a + b + (c + d);
}

// The heap's root is the worst item of the list: the lowest score, of equal ones the highest number.
const worse = (scoreA: number, itemA: number, scoreB: number, itemB: number): boolean =>
  scoreA < scoreB || (scoreA === scoreB && itemA > itemB);

function rise(items: Int32Array, scores: Float64Array, from: number, item: number, score: number): void {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!worse(score, item, scores[parent]!, items[parent]!)) break;
    items[at] = items[parent]!;
    scores[at] = scores[parent]!;
    at = parent;
  }
  items[at] = item;
  scores[at] = score;
}

function sink(items: Int32Array, scores: Float64Array, size: number, item: number, score: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    const right = child + 1;
    if (right < size && worse(scores[right]!, items[right]!, scores[child]!, items[child]!)) child = right;
    if (!worse(scores[child]!, items[child]!, score, item)) break;
    items[at] = items[child]!;
    scores[at] = scores[child]!;
    at = child;
  }
  items[at] = item;
  scores[at] = score;
}

function drain(items: Int32Array, scores: Float64Array, size: number): TopItems {
  const sortedItems = new Int32Array(size);
  const sortedScores = new Float64Array(size);
  for (let left = size; left > 0; left--) {
    sortedItems[left - 1] = items[0]!;
    sortedScores[left - 1] = scores[0]!;
    sink(items, scores, left - 1, items[left - 1]!, scores[left - 1]!);
  }
  return { items: sortedItems, scores: sortedScores };
}
