/** From what is asked of a search to what each of its trials gets. */

import type { Dataset } from '../../data/index.js';
import { isCoTrained, type MethodSpec, methodOf, type Pair } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { type ModelName, type ModelSpec, modelOf } from '../../models/index.js';
import { nearest } from '../../nearest.js';
import {
  int,
  type NameOr,
  type OptionsOf,
  options,
  parseOptions,
  type SearchSpace,
  type SearchValue,
  unitOption,
} from '../../options/index.js';
import { readMethodOptions, type SavedModel, splitOptions } from '../../runs/index.js';
import type { Teacher } from '../../runs/outcome.js';
import { checkPresetData, type Preset, presetOptions } from '../presets/index.js';
import { halvingOptions } from './halving.js';
import { type Searched, settleSpace } from './space.js';
import { type Strategy, type StrategyName, strategyRegistry } from './strategies/index.js';

export const tuneOptions = options({
  trials: int({
    default: 20,
    min: 1,
    max: 100_000,
    help: 'Trials for each model; the first one has the default options.',
  }),
  strategy: unitOption<StrategyName, Strategy>(strategyRegistry, {
    default: 'tpe',
    help: 'How the next trial is chosen: tpe learns from the trials before, random does not.',
  }),
  seed: int({ default: 0, min: 0, help: 'Everything random follows from it, in the search and in the models.' }),
  ...halvingOptions.shape,
});

export type TuneOptions = OptionsOf<typeof tuneOptions>;

type Values = Readonly<Record<string, unknown>>;

/** Who teaches. */
export interface Teachers {
  /** Of a method that leaves its teachers as they are. */
  readonly teachers?: readonly (Teacher & { readonly name: string })[];
  /** Of a co-trained method: where its two models start from. */
  readonly pair?: Pair<SavedModel>;
}

/** What is searched, and from where. */
export interface Wanted extends Teachers {
  readonly dataset: Dataset;
  /** Names of models, or models of your own. */
  readonly models: readonly (NameOr<ModelName> | ModelSpec)[];
  readonly options?: Partial<TuneOptions>;
  /**
   * The distillation method by which the model, of which there is one, is taught in every trial; what the method declares is searched, too. Of a
   * co-trained method only that is searched, and `pair` says where teacher and student start from.
   */
  readonly method?: string | MethodSpec;
  /** Options that every trial has; each goes to the models that have it. */
  readonly fixed?: Values;
  /** Search spaces that replace those of the models, by model. */
  readonly spaces?: Readonly<Record<string, SearchSpace>>;
  /** Its options are the start instead of the defaults, for the models that it has. */
  readonly start?: Preset;
}

/** One model, with everything that its trials have in common. */
export interface ModelPlan {
  readonly spec: ModelSpec;
  readonly method?: MethodSpec;
  readonly space: SearchSpace;
  /** All options of trial 0, with defaults. */
  readonly base: Values;
  /** Options that were given, by hand or by the preset, and are not searched; without the seed. */
  readonly given: Readonly<Record<string, SearchValue>>;
  /** Those that every trial has: `given`, and the seed. */
  readonly fixed: Values;
}

/** @throws RecdistillError `bad-space`, `unknown-name`, `unknown-option`, `bad-option`, `usage`, `preset-differs` */
export function plansOf(wanted: Wanted, o: TuneOptions): ModelPlan[] {
  const { fixed = {}, spaces = {}, start, dataset } = wanted;
  const specs = wanted.models.map(modelOf);
  const models = specs.map((spec) => spec.name);
  const twice = models.find((name, at) => models.indexOf(name) !== at);
  if (models.length === 0 || twice !== undefined) {
    const problem = twice === undefined ? 'there is no model to tune' : `${twice} is named twice`;
    fail('usage', { problem, hint: 'Name each model once.' });
  }
  const method = wanted.method === undefined ? undefined : methodOf(wanted.method);
  if (method && models.length > 1)
    fail('usage', { problem: `${models.length} models are to be taught by ${method.name}`, hint: 'Name one student.' });
  const searched = specs.map((spec) => (method ? taught(spec, method) : spec));
  const known = [...new Set(searched.flatMap((s) => Object.keys(s.options.shape)))];
  const stray = Object.keys(fixed).find((name) => !known.includes(name));
  if (stray !== undefined) {
    const owner = searched.map((s) => s.name).join(', ');
    fail('unknown-option', { owner, option: stray, suggestion: nearest(stray, known), known: known.join(', ') });
  }
  if (start) checkPresetData(start, dataset, models);
  return specs.map((spec, at) => {
    const unit = searched[at]!;
    const own = Object.fromEntries(
      Object.entries({ seed: o.seed, ...fixed }).filter(([name]) => name in unit.options.shape),
    );
    const space = settleSpace(unit, spaces[spec.name], Object.keys(own));
    const preset = start && spec.name in start.models ? presetOptions(start, spec) : {};
    const fixedOptions = { ...preset, ...own };
    const base = method
      ? baseOf(spec, method, fixedOptions)
      : (parseOptions(spec.options, fixedOptions, spec.name) as Values);
    const given = Object.entries(fixedOptions).filter(([name]) => name !== 'seed' && !(name in space));
    return {
      ...{ spec, space, base, fixed: fixedOptions },
      ...(method ? { method } : {}),
      given: Object.fromEntries(given) as Readonly<Record<string, SearchValue>>,
    };
  });
}

/** What is searched of a student and its method. */
function taught(spec: ModelSpec, method: MethodSpec): Searched {
  const { name, search = {} } = method;
  if (isCoTrained(method)) return { name, search, options: method.options };
  return {
    name: `${spec.name} with ${name}`,
    search: { ...spec.search, ...search },
    options: options({ ...spec.options.shape, ...method.options.shape }),
  };
}

/** All options of the first trial. */
function baseOf(spec: ModelSpec, method: MethodSpec, given: Values): Values {
  if (isCoTrained(method)) return readMethodOptions(method, given);
  const { modelOptions, methodOptions } = splitOptions(spec, method, given);
  return { ...modelOptions, ...methodOptions };
}
