/** Training one model under its name, alone or as one of several. */

import type { DataOptions, LoadedDataset } from '../../data/index.js';
import type { EvaluationOptions } from '../../eval/index.js';
import type { Preset } from '../../experiment/presets/index.js';
import type { OptionsSchema } from '../../options/options.js';
import type { Console, Given } from '../terminal/_command.js';
import { givenOf, readOptions } from '../terminal/flags.js';
import { dataGroup, evaluationGroup, machineGroup, modelGroup, nameGroup } from '../terminal/groups.js';
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
