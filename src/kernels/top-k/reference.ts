import type { Floats, Machine } from '../machine/machine.js';
import type { Rows } from '../rows.js';
import type { TopKKernels } from './top-k.js';

export function topKReference(m: Machine): TopKKernels {
  /** One row: `scores` of all items, without the ids in `masked`. */
  const best = (scores: Floats, masked: Int32Array, depth: number, out: Int32Array, outScores?: Floats) => {
    const left = new Set(masked);
    const ids = Array.from(scores.keys()).filter((i) => !left.has(i) && !Number.isNaN(scores[i]!));
    ids.sort((a, b) => (scores[b]! > scores[a]! ? 1 : scores[b]! < scores[a]! ? -1 : a - b));
    for (let k = 0; k < depth; k++) {
      out[k] = ids[k] ?? -1;
      if (outScores) outScores[k] = k < ids.length ? scores[ids[k]!]! : Number.NEGATIVE_INFINITY;
    }
  };
  const none = new Int32Array(0);
  const maskedIn = (mask: Rows | undefined, row: number) =>
    mask ? mask.indices.subarray(mask.indptr[row]!, mask.indptr[row + 1]!) : none;
  return {
    topK(scores, rows, nItems, mask, maskRows, depth, out, outScores) {
      for (let r = 0; r < rows; r++) {
        const row = scores.subarray(r * nItems, (r + 1) * nItems);
        const [from, to] = [r * depth, (r + 1) * depth];
        best(row, maskedIn(mask, maskRows[r]!), depth, out.subarray(from, to), outScores?.subarray(from, to));
      }
    },
    topKDot(u, q, dim, users, nItems, mask, depth, out, outScores) {
      const table = 'panels' in q ? q.panels : q;
      const scores = m.precision === 'f64' ? new Float64Array(nItems) : new Float32Array(nItems);
      for (let r = 0; r < users.length; r++) {
        for (let i = 0; i < nItems; i++) {
          let sum = 0;
          for (let d = 0; d < dim; d++) sum += u[users[r]! * dim + d]! * table[i * dim + d]!;
          scores[i] = sum;
        }
        const [from, to] = [r * depth, (r + 1) * depth];
        best(scores, maskedIn(mask, users[r]!), depth, out.subarray(from, to), outScores?.subarray(from, to));
      }
    },
    packItems(q, dim, nItems, usersAtOnce = Number.POSITIVE_INFINITY) {
      const panels = m.floats(nItems * dim);
      panels.set(q.subarray(0, nItems * dim));
      return { nItems, dim, panels, usersAtOnce, free: () => m.free(panels) };
    },
  };
}
