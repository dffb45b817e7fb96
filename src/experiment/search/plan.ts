/** Options of a search, and the options and search space of each model in it. */
import type { Dataset } from '../../data/index.js';
import { isCoTrained, type MethodName, type MethodSpec, methodOf, type Pair } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { type ModelName, type ModelSpec, modelOf } from '../../models/index.js';
import { nearest } from '../../nearest.js';
import {
  int,
  type NameOr,
  type OptionsInput,
  type OptionsOf,
  options,
  ownOptions,
  type SearchSpace,
  unitOption,
} from '../../options/index.js';
import type { SavedModel, Teacher } from '../../runs/index.js';
import { checkPresetData, type Preset, presetOptions } from '../presets/index.js';
import { halvingOptions } from './halving.js';
import { freeSpace, type Searched } from './space.js';
import { type Strategy, type StrategyName, strategyRegistry } from './strategies/index.js';
import type { Values } from './trial.js';

export const tuneOptions = options({
  trials: int({
    default: 20,
    min: 1,
    max: 100_000,
    help: 'Trials for each model; the first one has the default options.',
  }),
  strategy: unitOption<StrategyName, Strategy>(strategyRegistry, {
    default: 'tpe',
    help: 'How the next trial is chosen: tpe uses the results of earlier trials, random does not.',
  }),
  seed: int({ default: 0, min: 0, help: 'Seed of the search and of the models.' }),
  ...halvingOptions.shape,
});

export type TuneOptions = OptionsOf<typeof tuneOptions>;

/** The teachers of a search with a distillation method. */
export interface Teachers {
  /** For a method whose teachers do not train. */
  readonly teachers?: readonly (Teacher & { readonly name: string })[];
  /** How several teachers are weighed: a rule by name. Default: `equal`. */
  readonly ensemble?: string;
  /** For a co-trained method: the teacher and the student to start from. */
  readonly pair?: Pair<SavedModel>;
}

/** What is searched, and where it starts. */
export interface Wanted extends Teachers {
  readonly dataset: Dataset;
  /** Names of models, or models of your own. */
  readonly models: readonly (NameOr<ModelName> | ModelSpec)[];
  readonly options?: OptionsInput<typeof tuneOptions>;
  /**
   * The distillation method of every trial, for a single model. The search space of the method is searched, too. With a co-trained method
   * only that is searched, and `pair` is the teacher and the student to start from.
   */
  readonly method?: NameOr<MethodName> | MethodSpec;
  /** Options of every trial. Each applies to the models that have it. */
  readonly fixed?: Values;
  /** Search spaces that replace those of the models, by model. */
  readonly spaces?: Readonly<Record<string, SearchSpace>>;
  /** Options of the first trial instead of the defaults, for the models in the preset. */
  readonly start?: Preset;
}

/** One model, with what its trials have in common. */
export interface ModelPlan {
  readonly spec: ModelSpec;
  readonly method?: MethodSpec;
  readonly space: SearchSpace;
  /** Options that were given or are in the preset, and the seed. Searched ones are the start of the search. */
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
    fail('usage', {
      problem: `a search with ${method.name} takes one student; ${models.length} models were given`,
      hint: 'Name one student.',
    });
  const searched = specs.map((spec) => (method ? taught(spec, method) : spec));
  const known = [...new Set(searched.flatMap((s) => Object.keys(s.options.shape)))];
  const unknown = Object.keys(fixed).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const owner = searched.map((s) => s.name).join(', ');
    fail('unknown-option', { owner, option: unknown, suggestion: nearest(unknown, known), known: known.join(', ') });
  }
  if (start) checkPresetData(start, dataset, models);
  return specs.map((spec, at) => {
    const unit = searched[at]!;
    const own = ownOptions(unit.options, { seed: o.seed, ...fixed });
    const space = freeSpace(unit, spaces[spec.name], Object.keys(own));
    const preset = start && spec.name in start.models ? presetOptions(start, spec) : {};
    return { spec, space, fixed: { ...preset, ...own }, ...(method ? { method } : {}) };
  });
}

/** The options that are searched for a student and its method. */
function taught(spec: ModelSpec, method: MethodSpec): Searched {
  const { name, search = {} } = method;
  if (isCoTrained(method)) return { name, search, options: method.options };
  return {
    name: `${spec.name} with ${name}`,
    search: { ...spec.search, ...search },
    options: options({ ...spec.options.shape, ...method.options.shape }),
  };
}
