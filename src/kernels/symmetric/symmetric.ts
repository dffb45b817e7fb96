import type { Floats, Machine, WasmMachine } from '../machine/machine.js';
import { takeSlots } from '../machine/slots.js';
import type { Rows } from '../rows.js';
import { slotBytes, TILE } from './layout.js';

/**
 * A symmetric n x n matrix in half the memory: the square tiles of its lower triangle, row by row, each tile row by row.
 * A tile on the diagonal holds both triangles. A tile at the edge is padded with zeros.
 */
export interface Symmetric {
  readonly n: number;
  readonly values: Floats;
}

const tilesOf = (n: number): number => Math.ceil(n / TILE);

/** Number of values of a symmetric n x n matrix, padding included. */
export const symmetricLength = (n: number): number => ((tilesOf(n) * (tilesOf(n) + 1)) / 2) * TILE * TILE;

/** A zero matrix in kernel memory; free `values`. */
export const takeSymmetric = (m: Machine, n: number): Symmetric => ({ n, values: m.floats(symmetricLength(n)) });

/** Index of the element in row i and column j of `values`. On a diagonal tile, the one in the lower triangle. */
export function placeOf(i: number, j: number): number {
  const row = Math.max(i, j);
  const column = Math.min(i, j);
  const down = Math.floor(row / TILE);
  const across = Math.floor(column / TILE);
  return ((down * (down + 1)) / 2 + across) * TILE * TILE + (row % TILE) * TILE + (column % TILE);
}

export interface SymmetricKernels {
  /**
   * out[r] = sum of the rows of `a` that row `chosen[r]` of `rows` lists, weighted if `rows` has weights, for r in `[0, chosen.length)`.
   * It reads `a` once, so many rows cost little more than one.
   * @param rows its columns are rows of `a`
   * @param out `chosen.length` rows of n values
   */
  sumRows(rows: Rows, chosen: Int32Array, a: Symmetric, out: Floats): void;
}

export function symmetricReference(_: Machine): SymmetricKernels {
  return {
    sumRows(rows, chosen, { n, values }, out) {
      out.fill(0, 0, chosen.length * n);
      for (let r = 0; r < chosen.length; r++) {
        for (let e = rows.indptr[chosen[r]!]!; e < rows.indptr[chosen[r]! + 1]!; e++) {
          const weight = rows.weights?.[e] ?? 1;
          for (let j = 0; j < n; j++) out[r * n + j]! += weight * values[placeOf(rows.indices[e]!, j)]!;
        }
      }
    },
  };
}

export function symmetricWasm(m: WasmMachine): SymmetricKernels {
  return {
    sumRows(rows, chosen, { n, values }, out) {
      const args = {
        starts: rows.indptr,
        ...{ columns: rows.indices, weights: rows.weights, chosen, count: chosen.length },
        ...{ a: values, n, out },
        ...takeSlots(m, 'sumRows', slotBytes(chosen.length)),
      };
      m.run('sumRows', args, tilesOf(n), 1);
    },
  };
}
