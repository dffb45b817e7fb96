/** Subject `bd-loss-cdae`: the losses of teacher and student on masked outputs, with their scoreGradients by logits and by outputs. */

import type { Kernels } from 'recdistill/kernels';
import { bce, bd } from 'recdistill/losses';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put } from './_machines.js';
import { readMatrix, readNumber } from './inputs.js';
import { nestRows } from './matrix.js';

export const bdLossCdae: Checker = {
  // Sums over some dozens of logistic losses of float32 logits; the slope by an output divides by p (1 - p), which is small for far logits.
  float32: {
    abs: 2e-5,
    rel: 2e-5,
    keys: ['loss_T_CF', 'loss_T_BD', 'loss_T', 'loss_S_CF', 'loss_S_BD', 'loss_S', 'grad_logits_T', 'grad_logits_S'],
  },
  check: (inputs) => onBoth((k) => ({ ...lossOf(k, inputs, 'T', 'S'), ...lossOf(k, inputs, 'S', 'T') })),
};

function lossOf(k: Kernels, inputs: Inputs, own: string, other: string) {
  const { columns, values: logits } = readMatrix(inputs, `logits_${own}`);
  const gradient = new Float64Array(logits.length);
  /** The loss on the cells of a mask; adds its scoreGradients to `gradient`. */
  const onMask = (mask: string, targets: string, loss: Loss): number => {
    const cells = [...readMatrix(inputs, mask).values.entries()].flatMap(([at, inside]) => (inside === 0 ? [] : [at]));
    const [from, aims, scoreGradients] = [
      put(
        k,
        cells.map((at) => logits[at]!),
      ),
      put(
        k,
        cells.map((at) => readMatrix(inputs, targets).values[at]!),
      ),
      k.floats(cells.length),
    ];
    const value = loss(from, aims, scoreGradients, cells.length);
    cells.forEach((at, c) => {
      gradient[at]! += scoreGradients[c]!;
    });
    k.free(from, aims, scoreGradients);
    return value;
  };
  const [temperature, lambda] = [readNumber(inputs, `temp_${other}`), readNumber(inputs, `lamb_${own}`)];
  const learn =
    (weight: number): Loss =>
    (from, aims, scoreGradients, n) =>
      bd(from, aims, temperature, weight, scoreGradients, n);
  const alone = onMask(`w_KD_${own}`, `logits_${other}`, learn(1));
  gradient.fill(0);
  const base = onMask(`w_CF_${own}`, 'targets', bce);
  const saved = onMask(`w_KD_${own}`, `logits_${other}`, learn(lambda));
  const result: { [key: string]: Result } = {
    [`loss_${own}_CF`]: base,
    [`loss_${own}_BD`]: alone,
    [`loss_${own}`]: base + saved,
    [`grad_logits_${own}`]: nestRows(gradient, columns),
    [`grad_output_${own}`]: nestRows(
      gradient.map((g, at) => byOutput(g, logits[at]!)),
      columns,
    ),
  };
  return result;
}

type Loss = typeof bce;

/** With p = sigmoid(x) the slope by p is that by x over p (1 - p). */
function byOutput(slope: number, x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (slope * (1 + e) ** 2) / e;
}
