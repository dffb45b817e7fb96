/** Training one model under its name, alone or as one of several. */
import type { OptionsSchema } from '../config/options.js';
import type { DataOptions, LoadedDataset } from '../data/index.js';
import type { EvaluationOptions } from '../pipeline/index.js';
import type { Preset } from '../presets/index.js';
import type { Console, Given } from './_command.js';
import { givenOf, readOptions } from './flags.js';
import { dataGroup, evaluationGroup, machineGroup, modelGroup, nameGroup } from './groups.js';
import { type FinishedJob, runNamed, trajectoryGroup } from './job.js';
import { optionsBeneath, presetGiven, presetGroup } from './preset.js';

/** The options that `train` has for every model. */
export const trainGroups = [presetGroup, dataGroup, evaluationGroup, trajectoryGroup, nameGroup, machineGroup] as const;

/** What was given for training, checked. */
export interface TrainSetting {
  readonly evaluation: EvaluationOptions;
  readonly data: DataOptions;
  readonly preset: Preset | undefined;
}

/** @throws RecdistillError for anything that is wrong with the options of any of the models, before any work */
export function readSetting(models: readonly string[], given: Given): TrainSetting {
  for (const model of models) readOptions(modelGroup(model), given);
  const [evaluation, data] = [readOptions(evaluationGroup, given), readOptions(dataGroup, given)];
  for (const own of trainGroups) readOptions<OptionsSchema>(own, given);
  return { evaluation, data, preset: presetGiven(given, models) };
}

/** @param signal stops it, where the caller takes care of Ctrl-C. @throws RecdistillError as `runNamed`, `preset-differs` */
export function trainOne(
  model: string,
  setting: TrainSetting,
  dataset: LoadedDataset,
  given: Given,
  console: Console,
  signal?: AbortSignal,
): Promise<FinishedJob> {
  const { evaluation, data, preset } = setting;
  const options = { ...optionsBeneath(preset, model, dataset), ...givenOf(modelGroup(model).schema, given) };
  return runNamed(
    {
      ...{ given, dataset, data, model, evaluation, options },
      defaultName: model,
      method: 'none',
      teachers: [],
      ...(signal ? { signal } : {}),
    },
    console,
  );
}
