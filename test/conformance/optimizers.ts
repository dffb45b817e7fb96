/** Subject `optimizers`: the parameters after each of some steps with given gradients. */
import type { Kernels } from 'recdistill/kernels';
import { type OptimizerOptions, optimizerOf } from 'recdistill/models';
import type { Checker, Inputs, Json, Result } from './_checker.js';
import { onBoth, put } from './_machines.js';
import { readLists, readMatrix, readNumber, readNumbers, readText } from './inputs.js';
import { nestRows } from './matrix.js';

export const optimizers: Checker = {
  // Parameters below 1 are rounded by 6e-8 in each step; Adam's quotient of two float32 numbers adds as much times the rate.
  float32: { abs: 2e-6, rel: 2e-6 },
  check: (inputs) => onBoth((k) => trained(k, inputs)),
};

function trained(k: Kernels, inputs: Inputs): Result {
  const { values: start, rows, columns } = readMatrix(inputs, 'params');
  const parameter = { name: 'p', shape: [rows, columns], values: put(k, start), gradient: k.floats(start.length) };
  const optimizer = optimizerOf(readText(inputs, 'algorithm')).create(k, [parameter], optionsOf(inputs));
  const after = (inputs.grads as readonly Json[]).map((grads) => {
    parameter.gradient.set(readLists({ grads }, 'grads').flat());
    optimizer.step();
    return nestRows(parameter.values, columns);
  });
  optimizer.close();
  k.free(parameter.values, parameter.gradient);
  return { params_after_step: after };
}

function optionsOf(inputs: Inputs): OptimizerOptions {
  const hyper = inputs.hyper as Inputs;
  const given = (theirs: string, ours: keyof OptimizerOptions) =>
    theirs in hyper ? { [ours]: readNumber(hyper, theirs) } : {};
  const betas = 'betas' in hyper ? readNumbers(hyper, 'betas') : undefined;
  return {
    learningRate: readNumber(hyper, 'lr'),
    l2: 0,
    ...given('weight_decay', 'l2'),
    ...given('eps', 'epsilon'),
    ...given('momentum', 'momentum'),
    ...(betas ? { beta1: betas[0]!, beta2: betas[1]! } : {}),
  };
}
