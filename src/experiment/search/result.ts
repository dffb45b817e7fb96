/** The result of a search: the best options of each model, and a preset with them. */
import type { Dataset } from '../../data/index.js';
import type { SearchValue } from '../../options/index.js';
import type { Preset } from '../presets/index.js';
import { ranked, type Trial } from './log.js';
import type { ModelPlan } from './plan.js';

/** The result of the search for one model. */
export interface ModelSearch {
  readonly model: string;
  /** The best first. */
  readonly trials: readonly Trial[];
  /** The best one, with the options to train the model with; absent if all failed. */
  readonly best?: { readonly trial: Trial; readonly options: Readonly<Record<string, SearchValue>> };
  /** Of all trials together. */
  readonly epochs: number;
  readonly seconds: number;
}

/** The earliest trial with the best result; undefined if all failed. */
export const bestOf = (trials: readonly Trial[]): Trial | undefined =>
  trials
    .filter((t) => t.value !== undefined)
    .reduce<Trial | undefined>(
      (best, t) => (!best || t.value! > best.value! || (t.value === best.value && t.trial < best.trial) ? t : best),
      undefined,
    );

/** Epochs and seconds of all trials together. */
export const effortOf = (trials: readonly Trial[]): { readonly epochs: number; readonly seconds: number } => ({
  epochs: trials.reduce((total, t) => total + t.epochs, 0),
  seconds: trials.reduce((total, t) => total + t.seconds, 0),
});

/** @param trials of this model, in the order in which they finished */
export function resultOf({ spec, fixed, space }: ModelPlan, trials: readonly Trial[]): ModelSearch {
  const trial = bestOf(trials);
  const given = Object.fromEntries(
    Object.entries(fixed).filter(([name]) => name !== 'seed' && !(name in space)),
  ) as Readonly<Record<string, SearchValue>>;
  return {
    model: spec.name,
    trials: ranked(trials),
    ...(trial ? { best: { trial, options: { ...given, ...trial.options } } } : {}),
    ...effortOf(trials),
  };
}

/** The best options as a preset; a model of which every trial failed is left out. */
export function presetOf(
  name: string,
  { name: data, fingerprint }: Dataset,
  selectBy: string,
  plans: readonly ModelPlan[],
  searches: readonly ModelSearch[],
): Preset {
  const models = searches.flatMap(({ model, best, trials, epochs, seconds }, at) => {
    if (!best) return [];
    const { options, trial } = best;
    const searched = { ...plans[at]!.space };
    return [
      [model, { options, valid: trial.value!, trials: trials.length, epochs, seconds: Math.round(seconds), searched }],
    ];
  });
  return { name, data: { name: data, fingerprint }, selectBy, models: Object.fromEntries(models) };
}
