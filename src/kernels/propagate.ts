import type { Floats, Machine, WasmMachine } from './_machine.js';
import type { Rows } from './rows.js';

/** Rows of one chunk: few, because a popular row costs as much as hundreds of others. */
const ROWS_AT_ONCE = 32;
const CHUNK = 16_384;

export interface PropagateKernels {
  /**
   * y[r] = the sum over the entries of row r of weight * x[column], for tables of `dim` numbers in each row: `x` has a row for each
   * column of `rows`, `y` one for each row. The weight is 1 where `rows` has none. An empty row gives zeros.
   * `y` must not overlap `x`.
   * @param sum as `y`; if given, sum[r] += y[r]
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
      const sparse = [m.address(rows.indptr), m.address(rows.indices), rows.weights ? m.address(rows.weights) : 0];
      const tables = [m.address(x), m.address(y), sum ? m.address(sum) : 0];
      m.run('propagate', [...sparse, ...tables, dim], rows.rows, ROWS_AT_ONCE);
    },
    addScaled(y, x, factor) {
      m.run('addScaled', [m.address(y), m.address(x), factor], y.length, CHUNK);
    },
    scale(y, factor) {
      m.run('scale', [m.address(y), factor], y.length, CHUNK);
    },
  };
}
