/** A finished model with its parameters, from which training can continue. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../errors.js';
import { readSafetensors } from '../formats/index.js';
import type { Model } from '../models/index.js';
import { expectOwn, jobFiles, readFinishedRun } from './finished.js';
import { resolveRun } from './link.js';
import type { RunResult } from './outcome.js';

export interface SavedModel {
  /** Name of the model. */
  readonly model: string;
  /** Options of its run, which include those of the model. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Parameters by name. Empty for a model without parameters. */
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
  readonly dataFingerprint: string;
  /** Hash of its run. */
  readonly hash: string;
  /** Files from which units of its run were loaded. */
  readonly uses?: readonly string[];
}

/** The model of a finished run at its best epoch. @throws RecdistillError as `readFinishedRun` */
export function readSavedModel(named: string): SavedModel {
  const folder = resolveRun(named);
  const { manifest, result } = readFinishedRun(folder);
  const file = join(folder, jobFiles.model);
  const stored = existsSync(file) ? readSafetensors(file) : undefined;
  if (stored) expectOwn(file, stored.metadata, manifest);
  const tensors = [...(stored?.tensors ?? [])];
  return {
    ...{ model: result.model, options: result.options },
    parameters: Object.fromEntries(tensors.map(([name, { data }]) => [name, data])),
    ...{ dataFingerprint: manifest.dataFingerprint, hash: manifest.hash, uses: manifest.host.uses ?? [] },
  };
}

/** A copy of a model in memory, as passed to `use` by `runJob`. @param hash of its run, where it matters */
export const savedModelOf = (model: Model, result: RunResult, dataFingerprint: string, hash = ''): SavedModel => ({
  ...{ model: model.name, options: result.options, dataFingerprint, hash },
  parameters: Object.fromEntries(model.parameters.map((p) => [p.name, p.values.slice()])),
});

/** A model that is not trained yet, to check a plan that will start from it. */
export const untrainedModel = (model: string, options: SavedModel['options'], dataFingerprint: string): SavedModel => ({
  ...{ model, options, parameters: {}, dataFingerprint, hash: '' },
});

/** Copies the parameters into a model of the same sizes. @throws RecdistillError `artifact-damaged` */
export function loadParameters(model: Model, saved: SavedModel): void {
  for (const { name, values } of model.parameters) {
    const given = saved.parameters[name];
    if (given?.length !== values.length) {
      const problem = `${saved.model} has ${given?.length ?? 'no'} values under ${name}; ${values.length} are needed`;
      fail('artifact-damaged', { path: jobFiles.model, problem, hint: 'Train the model again.' });
    }
    values.set(given);
  }
}
