/** Sparse rows in kernel memory. */
import type { Floats, Machine } from './machine/machine.js';

export interface Rows {
  readonly rows: number;
  readonly columns: number;
  /** Row starts, length `rows + 1`. */
  readonly indptr: Int32Array;
  /** Column ids, ascending within each row. */
  readonly indices: Int32Array;
  /** One weight per index. Absent: unweighted. */
  readonly weights?: Floats;
}

export interface WeightedRows extends Rows {
  readonly weights: Floats;
}

interface Source {
  readonly columns: number;
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
}

/** Copies sparse rows into kernel memory; free them with `freeRows`. */
export function takeRows(m: Machine, source: Source, weights: ArrayLike<number>): WeightedRows;
export function takeRows(m: Machine, source: Source, weights?: ArrayLike<number>): Rows;
export function takeRows(m: Machine, source: Source, weights?: ArrayLike<number>): Rows {
  const indptr = m.ints(source.indptr.length);
  indptr.set(source.indptr);
  const indices = m.ints(source.indices.length);
  indices.set(source.indices);
  const kept = weights ? m.floats(weights.length) : undefined;
  kept?.set(weights!);
  return { rows: indptr.length - 1, columns: source.columns, indptr, indices, ...(kept ? { weights: kept } : {}) };
}

export function freeRows(m: Machine, rows: Rows): void {
  m.free(rows.indptr, rows.indices, ...(rows.weights ? [rows.weights] : []));
}
