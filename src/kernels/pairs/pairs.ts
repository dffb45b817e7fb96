import type { Floats, Machine, WasmMachine } from '../machine/machine.js';

export interface PairKernels {
  /**
   * out[k] = inner product of row `rows[k]` of `a` and row `columns[k]` of `b`, for k in `[0, n)`. Both tables have rows of `dim` values.
   */
  dotPairs(a: Floats, b: Floats, dim: number, rows: Int32Array, columns: Int32Array, out: Floats, n: number): void;
  /** The same with the squared Euclidean distance instead of the inner product. */
  distancePairs(a: Floats, b: Floats, dim: number, rows: Int32Array, columns: Int32Array, out: Floats, n: number): void;
  /**
   * target[rows[k]] += weights[k] * source[columns[k]] for k in `[0, n)`. Both tables have rows of `dim` values.
   * The entries of a row are added in the order of k, whatever the number of threads.
   * @param own a table like `target`; if given, weights[k] * (source[columns[k]] - own[rows[k]]) is added
   */
  accumulate(
    target: Floats,
    rows: Int32Array,
    source: Floats,
    columns: Int32Array,
    weights: Floats,
    dim: number,
    n: number,
    own?: Floats,
  ): void;
  /** Row k of `out` = row `rows[k]` of `table`, for k in `[0, n)`. Both have rows of `dim` values. */
  gather(table: Floats, rows: Int32Array, dim: number, out: Floats, n: number): void;
}

export function pairsReference(_: Machine): PairKernels {
  return {
    dotPairs(a, b, dim, rows, columns, out, n) {
      for (let k = 0; k < n; k++) {
        let sum = 0;
        for (let d = 0; d < dim; d++) sum += a[rows[k]! * dim + d]! * b[columns[k]! * dim + d]!;
        out[k] = sum;
      }
    },
    distancePairs(a, b, dim, rows, columns, out, n) {
      for (let k = 0; k < n; k++) {
        let sum = 0;
        for (let d = 0; d < dim; d++) sum += (a[rows[k]! * dim + d]! - b[columns[k]! * dim + d]!) ** 2;
        out[k] = sum;
      }
    },
    accumulate(target, rows, source, columns, weights, dim, n, own) {
      for (let k = 0; k < n; k++) {
        const [row, column] = [rows[k]! * dim, columns[k]! * dim];
        for (let d = 0; d < dim; d++)
          target[row + d]! += weights[k]! * (source[column + d]! - (own ? own[row + d]! : 0));
      }
    },
    gather(table, rows, dim, out, n) {
      for (let k = 0; k < n; k++) out.set(table.subarray(rows[k]! * dim, (rows[k]! + 1) * dim), k * dim);
    },
  };
}

export function pairsWasm(m: WasmMachine): PairKernels {
  let clean = { address: 0, rows: 0 };
  const pairsOf = (...[a, b, dim, rows, columns, out]: Parameters<PairKernels['dotPairs']>) => {
    return { u: a, q: b, dim, users: rows, items: columns, out };
  };
  return {
    dotPairs(a, b, dim, rows, columns, out, n) {
      m.run('dotPairs', pairsOf(a, b, dim, rows, columns, out, n), n, 512);
    },
    distancePairs(a, b, dim, rows, columns, out, n) {
      m.run('distancePairs', pairsOf(a, b, dim, rows, columns, out, n), n, 512);
    },
    accumulate(target, rows, source, columns, weights, dim, n, own) {
      // Without entries linkRows would not run, and `found` would still hold the result of an earlier call.
      if (n === 0) return;
      const size = Math.floor(target.length / dim);
      const heads = m.workspace('accumulate.heads', size * 4);
      if (heads !== clean.address || size > clean.rows) {
        m.intsAt(heads, size).fill(-1);
        clean = { address: heads, rows: size };
      }
      const next = m.workspace('accumulate.next', n * 4);
      const distinct = m.workspace('accumulate.distinct', n * 4);
      const found = m.workspace('accumulate.found', 4);
      m.run('linkRows', { rows, heads, next, distinct, size: found }, n, n);
      const args = { target, source, columns, weights, own, dim, heads, next, distinct };
      m.run('accumulate', args, m.intsAt(found, 1)[0]!, 64);
    },
    gather(table, rows, dim, out, n) {
      m.run('gather', { table, rows, dim, out }, n, 512);
    },
  };
}
