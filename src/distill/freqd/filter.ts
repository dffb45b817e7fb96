/** Some rows of a sparse filter H, applied to tables, and the way back of their gradients. */
import type { Floats, Kernels } from '../../kernels/index.js';
import type { SparseRows } from './graph.js';

export interface Filter {
  /** All of H x. @param x a row of `dim` values per node, in kernel memory */
  all(x: Floats, dim: number): Floats;
  /** The distinct columns of rows of H. */
  around(ids: Int32Array): Int32Array;
  /**
   * Selects rows of H for the other calls, until the next selection.
   * @param among distinct nodes with all columns of these rows: tables then have a row for each of them, in this order. Absent: one for each node
   */
  select(ids: Int32Array, among?: Int32Array): void;
  /** out = the selected rows of H x. */
  apply(x: Floats, out: Floats, dim: number): void;
  /** into += the transposed selected rows of H times `gradient`, which has a row per selected row. @param into like `x` */
  spread(gradient: Floats, into: Floats, dim: number): void;
  close(): void;
}

export function createFilter(k: Kernels, { indptr, indices, weights }: SparseRows): Filter {
  const nodes = indptr.length - 1;
  const [placeOf, madeIn] = [new Int32Array(nodes), new Float64Array(nodes)];
  let [calls, rows, n] = [0, 0, 0];
  let edges = edgesFor(k, 0);
  return {
    all(x, dim) {
      const out = k.floats(nodes * dim);
      const h = { rows: nodes, columns: nodes, indptr: k.ints(indptr.length), indices: k.ints(indices.length) };
      const kept = k.floats(weights.length);
      h.indptr.set(indptr);
      h.indices.set(indices);
      kept.set(weights);
      k.propagate({ ...h, weights: kept }, x, out, dim);
      k.free(h.indptr, h.indices, kept);
      return out;
    },
    around(ids) {
      calls += 1;
      let found = 0;
      for (let r = 0; r < ids.length; r++) {
        for (let e = indptr[ids[r]!]!; e < indptr[ids[r]! + 1]!; e++) {
          const column = indices[e]!;
          if (madeIn[column] === calls) continue;
          madeIn[column] = calls;
          placeOf[found++] = column;
        }
      }
      return placeOf.slice(0, found);
    },
    select(ids, among) {
      let total = 0;
      for (let r = 0; r < ids.length; r++) total += indptr[ids[r]! + 1]! - indptr[ids[r]!]!;
      if (edges.columns.length < total) {
        edges.free();
        edges = edgesFor(k, Math.ceil(1.25 * total));
      }
      [rows, n] = [ids.length, 0];
      for (let r = 0; r < ids.length; r++) {
        for (let e = indptr[ids[r]!]!; e < indptr[ids[r]! + 1]!; e++, n++) {
          edges.rows[n] = r;
          edges.columns[n] = indices[e]!;
          edges.weights[n] = weights[e]!;
        }
      }
      if (!among) return;
      among.forEach((node, place) => {
        placeOf[node] = place;
      });
      for (let at = 0; at < n; at++) edges.columns[at] = placeOf[edges.columns[at]!]!;
    },
    apply(x, out, dim) {
      out.fill(0, 0, rows * dim);
      k.accumulate(out, edges.rows, x, edges.columns, edges.weights, dim, n);
    },
    spread(gradient, into, dim) {
      k.accumulate(into, edges.columns, gradient, edges.rows, edges.weights, dim, n);
    },
    close: () => edges.free(),
  };
}

/** Edges of selected rows: row in the selection, column, weight. */
function edgesFor(k: Kernels, length: number) {
  const [rows, columns, weights] = [k.ints(length), k.ints(length), k.floats(length)];
  return { rows, columns, weights, free: () => k.free(rows, columns, weights) };
}
