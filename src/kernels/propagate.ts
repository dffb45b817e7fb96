import type { Floats, Machine, WasmMachine } from './_machine.js';
import type { Rows } from './rows.js';

export interface PropagateKernels {
  /**
   * y[r] = sum over the entries e of row r of weights[e] * x[indices[e]] (weight 1 where `rows` has none), and sum[r] += y[r] if `sum` is
   * given; all tables have rows of `dim` numbers, `x` one for each column of `rows`, `y` and `sum` one for each row.
   */
  propagate(rows: Rows, x: Floats, y: Floats, dim: number, sum?: Floats): void;
  /** y += factor * x */
  addScaled(y: Floats, x: Floats, factor: number): void;
  /** y *= factor */
  scale(y: Floats, factor: number): void;
}

export function propagateReference(_: Machine): PropagateKernels {
  return {
    propagate({ rows, indptr, indices, weights }, x, y, dim, sum) {
      for (let r = 0; r < rows; r++) {
        for (let d = 0; d < dim; d++) {
          let total = 0;
          for (let e = indptr[r]!; e < indptr[r + 1]!; e++) total += (weights?.[e] ?? 1) * x[indices[e]! * dim + d]!;
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
  const CHUNK = 16_384;
  return {
    propagate(rows, x, y, dim, sum) {
      const weights = rows.weights ? m.address(rows.weights) : 0;
      const args = [
        m.address(rows.indptr),
        m.address(rows.indices),
        weights,
        m.address(x),
        m.address(y),
        sum ? m.address(sum) : 0,
        dim,
      ];
      m.run('propagate', args, rows.rows, 64);
    },
    addScaled: (y, x, factor) => m.run('addScaled', [m.address(y), m.address(x), factor], y.length, CHUNK),
    scale: (y, factor) => m.run('scale', [m.address(y), factor], y.length, CHUNK),
  };
}
