/** Scores of all items for given histories, from the tables of a model of histories. */
import type { Floats, Kernels, Rows } from '../kernels/index.js';
import type { Histories, HistoryTables, Parameter } from './_model.js';
import {
  factorsOf,
  freeHistories,
  type HistoryOptions,
  sumHistories,
  takeHistories,
  writeRow,
} from './history-rows.js';

/** The sum of input vectors is over ascending items, as in training, so that the order of a given history changes no bit. */
export function createHistories(
  k: Kernels,
  inputs: Parameter,
  items: Parameter,
  o: Pick<HistoryOptions, 'exponent' | 'width'>,
): Histories {
  const [dim, nItems] = [inputs.shape[1]!, items.shape[0]!];
  return {
    score(given: Rows, out: Floats) {
      const histories = takeHistories(
        k,
        given,
        Int32Array.from({ length: given.rows }, (_, r) => r),
      );
      for (let r = 0; r < given.rows; r++)
        histories.indices.subarray(histories.indptr[r]!, histories.indptr[r + 1]!).sort();
      const factors = factorsOf(histories, o.exponent);
      const sums = sumHistories(k, histories, inputs.values, dim);
      const rows = k.floats(given.rows * o.width);
      for (let r = 0; r < given.rows; r++) writeRow(rows, r * o.width, sums, r * dim, factors[r]!, dim, o.width);
      k.gemm(rows, items.values, out, given.rows, nItems, o.width, 'nt');
      freeHistories(k, histories);
      k.free(sums, rows);
    },
  };
}

/** Copies of the tables, with item vectors and item biases apart. */
export function historyTablesOf(
  inputs: Parameter,
  items: Parameter,
  { exponent, width }: Pick<HistoryOptions, 'exponent' | 'width'>,
): HistoryTables {
  const [dim, nItems] = [inputs.shape[1]!, items.shape[0]!];
  if (width === dim) return { inputFactors: inputs.values.slice(), itemFactors: items.values.slice(), dim, exponent };
  const itemFactors = inputs.values.slice();
  const itemBiases = items.values.slice(0, nItems);
  for (let i = 0; i < nItems; i++) {
    itemFactors.set(items.values.subarray(i * width, i * width + dim), i * dim);
    itemBiases[i] = items.values[i * width + dim]!;
  }
  return { inputFactors: inputs.values.slice(), itemFactors, itemBiases, dim, exponent };
}
