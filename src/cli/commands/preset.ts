/** --preset: options that an earlier search found lie beneath those that are given. */

import type { Dataset } from '../../data/index.js';
import { checkPresetData, type Preset, presetOptions, presets, readPreset } from '../../experiment/presets/index.js';
import { modelOf } from '../../models/index.js';
import { optionalText, options } from '../../options/options.js';
import type { Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { group } from '../terminal/groups.js';

export const presetGroup = group(
  'Preset',
  'preset',
  options({
    preset: optionalText({
      help: `Options that a search found, beneath those given: ${presets.map((p) => p.name).join(', ')}, or a file that "tune" wrote.`,
    }),
  }),
);

/**
 * The preset that was asked for, if one was, with settings for all of `models`.
 * @throws RecdistillError `unknown-name`, `file-missing`, `artifact-damaged`, and as `presetOptions`
 */
export function presetGiven(given: Given, models: readonly string[]): Preset | undefined {
  const { preset: name } = readOptions(presetGroup, given);
  if (name === undefined) return undefined;
  const preset = readPreset(name);
  for (const model of models) presetOptions(preset, modelOf(model));
  return preset;
}

/** What lies beneath the given options of a model. @throws RecdistillError `preset-differs` */
export function optionsBeneath(
  preset: Preset | undefined,
  model: string,
  dataset: Dataset,
): Readonly<Record<string, unknown>> {
  if (!preset) return {};
  checkPresetData(preset, dataset, [model]);
  return presetOptions(preset, modelOf(model));
}

/** For the help of a command. */
export const presetList = (): string[] => presets.map((p) => `  ${p.name} (${Object.keys(p.models).join(', ')})`);
