/** --preset: options found by an earlier search. Given options override them. */

import { type Preset, presetOptions, presets, readPreset } from '../../experiment/presets/index.js';
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
      help: `Options found by a search: ${presets.map((p) => p.name).join(', ')}, or a file that "tune" wrote. Given options override them.`,
    }),
  }),
);

/**
 * The given preset, if there is one. It must have options for all of `models`.
 * @throws RecdistillError `unknown-name`, `file-missing`, `artifact-damaged`, and as `presetOptions`
 */
export function presetGiven(given: Given, models: readonly string[]): Preset | undefined {
  const { preset: name } = readOptions(presetGroup, given);
  if (name === undefined) return undefined;
  const preset = readPreset(name);
  for (const model of models) presetOptions(preset, modelOf(model));
  return preset;
}

/** Lines for the help of a command. */
export const presetList = (): string[] => presets.map((p) => `  ${p.name} (${Object.keys(p.models).join(', ')})`);
