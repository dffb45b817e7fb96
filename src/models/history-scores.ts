/** Scores of all items for given histories, from the tables of a model of histories. */
import { type Floats, freeRows, type Kernels, type Rows } from '../kernels/index.js';
import type { Histories, HistoryTables, Parameter } from './_model.js';
import { takeAscending } from './given-histories.js';
import { factorsOf, type HistoryOptions, sumHistories, writeRow } from './history-rows.js';

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
      const histories = takeAscending(k, given, nItems);
      const factors = factorsOf(histories, o.exponent);
      const sums = sumHistories(k, histories, inputs.values, dim);
      const rows = k.floats(given.rows * o.width);
      for (let r = 0; r < given.rows; r++) writeRow(rows, r * o.width, sums, r * dim, factors[r]!, dim, o.width);
      k.gemm(rows, items.values, out, given.rows, nItems, o.width, 'nt');
      freeRows(k, histories);
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
