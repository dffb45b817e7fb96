/** User vectors that are computed from the user's items: |H|^(-exponent) times the sum of the input vectors of the items in the history H. */
import type { Floats, Kernels, Rows } from '../kernels/index.js';
import { historyFactor } from '../student/history.js';
import type { Parameter } from './_model.js';
import { createDerivedRows, type DerivedRows } from './derived-rows.js';
import type { HistorySplit } from './history-split.js';

export interface HistoryOptions {
  readonly exponent: number;
  /** Weight of the penalty on the norms of input vectors. */
  readonly inputL2: number;
  /** Length of a user's row: that of an input vector, or one more. The last entry of a longer row is 1, for item biases. */
  readonly width: number;
}

/** Users whose rows were computed together. */
interface Piece {
  /** One row for each of them. */
  readonly histories: Rows;
  readonly factors: Float64Array;
}

/** Rows of users: within a batch from the kept items of its epoch, otherwise from all of the user's train items. */
export function createHistoryRows(k: Kernels, split: HistorySplit, inputs: Parameter, o: HistoryOptions): DerivedRows {
  const dim = inputs.shape[1]!;
  return createDerivedRows<Piece>(k, split.whole.rows, o.width, {
    make(users, values, epoch) {
      const histories = takeHistories(k, epoch === undefined ? split.whole : split.at(epoch).kept, users);
      const factors = factorsOf(histories, o.exponent);
      const sums = sumHistories(k, histories, inputs.values, dim);
      for (let r = 0; r < users.length; r++)
        writeRow(values, users[r]! * o.width, sums, r * dim, factors[r]!, dim, o.width);
      k.free(sums);
      return { histories, factors };
    },
    back({ histories, factors }, gradient) {
      const sums = k.floats(histories.rows * dim);
      for (let r = 0; r < histories.rows; r++)
        for (let d = 0; d < dim; d++) sums[r * dim + d] = gradient[r * o.width + d]! * factors[r]!;
      backHistories(k, histories, inputs, sums, o.inputL2);
      k.free(sums);
    },
    forget: ({ histories }) => freeHistories(k, histories),
  });
}

/** Copies the rows `ids` into kernel memory; free them with `freeHistories`. */
export function takeHistories(k: Kernels, from: Rows, ids: Int32Array): Rows {
  let entries = 0;
  for (const id of ids) entries += from.indptr[id + 1]! - from.indptr[id]!;
  const [indptr, indices] = [k.ints(ids.length + 1), k.ints(entries)];
  let at = 0;
  for (let r = 0; r < ids.length; r++) {
    const row = from.indices.subarray(from.indptr[ids[r]!]!, from.indptr[ids[r]! + 1]!);
    indices.set(row, at);
    at += row.length;
    indptr[r + 1] = at;
  }
  return { rows: ids.length, columns: from.columns, indptr, indices };
}

export const freeHistories = (k: Kernels, { indptr, indices }: Rows): void => k.free(indptr, indices);

/** The factor of each history. */
export const factorsOf = ({ rows, indptr }: Rows, exponent: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, r) => historyFactor(indptr[r + 1]! - indptr[r]!, exponent));

/** The sum of the input vectors of each history, in kernel memory. */
export function sumHistories(k: Kernels, histories: Rows, inputs: Floats, dim: number): Floats {
  const sums = k.floats(histories.rows * dim);
  k.propagate(histories, inputs, sums, dim);
  return sums;
}

/** Writes factor * sum to `out`, and a 1 after it if `width` is more than `dim`. */
export function writeRow(
  out: Floats,
  at: number,
  sums: Floats,
  from: number,
  factor: number,
  dim: number,
  width: number,
): void {
  for (let d = 0; d < dim; d++) out[at + d] = sums[from + d]! * factor;
  if (width > dim) out[at + dim] = 1;
}

/**
 * Adds the gradient of the sum of a history to the gradient of the input vector of each of its items, and inputL2 times this vector: the
 * gradient of inputL2 / 2 * squared norm, for each history in which the item occurs.
 * @param sums gradients of the sums, one row per history
 */
export function backHistories(k: Kernels, histories: Rows, inputs: Parameter, sums: Floats, inputL2: number): void {
  const dim = inputs.shape[1]!;
  const { rows, indices, indptr } = histories;
  const entries = indptr[rows]!;
  const [rowOf, weights] = [k.ints(entries), k.floats(entries)];
  for (let r = 0; r < rows; r++) rowOf.fill(r, indptr[r]!, indptr[r + 1]!);
  weights.fill(1);
  k.accumulate(inputs.gradient, indices, sums, rowOf, weights, dim, entries);
  if (inputL2 > 0) {
    weights.fill(inputL2);
    k.accumulate(inputs.gradient, indices, inputs.values, indices, weights, dim, entries);
  }
  inputs.touched?.mark(indices);
  k.free(rowOf, weights);
}
