/** Real models of the registry, filled with the parameters of a case. */
import type { Interactions } from 'recdistill/data';
import type { Kernels } from 'recdistill/kernels';
import { modelOf, type PairBatch, type TrainableModel } from 'recdistill/models';
import type { Inputs } from './_checker.js';
import { putInts } from './_machines.js';
import { readNumbers } from './inputs.js';

export function makeModel(
  k: Kernels,
  name: string,
  train: Interactions,
  options: Readonly<Record<string, unknown>>,
): TrainableModel {
  const spec = modelOf(name);
  return spec.create({ kernels: k, train, seed: 0 }, spec.options.parse(options)) as TrainableModel;
}

/** Every parameter of the model must be given, in its own layout. */
export function fillParameters(
  model: Pick<TrainableModel, 'parameters'>,
  values: Readonly<Record<string, Float64Array>>,
): void {
  for (const p of model.parameters) {
    const given = values[p.name];
    if (given?.length !== p.values.length) throw new Error(`parameter ${p.name} has ${p.shape.join(' x ')} numbers`);
    p.values.set(given);
  }
}

/** `users x items` scores, row by row; a copy. */
export function scoresOfAll(k: Kernels, model: TrainableModel): Float64Array {
  const users = putInts(
    k,
    Array.from({ length: model.nUsers }, (_, u) => u),
  );
  const out = k.floats(model.nUsers * model.nItems);
  model.scoreRows(users, out);
  const copy = Float64Array.from(out);
  k.free(users, out);
  return copy;
}

/** The triples `user`, `pos`, `neg` of a case as one batch. */
export function takeTriples(k: Kernels, inputs: Inputs): PairBatch & { free(): void } {
  const [users, positives, negatives] = (['user', 'pos', 'neg'] as const).map((key) =>
    putInts(k, readNumbers(inputs, key)),
  ) as [Int32Array, Int32Array, Int32Array];
  const free = () => k.free(users, positives, negatives);
  return { kind: 'pairs', size: users.length, users, positives, negatives, perPositive: 1, epoch: 1, index: 0, free };
}
