/**
 * The scores of topKDot by matrix products, where they are much faster: with the arithmetic `blas` and with vectors of 256 bits.
 */
import { gemmWasm } from '../gemm/gemm.js';
import { DEPTH } from '../gemm/layout.js';
import type { Floats, WasmMachine } from '../machine/machine.js';

/** Minimum dim for which it is faster: with `blas` a dim of 50 takes 0.6 to 0.8 of the time, 604 takes 0.3 to 0.5; else 128 takes 0.6. */
const LEAST_DIM = { blas: 48, other: 96 };
/** Maximum number of users of a strip, and of its scores. */
const USERS = 64;
const SCORES = 2 ** 21;

/** @param usersAtOnce users of a call. A few are faster without the library, which gets whole strips only. */
export function usesProduct(m: WasmMachine, dim: number, usersAtOnce: number): boolean {
  if (usersAtOnce < USERS / 4) return false;
  if (m.arithmetic.startsWith('blas')) return dim >= LEAST_DIM.blas;
  // Longer sums are added in blocks, which would change their bits.
  return m.panelColumns === 16 && dim >= LEAST_DIM.other && dim <= DEPTH;
}

/** `users.length * nItems` scores, and the index of their first user. */
export interface Strip {
  readonly scores: Floats;
  readonly users: Int32Array;
  readonly start: number;
}

/**
 * Calls `each` with the inner products of rows of `u` and all rows of `q`, a strip of users at a time. The last product has as many rows
 * as the others: the size of a product could change the bits of its elements, and a user's must not depend on the other users.
 */
export function scoreStrips(
  m: WasmMachine,
  u: Floats,
  q: Floats,
  dim: number,
  users: Int32Array,
  nItems: number,
  each: (strip: Strip) => void,
): void {
  const { gemm } = gemmWasm(m);
  const strip = Math.max(8, Math.min(USERS, Math.floor(SCORES / (8 * nItems)) * 8));
  const rows = m.intsAt(m.workspace('topK.rows', strip * 4), strip);
  const vectors = m.floatsAt(m.workspace('topK.vectors', strip * dim * 4), strip * dim);
  const scores = m.floatsAt(m.workspace('topK.strip', strip * nItems * 4), strip * nItems);
  for (let start = 0; start < users.length; start += strip) {
    const some = users.subarray(start, start + strip);
    rows.fill(some[0]!).set(some);
    m.run('gather', { table: u, rows, dim, out: vectors }, strip, 64);
    gemm(vectors, q, scores, strip, nItems, dim, 'nt');
    each({ scores, users: some, start });
  }
}
