/**
 * topKDot by matrix products, where they are much faster: with the arithmetic `blas` and with vectors of 256 bits. A product computes a
 * strip of scores, and topK selects from it.
 */
import { gemmWasm } from '../gemm/gemm.js';
import { DEPTH } from '../gemm/layout.js';
import type { WasmMachine } from '../machine/machine.js';
import type { TopKKernels } from './top-k.js';

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

/** The last strip is filled up: the size of a product could change the bits of its elements, and a user's must not depend on the others. */
export function topKByProduct(m: WasmMachine, topK: TopKKernels['topK']): TopKKernels['topKDot'] {
  const { gemm } = gemmWasm(m);
  return (u, q, dim, users, nItems, mask, depth, out, outScores) => {
    const strip = Math.max(8, Math.min(USERS, Math.floor(SCORES / (8 * nItems)) * 8));
    const rows = m.intsAt(m.workspace('topK.rows', strip * 4), strip);
    const vectors = m.floatsAt(m.workspace('topK.vectors', strip * dim * 4), strip * dim);
    const scores = m.floatsAt(m.workspace('topK.strip', strip * nItems * 4), strip * nItems);
    for (let start = 0; start < users.length; start += strip) {
      const some = users.subarray(start, start + strip);
      rows.fill(some[0]!).set(some);
      m.run('gather', { table: u, rows, dim, out: vectors }, strip, 64);
      gemm(vectors, 'panels' in q ? q.panels : q, scores, strip, nItems, dim, 'nt');
      const [from, to] = [start * depth, (start + some.length) * depth];
      topK(
        ...([scores, some.length, nItems, mask, some, depth] as const),
        ...([out.subarray(from, to), outScores?.subarray(from, to)] as const),
      );
    }
  };
}
