import { fail } from '../../errors.js';
import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import type { Rows } from '../rows.js';
import { slotBytes } from './layout.js';

export interface AlsKernels {
  /**
   * target[r] = (base + sum w s s' + ridges[r] I)^-1 sum w s over the rows s of `source` that row r of `rows` lists with weight w: a
   * half-step of alternating least squares for implicit feedback (Hu, Koren and Volinsky, ICDM 2008). An empty row gives zeros.
   * @param rows its columns are rows of `source`; without weights each weight is 1
   * @param base symmetric, dim x dim; the same for all rows
   * @param ridges one value per row
   * @param target `dim` values per row; must not overlap `source`
   * @throws RecdistillError `not-positive-definite` if a pivot vanishes relative to its diagonal element; `target` is then undefined
   */
  als(rows: Rows, source: Floats, base: Floats, ridges: Floats, target: Floats, dim: number): void;
}

/** A smaller share of the diagonal element means that a pivot is only rounding error. */
const TOLERANCE = { f32: 2 ** -22, f64: 2 ** -50 };
/** Few, because a popular row costs as much as many others. */
const ROWS_AT_ONCE = 8;

const notPositive = (row: number, dim: number) => fail('not-positive-definite', { row, n: dim });

export function alsReference(m: Machine): AlsKernels {
  return {
    als(rows, source, base, ridges, target, dim) {
      for (let r = 0; r < rows.rows; r++) {
        const matrix = Float64Array.from(base.subarray(0, dim * dim));
        const side = new Float64Array(dim);
        for (let d = 0; d < dim; d++) matrix[d * dim + d]! += ridges[r]!;
        for (let e = rows.indptr[r]!; e < rows.indptr[r + 1]!; e++) {
          const s = source.subarray(rows.indices[e]! * dim, (rows.indices[e]! + 1) * dim);
          const weight = rows.weights?.[e] ?? 1;
          for (let i = 0; i < dim; i++) {
            side[i]! += weight * s[i]!;
            for (let j = 0; j < dim; j++) matrix[i * dim + j]! += weight * s[i]! * s[j]!;
          }
        }
        const named = rows.indptr[r + 1]! > rows.indptr[r]!;
        target.set(named ? solve(matrix, side, dim, TOLERANCE[m.precision]) : side, r * dim);
      }
    },
  };
}

/** matrix^-1 side by Cholesky: matrix = L L'. Both are overwritten. */
function solve(matrix: Float64Array, side: Float64Array, n: number, tolerance: number): Float64Array {
  for (let i = 0; i < n; i++) {
    const diagonal = matrix[i * n + i]!;
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * n + j]!;
      for (let k = 0; k < j; k++) rest -= matrix[i * n + k]! * matrix[j * n + k]!;
      if (j === i && !(rest > tolerance * diagonal && rest > 0 && rest < Number.POSITIVE_INFINITY)) notPositive(i, n);
      matrix[i * n + j] = j === i ? Math.sqrt(rest) : rest / matrix[j * n + j]!;
    }
    for (let k = 0; k < i; k++) side[i]! -= matrix[i * n + k]! * side[k]!;
    side[i]! /= matrix[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) side[i]! -= matrix[k * n + i]! * side[k]!;
    side[i]! /= matrix[i * n + i]!;
  }
  return side;
}

export function alsWasm(m: WasmMachine): AlsKernels {
  return {
    als(rows, source, base, ridges, target, dim) {
      const status = m.workspace('als.status', rows.rows * 4);
      const args = {
        starts: rows.indptr,
        ...{ columns: rows.indices, weights: rows.weights, source, base, ridges, target },
        ...{ status, dim, tolerance: TOLERANCE.f32 },
        ...takeSlots(m, 'als', slotBytes(dim)),
      };
      m.run('als', args, rows.rows, ROWS_AT_ONCE);
      const bad = m.intsAt(status, rows.rows).find((row) => row >= 0);
      if (bad !== undefined) notPositive(bad, dim);
    },
  };
}
