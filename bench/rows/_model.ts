import { type Floats, type Kernels, parseOptions } from 'recdistill';
import { modelNamed, type TrainableModel } from 'recdistill/models';
import type { BenchData } from '../data.js';
import { type Tensor, tensor } from '../tensors.js';

/** A fresh model of the registry on the benchmark's train data, with seed 1. */
export function freshModel(
  k: Kernels,
  data: BenchData,
  name: string,
  options: Readonly<Record<string, unknown>>,
): TrainableModel {
  const spec = modelNamed(name);
  if (spec.kind !== 'trained') throw new TypeError(`${name} is not trained`);
  return spec.create({ kernels: k, train: data.train, seed: 1 }, parseOptions(spec.options, options, name));
}

/** A copy that later steps of ours do not change. */
export const copied = (values: Floats, ...shape: number[]): Tensor => tensor(Float32Array.from(values), ...shape);

/** Copies of all parameters under their names. */
export const parametersOf = (model: TrainableModel): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(model.parameters.map((p) => [p.name, copied(p.values, ...p.shape)]));
