/** Shared by the tests of bidirectional distillation: small models and a request with them. */
import type { LoadedDataset } from '../data/index.js';
import type { CoTrainRequest } from './co-train.js';
import { runJob } from './job.js';
import { type SavedModel, savedModelOf } from './saved-model.js';
import { evaluation, kernels, quick, smallData } from './small.test.support.js';

const made = new Map<string, Promise<SavedModel>>();

/** A model trained for a moment; the same for the same name and options. */
export function saved(model: string, options: Readonly<Record<string, unknown>> = {}, given?: LoadedDataset) {
  const train = async (): Promise<SavedModel> => {
    const dataset = given ?? (await smallData());
    let found: SavedModel | undefined;
    const all = { ...quick, epochs: 3, ...options };
    await runJob({ dataset, kernels, model, options: all, evaluation }, (m, { result }) => {
      found = savedModelOf(m, result, dataset.fingerprint, `hash of ${model}`);
    });
    return found!;
  };
  const name = `${model} ${JSON.stringify(options)} ${given?.name}`;
  const known = made.get(name) ?? train();
  made.set(name, known);
  return known;
}

export const bdQuick = { epochs: 6, update: 3, evaluateEvery: 1, patience: 50, epsilon: 0.01, epsilonTanh: 0.1 };

export const request = async (more: Partial<CoTrainRequest> = {}): Promise<CoTrainRequest> => ({
  ...{ dataset: await smallData(), kernels, method: 'bd', evaluation },
  teacher: await saved('bpr-mf', { dim: 12 }),
  student: await saved('bpr-mf'),
  ...more,
  options: { ...bdQuick, ...more.options },
});
