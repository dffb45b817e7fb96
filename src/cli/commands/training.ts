/** What `train` was asked to do: checked options, and the request of each model. */
import { type DataOptions, type LoadedDataset, portable } from '../../data/index.js';
import { type EvaluationOptions, evaluationFor } from '../../eval/index.js';
import { checkPresetData, type Preset, presetOptions } from '../../experiment/presets/index.js';
import { modelOf } from '../../models/index.js';
import type { OptionsSchema } from '../../options/options.js';
import type { Given } from '../terminal/_command.js';
import { givenOf, readOptions } from '../terminal/flags.js';
import { dataGroup, evaluationGroup, machineGroup, modelGroup, nameGroup } from '../terminal/groups.js';
import { finalGroup } from './final.js';
import { checkName, trajectoryGroup } from './job.js';
import { presetGiven, presetGroup } from './preset.js';

/** The options that `train` has for every model. */
export const trainGroups = [
  ...[presetGroup, dataGroup, evaluationGroup, trajectoryGroup, finalGroup, nameGroup, machineGroup],
] as const;

export interface TrainSetting {
  readonly evaluation: EvaluationOptions;
  readonly data: DataOptions;
  readonly preset: Preset | undefined;
}

/** @throws RecdistillError for any wrong option of any of the models, before any work */
export function readSetting(given: Given): TrainSetting {
  for (const model of given.args) readOptions(modelGroup(model), given);
  const [evaluation, data] = [readOptions(evaluationGroup, given), readOptions(dataGroup, given)];
  for (const own of trainGroups) readOptions<OptionsSchema>(own, given);
  return { evaluation, data, preset: presetGiven(given, given.args) };
}

/** The given options of a model over those of the preset. @throws RecdistillError `preset-differs` */
function modelOptions(model: string, preset: Preset | undefined, dataset: LoadedDataset, given: Given) {
  if (preset) checkPresetData(preset, dataset, [model]);
  return { ...(preset && presetOptions(preset, modelOf(model))), ...givenOf(modelGroup(model).schema, given) };
}

/** One request for all models; each gets those of the given options that it has. @param nameOf name of its run */
export function trainingOf(
  { evaluation, data, preset }: TrainSetting,
  dataset: LoadedDataset,
  given: Given,
  nameOf: (model: string) => string,
) {
  const { runs, overwrite } = readOptions(nameGroup, given);
  return {
    ...{ dataset, data: portable(data), trajectory: readOptions(trajectoryGroup, given), runs, overwrite },
    evaluation: evaluationFor(evaluation, dataset.train),
    models: given.args.map((model) => {
      const name = nameOf(model);
      checkName(name);
      return { name, model, options: modelOptions(model, preset, dataset, given) };
    }),
  };
}
