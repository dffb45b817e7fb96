/** Scores for histories by a model with tables of users and items, by fold-in, as the student runtime answers people whom it does not know. */
import { freeRows, type Kernels } from '../kernels/index.js';
import { type Histories, type Tables, takeAscending } from '../models/index.js';
import type { FoldInWeights } from '../student/fold-in.js';
import { createVectorOf } from '../student/from-items.js';
import { factorColumns, partsOf } from './student-bundle.js';

/**
 * The scores that a student with these tables gives to people whom it does not know: a user vector by weighted least squares on the item factors
 * (src/student/fold-in.ts), with the same bits as in the student runtime; score(i) = <vector, factors of i> + bias of i. Biases are not part of the
 * equation. The scores of an empty history are the biases, or 0. A history H takes |H| dim^2 / 2 + dim^3 / 6 multiplications besides its scores.
 * @param tables in kernel memory. They must be neither changed nor freed as long as the result is used
 * @param weights default: those of the student runtime
 * @throws StudentError `bad-argument` for weights out of range, from `score`; RangeError as `takeAscending`
 */
export function foldInHistories(k: Kernels, tables: Tables, weights: Partial<FoldInWeights> = {}): Histories {
  const { itemFactors, dim, biases } = tables;
  const nItems = itemFactors.length / dim;
  const vectorOf = createVectorOf(partsOf(tables));
  const columns = factorColumns(tables);
  return {
    by: 'fold-in',
    score(given, out) {
      const histories = takeAscending(k, given, nItems);
      // Rows as long as those of the tables: the bias of a user is 0, and 1 is the factor of the item biases.
      const rows = k.floats(given.rows * dim);
      try {
        for (let r = 0; r < given.rows; r++) {
          if (biases) rows[r * dim + biases.itemColumn] = 1;
          const items = histories.indices.subarray(histories.indptr[r]!, histories.indptr[r + 1]!);
          if (items.length === 0) continue;
          for (const [at, value] of vectorOf(items, weights).entries()) rows[r * dim + columns[at]!] = value;
        }
        k.gemm(rows, itemFactors, out, given.rows, nItems, dim, 'nt');
      } finally {
        freeRows(k, histories);
        k.free(rows);
      }
    },
  };
}
