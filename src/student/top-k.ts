/** Exact top-k search by inner product in float32, with a heap of the k best items and without a score array. */
import type { Screen } from './screen.js';

export interface Scan {
  /** The query vector, length `dim`. */
  readonly query: Float32Array;
  /** `nItems * dim` item factors, row by row. */
  readonly factors: Float32Array;
  readonly dim: number;
  /** Multiplier of each item's inner product. Default: 1. */
  readonly scale?: Float32Array | undefined;
  /** Added to each item's score. Default: 0. */
  readonly bias?: Float32Array | undefined;
  /** Item indices to rank, strictly ascending. Default: all. */
  readonly candidates?: Int32Array | undefined;
  /** Item indices to exclude, ascending. */
  readonly excluded: Int32Array;
  /** Called only for items good enough for the list. */
  readonly accept?: ((item: number) => boolean) | undefined;
  /** Length of the list, at least 1. */
  readonly k: number;
  /** Skips items that cannot enter the list. Its query must be set already. The list is the same without it. */
  readonly screen?: Screen | undefined;
}

export interface TopItems {
  /** Item indices, best first. Ties go to the lower index. */
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

const { fround } = Math;

/** The best `k` items by `dot(query, factors[item]) * scale[item] + bias[item]`, or fewer if fewer are allowed. */
export function scanTopK(scan: Scan): TopItems {
  const { query, factors, dim, scale, bias, candidates, excluded, accept, screen } = scan;
  const total = candidates?.length ?? factors.length / dim;
  const k = Math.min(scan.k, total);
  const items = new Int32Array(k);
  const scores = new Float32Array(k);
  let size = 0;
  let threshold = Number.NEGATIVE_INFINITY;
  const offer = (item: number): void => {
    let score = dot(query, factors, item * dim, dim);
    if (scale) score = fround(score * scale[item]!);
    if (bias) score = fround(score + bias[item]!);
    if (size === k && !(score > threshold || (score === threshold && item < items[0]!))) return;
    if (contains(excluded, item)) return;
    if (accept && !accept(item)) return;
    if (size < k) {
      siftUp(items, scores, size, item, score);
      size += 1;
    } else {
      siftDown(items, scores, size, item, score);
    }
    if (size === k) threshold = scores[0]!;
  };
  if (k > 0 && screen && !candidates) {
    // Each round is half as long as all before it, up to a maximum: the threshold rises most at the start.
    for (let begin = 0, end = 0; begin < total && !(screen.limit(begin) < threshold); begin = end) {
      const more = screen.step * Math.ceil(begin / 2 / screen.step);
      end = Math.min(total, begin + Math.min(Math.max(screen.step, more), screen.most));
      const count = screen.pass(threshold, begin, end);
      for (let n = 0; n < count; n++) if (screen.passed[n]! < total) offer(screen.order[screen.passed[n]!]!);
    }
  } else {
    for (let c = 0; c < total && k > 0; c++) offer(candidates ? candidates[c]! : c);
  }
  return drain(items, scores, size);
}

/**
 * The inner product in float32: four partial sums, combined as (first + third) + (second + fourth), then the remaining
 * columns one by one. The order is fixed, so that a score is bit-identical on every machine.
 */
export function dot(query: Float32Array, factors: Float32Array, start: number, dim: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let j = 0;
  for (; j + 3 < dim; j += 4) {
    a = fround(a + fround(query[j]! * factors[start + j]!));
    b = fround(b + fround(query[j + 1]! * factors[start + j + 1]!));
    c = fround(c + fround(query[j + 2]! * factors[start + j + 2]!));
    d = fround(d + fround(query[j + 3]! * factors[start + j + 3]!));
  }
  let sum = fround(fround(a + c) + fround(b + d));
  for (; j < dim; j++) sum = fround(sum + fround(query[j]! * factors[start + j]!));
  return sum;
}

/** True if an ascending list contains a number. */
function contains(list: Int32Array, wanted: number): boolean {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return list[low] === wanted;
}

// The root of the heap is the worst item of the list: the lowest score, or in a tie the highest index.
const worse = (scoreA: number, itemA: number, scoreB: number, itemB: number): boolean =>
  scoreA < scoreB || (scoreA === scoreB && itemA > itemB);

function siftUp(items: Int32Array, scores: Float32Array, from: number, item: number, score: number): void {
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

function siftDown(items: Int32Array, scores: Float32Array, size: number, item: number, score: number): void {
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

function drain(items: Int32Array, scores: Float32Array, size: number): TopItems {
  const sortedItems = new Int32Array(size);
  const sortedScores = new Float32Array(size);
  for (let left = size; left > 0; left--) {
    sortedItems[left - 1] = items[0]!;
    sortedScores[left - 1] = scores[0]!;
    siftDown(items, scores, left - 1, items[left - 1]!, scores[left - 1]!);
  }
  return { items: sortedItems, scores: sortedScores };
}
