import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import type { Rows } from '../rows.js';

/** Rows per chunk: few, because a popular row costs as much as hundreds of others. */
const ROWS_AT_ONCE = 32;
const CHUNK = 16_384;

export interface PropagateKernels {
  /**
   * y[r] = sum over the entries of row r of weight * x[column]. `x` has a row of `dim` values for each column of `rows`, `y` one for each row.
   * The weight is 1 if `rows` has no weights. An empty row gives zeros. `y` must not overlap `x`.
   * @param sum like `y`; if given, sum[r] += y[r]
   */
  propagate(rows: Rows, x: Floats, y: Floats, dim: number, sum?: Floats): void;
  /** y += factor * x, for arrays of equal length. */
  addScaled(y: Floats, x: Floats, factor: number): void;
  /** y *= factor. */
  scale(y: Floats, factor: number): void;
}

export function propagateReference(_: Machine): PropagateKernels {
  return {
    propagate(rows, x, y, dim, sum) {
      for (let r = 0; r < rows.rows; r++) {
        for (let d = 0; d < dim; d++) {
          let total = 0;
          for (let k = rows.indptr[r]!; k < rows.indptr[r + 1]!; k++) {
            total += (rows.weights ? rows.weights[k]! : 1) * x[rows.indices[k]! * dim + d]!;
          }
          y[r * dim + d] = total;
          if (sum) sum[r * dim + d]! += total;
        }
      }
    },
    addScaled(y, x, factor) {
      for (let k = 0; k < y.length; k++) y[k]! += factor * x[k]!;
    },
    scale(y, factor) {
      for (let k = 0; k < y.length; k++) y[k]! *= factor;
    },
  };
}

export function propagateWasm(m: WasmMachine): PropagateKernels {
  return {
    propagate(rows, x, y, dim, sum) {
      const args = { starts: rows.indptr, columns: rows.indices, weights: rows.weights, x, y, sum, dim };
      m.run('propagate', args, rows.rows, ROWS_AT_ONCE);
    },
    addScaled(y, x, factor) {
      m.run('addScaled', { y, x, factor }, y.length, CHUNK);
    },
    scale(y, factor) {
      m.run('scale', { y, factor }, y.length, CHUNK);
    },
  };
}
