/** Subject `cl-drd-loss`: pairs weighted by the change in reciprocal rank, as a sum and as the mean over all pairs. */
import { lambdaRank } from 'recdistill/losses';
import type { Checker, Inputs, Result } from './_checker.js';
import { readLists, readMatrix } from './inputs.js';
import { nestRows } from './matrix.js';

export const clDrdLoss: Checker = { check: (inputs) => ({ float64: clDrd(inputs) }) };

function clDrd(inputs: Inputs): Result {
  const { columns, values } = readMatrix(inputs, 'scores');
  const labels = readLists(inputs, 'labels');
  const gradient = new Float64Array(values.length);
  let [loss, pairs] = [0, 0];
  labels.forEach((row, r) => {
    const [from, to] = [r * columns, (r + 1) * columns];
    const own = lambdaRank(values.subarray(from, to), row, gradient.subarray(from, to), columns);
    loss += own.loss;
    pairs += own.pairs;
  });
  return {
    loss_sum: loss,
    grad_sum: nestRows(gradient, columns),
    loss_mean: loss / pairs,
    grad_mean: nestRows(
      gradient.map((g) => g / pairs),
      columns,
    ),
  };
}
