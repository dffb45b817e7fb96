/** The registry of presets, one line each, and presets from files. */
import type { Dataset } from '../../data/index.js';
import { fail } from '../../errors.js';
import { parseJsonFile } from '../../formats/index.js';
import { kebab, type OptionsSchema, parseOptions } from '../../options/index.js';
import { type Preset, presetSchema } from './_preset.js';
import { citeulikeHetcompSplit } from './citeulike-hetcomp-split.js';
import { foursquareHetcompSplit } from './foursquare-hetcomp-split.js';

export const presets: readonly Preset[] = [citeulikeHetcompSplit, foursquareHetcompSplit];

/**
 * @param given name of a registered preset, or path of a file such as the `preset.json` that `tune` writes
 * @throws RecdistillError `unknown-name`, `file-missing`, `read-failed`, `artifact-damaged`
 */
export function readPreset(given: string): Preset {
  if (!/\.json$|[\\/]/.test(given)) {
    const found = presets.find((p) => p.name === given);
    const known = `${presets.map((p) => p.name).join(', ')}; or the path of a .json file`;
    return found ?? fail('unknown-name', { kind: 'preset', given, known });
  }
  const parsed = presetSchema.safeParse(parseJsonFile(given));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  const problem = `it is not a preset: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`;
  return fail('artifact-damaged', { path: given, problem, hint: 'Use the preset.json that "tune" writes.' });
}

/** @throws RecdistillError `preset-differs` if the preset was found on another data set; its hint lists the options of `models` */
export function checkPresetData(
  preset: Preset,
  dataset: Pick<Dataset, 'fingerprint' | 'hidden'>,
  models: readonly string[],
): void {
  const { name, fingerprint } = preset.data;
  // Hidden interactions change neither the users and items nor valid, on which the options were selected.
  if (fingerprint === dataset.fingerprint || fingerprint === dataset.hidden?.whole) return;
  const known = models.filter((model) => model in preset.models);
  const flags = known.map((model) => `${model} ${flagsOf(preset.models[model]!.options)}`).join('; ');
  const short = (hash: string) => `${hash.slice(0, 12)}...`;
  fail('preset-differs', {
    ...{ preset: preset.name, data: name, flags },
    before: short(fingerprint),
    now: short(dataset.fingerprint),
  });
}

/**
 * The options that a preset has for a model.
 * @throws RecdistillError `unknown-name` if it has none, `unknown-option` or `bad-option` if the model does not take them
 */
export function presetOptions(
  preset: Preset,
  model: { readonly name: string; readonly options: OptionsSchema },
): Readonly<Record<string, unknown>> {
  const known = Object.keys(preset.models).join(', ');
  const found = preset.models[model.name];
  if (!found) fail('unknown-name', { kind: `model in the preset ${preset.name}`, given: model.name, known });
  parseOptions(model.options, found.options, `${model.name} in the preset ${preset.name}`);
  return found.options;
}

/** Options as on the command line. */
export const flagsOf = (options: Readonly<Record<string, unknown>>): string =>
  Object.entries(options)
    .map(([name, value]) =>
      typeof value === 'boolean' ? `--${value ? '' : 'no-'}${kebab(name)}` : `--${kebab(name)} ${value}`,
    )
    .join(' ');

export { type Preset, presetSchema } from './_preset.js';
