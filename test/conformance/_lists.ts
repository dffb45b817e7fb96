/** Losses on lists of items, checked with their gradient by item; on both machines, from scores as tables of one row to each user. */
import type { Floats, Kernels } from 'recdistill/kernels';
import { put, putInts } from './_machines.js';
import { type Matrix, nestRows, turned } from './matrix.js';

/** Loss of one row's list; writes the derivative with respect to each of its scores. */
export type ListLoss = (row: number, scores: Floats, gradient: Floats) => number;

/**
 * Sums the loss over the rows of `scores` and adds up the gradient by item, with the kernels that methods use: row r's user has the unit vector r, so that
 * an item's vector is its column of scores.
 */
export function lossOfLists(
  k: Kernels,
  { rows: dim, columns: nItems, values }: Matrix,
  lists: readonly (readonly number[])[],
  loss: ListLoss,
): { loss: number; gradient: number[][] } {
  const n = lists.reduce((sum, list) => sum + list.length, 0);
  const unit = put(
    k,
    Array.from({ length: dim * dim }, (_, at) => (at % (dim + 1) === 0 ? 1 : 0)),
  );
  const table = put(k, turned({ rows: dim, columns: nItems, values }));
  const rows = putInts(
    k,
    lists.flatMap((list, r) => list.map(() => r)),
  );
  const columns = putInts(k, lists.flat());
  const [scores, weights, gradient] = [k.floats(n), k.floats(n), k.floats(nItems * dim)];
  k.dotPairs(unit, table, dim, rows, columns, scores, n);
  let [sum, from] = [0, 0];
  lists.forEach((list, r) => {
    const to = from + list.length;
    sum += loss(r, scores.subarray(from, to), weights.subarray(from, to));
    from = to;
  });
  k.accumulate(gradient, columns, unit, rows, weights, dim, n);
  const nested = nestRows(turned({ rows: nItems, columns: dim, values: Float64Array.from(gradient) }), nItems);
  k.free(unit, table, rows, columns, scores, weights, gradient);
  return { loss: sum, gradient: nested };
}
