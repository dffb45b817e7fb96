/**
 * The best items of many users at once. The kernels find slightly more items than needed. The student's own arithmetic then scores and orders these, so
 * that the lists and scores are those of `recommend` for one user, whatever the arithmetic of the kernels, the threads and the shards.
 */
import type { Interactions } from '../../data/index.js';
import { freeRows, takeRows } from '../../kernels/index.js';
import type { StudentModel } from '../../student/index.js';
import { scanTopK } from '../../student/top-k.js';
import type { Block, ListSource, Selection } from './_source.js';

/** Items beyond the length of a list that the kernels find. */
const BEYOND = 16;
/** Multiplications of one call of a kernel: about a tenth of a second. */
const AT_ONCE = 2 ** 30;
/** Most users of a block, so that its lists stay small. */
const MOST_USERS = 8192;

/** Vectors of users, and what is left out for each. `n` is the position of a user in the output. */
export interface UserVectors {
  /** Undefined for a user without a vector, whose list is `unknown`. */
  vectorOf(n: number): Float32Array | undefined;
  /** Added to all scores of the user. */
  offsetOf(n: number): number;
  /** Items that are left out, by row `rowOf(n)`. Absent: none. */
  readonly left?: Pick<Interactions, 'indptr' | 'indices'>;
  rowOf(n: number): number;
  /** The list of users without a vector, best first. */
  readonly unknown: { readonly items: Int32Array; readonly scores: Float32Array };
}

/** The items among which lists are made. */
interface Catalogue {
  readonly size: number;
  /** Rows of `width` values: the factors, and the bias if there are any. */
  readonly width: number;
  readonly table: Float32Array;
  /** Item of each row, ascending. Absent: all items. */
  readonly items: Int32Array | undefined;
  /** Row of each item, -1 for an item that is not among them. Absent: all items. */
  readonly places: Int32Array | undefined;
  /** Largest norm of factors, and largest magnitude of a bias. */
  readonly longest: number;
  readonly largestBias: number;
}

/** @param items among which the lists are made, ascending. Absent: all */
export function byVectors(model: StudentModel, users: UserVectors, { k, items }: Selection): ListSource['blocks'] {
  const catalogue = catalogueOf(model, items);
  return function* (kernels, from, to) {
    const { size, width, table } = catalogue;
    const depth = Math.min(size, k + BEYOND);
    if (depth === 0) return yield* empty(from, to, k);
    const perBlock = Math.max(1, Math.min(to - from, MOST_USERS, Math.max(64, Math.floor(AT_ONCE / (size * width)))));
    const raw = kernels.floats(size * width);
    raw.set(table);
    const packed = kernels.packItems(raw, width, size);
    kernels.free(raw);
    const vectors = kernels.floats(perBlock * width);
    const [rows, found] = [kernels.ints(perBlock), kernels.ints(perBlock * depth)];
    const scores = kernels.floats(perBlock * depth);
    try {
      for (let start = from; start < to; start += perBlock) {
        const count = Math.min(perBlock, to - start);
        const queries = Array.from({ length: count }, (_, r) => users.vectorOf(start + r));
        vectors.fill(0);
        queries.forEach((query, r) => {
          if (!query) return;
          vectors.set(query, r * width);
          if (width > model.dim) vectors[r * width + model.dim] = 1;
        });
        for (let r = 0; r < count; r++) rows[r] = r;
        const masked = users.left && takeRows(kernels, maskOf(users, catalogue, start, count));
        try {
          kernels.topKDot(vectors, packed, width, rows.subarray(0, count), size, masked, depth, found, scores);
        } finally {
          if (masked) freeRows(kernels, masked);
        }
        yield blockOf(start, queries, found, scores);
      }
    } finally {
      packed.free();
      kernels.free(vectors, rows, found, scores);
    }
  };

  function blockOf(
    from: number,
    queries: readonly (Float32Array | undefined)[],
    found: Int32Array,
    near: ArrayLike<number>,
  ): Block {
    const depth = Math.min(catalogue.size, k + BEYOND);
    const block = { from, count: queries.length, items: new Int32Array(queries.length * k).fill(-1) };
    const scores = new Float32Array(queries.length * k);
    queries.forEach((query, r) => {
      const top = query
        ? exact(from + r, query, found.subarray(r * depth, (r + 1) * depth), near[(r + 1) * depth - 1]!)
        : users.unknown;
      const offset = query ? users.offsetOf(from + r) : 0;
      block.items.set(top.items, r * k);
      for (let n = 0; n < top.items.length; n++) scores[r * k + n] = Math.fround(top.scores[n]! + offset);
    });
    return { ...block, scores };
  }

  /** @param worst score of the last item that was found, by the kernels; -Infinity if no more items may be listed */
  function exact(n: number, query: Float32Array, found: Int32Array, worst: number) {
    const { items: own, longest, largestBias } = catalogue;
    const { dim, itemFactors: factors, itemBiases: bias } = model;
    const scan = { query, factors, dim, bias, k, excluded: NONE };
    const candidates = found.filter((place) => place >= 0).map((place) => own?.[place] ?? place);
    const top = scanTopK({ ...scan, candidates: candidates.sort() });
    // Both sums are within (dim + 2) / 2^24 of their terms, so an item that was not found scores at most this.
    const error = (dim + 16) * 2 ** -23 * (lengthOf(query) * longest + largestBias) + 1e-36;
    if (worst === Number.NEGATIVE_INFINITY || top.scores.at(-1)! > worst + error) return top;
    return scanTopK({ ...scan, ...(own ? { candidates: own } : {}), excluded: leftOf(users, n) });
  }
}

const NONE = new Int32Array(0);

const leftOf = ({ left, rowOf }: UserVectors, n: number): Int32Array =>
  left ? left.indices.subarray(left.indptr[rowOf(n)]!, left.indptr[rowOf(n) + 1]!) : NONE;

function* empty(from: number, to: number, k: number): Generator<Block, void> {
  for (let start = from; start < to; start += MOST_USERS) {
    const count = Math.min(MOST_USERS, to - start);
    yield { from: start, count, items: new Int32Array(count * k).fill(-1) };
  }
}

function maskOf(users: UserVectors, { size, places }: Catalogue, start: number, count: number) {
  const lists = Array.from({ length: count }, (_, r) => {
    const left = leftOf(users, start + r);
    return places ? left.map((item) => places[item]!).filter((place) => place >= 0) : left;
  });
  const indptr = new Int32Array(count + 1);
  lists.forEach((list, r) => {
    indptr[r + 1] = indptr[r]! + list.length;
  });
  const indices = new Int32Array(indptr[count]!);
  lists.forEach((list, r) => void indices.set(list, indptr[r]!));
  return { columns: size, indptr, indices };
}

function catalogueOf({ nItems, dim, itemFactors, itemBiases }: StudentModel, items: Int32Array | undefined): Catalogue {
  const size = items?.length ?? nItems;
  const width = dim + (itemBiases ? 1 : 0);
  const table = items || itemBiases ? new Float32Array(size * width) : itemFactors;
  let [longest, largestBias] = [0, 0];
  for (let place = 0; place < size; place++) {
    const item = items?.[place] ?? place;
    const factors = itemFactors.subarray(item * dim, (item + 1) * dim);
    longest = Math.max(longest, lengthOf(factors));
    if (table === itemFactors) continue;
    table.set(factors, place * width);
    if (!itemBiases) continue;
    table[place * width + dim] = itemBiases[item]!;
    largestBias = Math.max(largestBias, Math.abs(itemBiases[item]!));
  }
  const places = items && new Int32Array(nItems).fill(-1);
  items?.forEach((item, place) => {
    places![item] = place;
  });
  return { size, width, table, items, places, longest, largestBias };
}

function lengthOf(vector: Float32Array): number {
  let square = 0;
  for (let d = 0; d < vector.length; d++) square += vector[d]! * vector[d]!;
  return Math.sqrt(square);
}
