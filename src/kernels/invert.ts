import { fail } from '../errors.js';
import type { Floats, Machine, WasmMachine } from './_machine.js';
import { gemmWasm } from './gemm.js';

export interface InvertKernels {
  /**
   * Replaces the symmetric positive definite n x n matrix `a` by its inverse; only the lower triangle is read. Without
   * pivoting, as such a matrix allows: in float32 the relative error is about 1e-7 times the condition number.
   * @throws RecdistillError `not-positive-definite` when a pivot vanishes against its diagonal element; `a` is then lost
   */
  invert(a: Floats, n: number): void;
}

/** A pivot below this share of its diagonal element is nothing but rounding. */
const TOLERANCE = { f32: 2 ** -22, f64: 2 ** -50 };

const notPositive = (row: number, n: number) => fail('not-positive-definite', { row, n });

export function invertReference(m: Machine): InvertKernels {
  return {
    /** Sweeps (Goodnight 1979): after the sweep of row k, the rows up to k hold -1 times the inverse of their part. */
    invert(a, n) {
      const limits = Float64Array.from({ length: n }, (_, k) => TOLERANCE[m.precision] * a[k * n + k]!);
      for (let k = 0; k < n; k++) {
        const pivot = a[k * n + k]!;
        if (!(pivot > limits[k]! && pivot > 0 && pivot < Number.POSITIVE_INFINITY)) notPositive(k, n);
        const column = Float64Array.from({ length: n }, (_, i) => (i < k ? a[k * n + i]! : a[i * n + k]!));
        for (let i = 0; i < n; i++) {
          for (let j = 0; j <= i; j++) {
            if (i !== k && j !== k) a[i * n + j]! -= (column[i]! * column[j]!) / pivot;
          }
        }
        for (let i = 0; i < n; i++) a[i < k ? k * n + i : i * n + k] = column[i]! / pivot;
        a[k * n + k] = -1 / pivot;
      }
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          a[i * n + j] = -a[i * n + j]!;
          a[j * n + i] = a[i * n + j]!;
        }
      }
    },
  };
}

/** Rows that are swept together: enough for the matrix product to be the bulk of the work. */
const BLOCK = 128;

export function invertWasm(m: WasmMachine): InvertKernels {
  const { gemm } = gemmWasm(m);
  const floats = (name: string, length: number) => m.floatsAt(m.workspace(`invert.${name}`, length * 4), length);
  return {
    /** The same by blocks: with P = inverse of the pivot block, W = its columns, V = W P: rest -= V W^T, columns = V, block = -P. */
    invert(a, n) {
      const at = m.address(a);
      const w = floats('columns', n * BLOCK);
      const v = floats('swept', n * BLOCK);
      const pivot = floats('pivot', BLOCK * BLOCK);
      const limits = m.workspace('invert.limits', n * 4);
      const work = m.workspace('invert.work', BLOCK * BLOCK * 8);
      const status = m.intsAt(m.workspace('invert.status', 4), 1).fill(-1);
      m.run('diagonal', [at, n, limits], n, n);
      for (let first = 0; first < n; first += BLOCK) {
        const size = Math.min(BLOCK, n - first);
        const block = [at, n, first, size];
        m.run('invertBlock', [...block, m.address(pivot), work, limits, TOLERANCE.f32, m.address(status)], 1, 1);
        if (status[0]! >= 0) notPositive(status[0]!, n);
        if (size < n) {
          m.run('blockColumns', [...block, m.address(w)], n, 32);
          gemm(w, pivot, v, n, size, size, 'nn');
          gemm(v, w, a, n, n, size, 'nt', { alpha: -1, accumulate: true, lower: true });
        }
        m.run('putColumns', [...block, m.address(v), m.address(pivot)], n, 32);
      }
      m.run('mirror', [at, n], n, 32);
    },
  };
}
