import type { Kernels } from 'recdistill';
import type { Floats } from 'recdistill/kernels';
import { modelOf, type Optimizer, optimizerOf, type TrainableModel } from 'recdistill/models';
import { parseOptions } from 'recdistill/options';
import type { BenchData } from '../data.js';
import { type Tensor, tensor } from '../tensors.js';

/** A fresh model of the registry on the benchmark's train data, with seed 1. */
export function freshModel(
  k: Kernels,
  data: BenchData,
  name: string,
  options: Readonly<Record<string, unknown>>,
): TrainableModel {
  const spec = modelOf(name);
  if (spec.kind !== 'trained') throw new TypeError(`${name} is not trained`);
  return spec.create({ kernels: k, train: data.train, seed: 1 }, parseOptions(spec.options, options, name));
}

/** A copy that later steps of ours do not change. */
export const copied = (values: Floats, ...shape: number[]): Tensor => tensor(Float32Array.from(values), ...shape);

/** Copies of all parameters under their names. */
export const parametersOf = (model: TrainableModel): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(model.parameters.map((p) => [p.name, copied(p.values, ...p.shape)]));

/** torch.optim.Adam's counterpart over all parameters of a model. */
export const adamOf = (k: Kernels, model: TrainableModel, options: { learningRate: number; l2: number }): Optimizer =>
  optimizerOf('adam').create(k, model.parameters, options);

/** Copies of Adam's first moments, named `<parameter>.first`: after one step the gradients, up to a factor. */
export const firstMoments = (adam: Optimizer): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(adam.state.filter((s) => s.name.endsWith('.first')).map((s) => [s.name, copied(s.values)]));
