/**
 * The graph of users or of items by which FreqD smooths embeddings. Each node has its few nearest other nodes; A has a 1 for each of them, and
 * the adjacency is D^(-1/2) (A + A^T)/2 D^(-1/2) with D the row sums of (A + A^T)/2.
 */
import { type Interactions, itemsOf, transpose } from '../../data/interactions.js';
import { type Floats, freeRows, type Kernels, takeRows } from '../../kernels/index.js';

/** Sparse rows of a square matrix, columns ascending. */
export interface SparseRows {
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  readonly weights: Float64Array;
}

/**
 * The `count` other rows of `x` that have most columns in common with each row, ties by lower id. The time grows with the sum of the squared
 * lengths of the columns.
 * @param zeroCounts `drop`: only rows with a common column. `keep`: rows of lower ids fill up, as in published code
 */
export function coOccurring(x: Interactions, count: number, zeroCounts: 'drop' | 'keep' = 'drop'): Int32Array[] {
  const columns = transpose(x);
  const common = new Int32Array(x.nUsers);
  const met = new Int32Array(x.nUsers);
  return Array.from({ length: x.nUsers }, (_, row) => {
    let found = 0;
    for (const column of itemsOf(x, row)) {
      for (const other of itemsOf(columns, column)) {
        if (other === row) continue;
        if (common[other] === 0) met[found++] = other;
        common[other]! += 1;
      }
    }
    const best = largest(met.subarray(0, found), common, count);
    for (let n = 0; n < found; n++) common[met[n]!] = 0;
    if (zeroCounts === 'drop') return best;
    const all = [...best];
    for (let other = 0; other < x.nUsers && all.length < count; other++)
      if (other !== row && !all.includes(other)) all.push(other);
    return Int32Array.from(all);
  });
}

/** The `count` ids of the largest values, best first, ties by lower id. */
function largest(ids: Int32Array, values: Int32Array, count: number): Int32Array {
  const best = new Int32Array(count);
  let kept = 0;
  for (const id of ids) {
    const isBefore = (other: number) => values[id]! > values[other]! || (values[id] === values[other] && id < other);
    if (kept === count && !isBefore(best[count - 1]!)) continue;
    let at = kept < count ? kept++ : count - 1;
    for (; at > 0 && isBefore(best[at - 1]!); at--) best[at] = best[at - 1]!;
    best[at] = id;
  }
  return best.slice(0, kept);
}

/** Rows compared at a time. */
const BLOCK = 1024;

/** The `count` other rows of a table with the largest cosine, ties by lower id. @param table rows of `dim` values, not in kernel memory */
export function nearestRows(k: Kernels, table: Floats, dim: number, count: number): Int32Array[] {
  const n = table.length / dim;
  const depth = Math.min(count, n - 1);
  if (depth < 1) return Array.from({ length: n }, () => new Int32Array(0));
  const unit = k.floats(table.length);
  for (let r = 0; r < n; r++) {
    let norm = 0;
    for (let d = 0; d < dim; d++) norm += table[r * dim + d]! ** 2;
    const factor = norm > 0 ? 1 / Math.sqrt(norm) : 0;
    for (let d = 0; d < dim; d++) unit[r * dim + d] = factor * table[r * dim + d]!;
  }
  const ids = Int32Array.from({ length: n }, (_, row) => row);
  const itself = takeRows(k, { columns: n, indptr: Int32Array.from({ length: n + 1 }, (_, row) => row), indices: ids });
  const packed = k.packItems(unit, dim, n);
  const rows = k.ints(Math.min(BLOCK, n));
  const out = k.ints(rows.length * depth);
  const found: Int32Array[] = [];
  for (let start = 0; start < n; start += BLOCK) {
    const some = rows.subarray(0, Math.min(BLOCK, n - start));
    some.set(ids.subarray(start, start + some.length));
    k.topKDot(unit, packed, dim, some, n, itself, depth, out);
    for (let r = 0; r < some.length; r++) found.push(out.slice(r * depth, (r + 1) * depth).filter((id) => id >= 0));
  }
  packed.free();
  freeRows(k, itself);
  k.free(unit, rows, out);
  return found;
}

/** The normalised symmetric adjacency of these neighbours. A node that is in no list and has none has an empty row. */
export function adjacencyOf(neighbours: readonly Int32Array[]): SparseRows {
  const rows = neighbours.map(() => new Map<number, number>());
  const add = (row: number, column: number) => rows[row]!.set(column, (rows[row]!.get(column) ?? 0) + 0.5);
  for (const [node, list] of neighbours.entries()) {
    for (const other of list) {
      add(node, other);
      add(other, node);
    }
  }
  const sums = rows.map((row) => [...row.values()].reduce((a, b) => a + b, 0));
  for (const [node, row] of rows.entries())
    for (const [other, weight] of row) row.set(other, weight / Math.sqrt(sums[node]! * sums[other]!));
  return packed(rows);
}

/**
 * H = alpha * adjacency + (1 - alpha) * I, applied `order` times.
 * @param alpha 0 to 1; 0 is the identity
 */
export function filterOf(adjacency: SparseRows, alpha: number, order: number): SparseRows {
  const { indptr, indices, weights } = adjacency;
  const rows = Array.from({ length: indptr.length - 1 }, (_, node) => {
    const row = new Map<number, number>([[node, 1 - alpha]]);
    if (alpha === 0) return row;
    for (let e = indptr[node]!; e < indptr[node + 1]!; e++)
      row.set(indices[e]!, (row.get(indices[e]!) ?? 0) + alpha * weights[e]!);
    return row;
  });
  let filter = rows;
  for (let n = 1; n < order; n++) {
    filter = filter.map((row) => {
      const product = new Map<number, number>();
      for (const [middle, weight] of row)
        for (const [column, other] of rows[middle]!) product.set(column, (product.get(column) ?? 0) + weight * other);
      return product;
    });
  }
  return packed(filter);
}

function packed(rows: readonly ReadonlyMap<number, number>[]): SparseRows {
  const indptr = new Int32Array(rows.length + 1);
  rows.forEach((row, node) => {
    indptr[node + 1] = indptr[node]! + row.size;
  });
  const indices = new Int32Array(indptr.at(-1)!);
  const weights = new Float64Array(indices.length);
  rows.forEach((row, node) => {
    let at = indptr[node]!;
    for (const [column, weight] of [...row].sort(([a], [b]) => a - b)) {
      indices[at] = column;
      weights[at++] = weight;
    }
  });
  return { indptr, indices, weights };
}
