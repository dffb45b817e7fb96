/** Subject `bd-loss-bpr`: the losses of teacher and student on pairs, whose negatives are the drawn items, with their scoreGradients. */

import type { Kernels } from 'recdistill/kernels';
import { bd, bpr } from 'recdistill/losses';
import type { Checker, Inputs, Result } from './_checker.js';
import { onBoth, put } from './_machines.js';
import { readNumber, readNumbers } from './inputs.js';

export const bdLossBpr: Checker = {
  // Sums over less than ten logistic losses of float32 scores.
  float32: { abs: 2e-6, rel: 2e-6 },
  check: (inputs) =>
    onBoth((k) => ({ ...lossOf(k, inputs, 'T', 'S', 'S_at_jT'), ...lossOf(k, inputs, 'S', 'T', 'T_at_jS') })),
};

/** @param at the input that holds the scores of the other model for the drawn items */
function lossOf(k: Kernels, inputs: Inputs, own: string, other: string, at: string) {
  const [positive, negative] = [readNumbers(inputs, `pos_${own}`), readNumbers(inputs, `neg_${own}`)];
  const n = positive.length;
  const scores = put(
    k,
    positive.flatMap((score, b) => [score, negative[b]!]),
  );
  const scoreGradients = k.floats(2 * n);
  const base = bpr(scores, scoreGradients, n);
  const [drawn, targets, pull] = [put(k, negative), put(k, readNumbers(inputs, at)), k.floats(n)];
  const temperature = readNumber(inputs, `temp_${other}`);
  const [ofBase, lambda] = [readNumber(inputs, 'lamb_CF'), readNumber(inputs, `lamb_${own}`)];
  const saved = bd(drawn, targets, temperature, lambda, pull, n);
  const result: { [key: string]: Result } = {
    [`loss_${own}_CF`]: base,
    [`loss_${own}`]: ofBase * base + saved,
    [`grad_pos_${own}`]: positive.map((_, b) => ofBase * scoreGradients[2 * b]!),
    [`grad_neg_${own}`]: positive.map((_, b) => ofBase * scoreGradients[2 * b + 1]! + pull[b]!),
  };
  targets.set(readNumbers(inputs, at));
  result[`loss_${own}_BD`] = bd(drawn, targets, temperature, 1, pull, n);
  k.free(scores, scoreGradients, drawn, targets, pull);
  return result;
}
