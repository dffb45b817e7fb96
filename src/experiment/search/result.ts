/** What comes of a search: the best options of each model, and a preset of them. */

import type { Dataset } from '../../data/index.js';
import type { SearchValue } from '../../options/index.js';
import type { Preset } from '../presets/index.js';
import { ranked, type Trial } from './log.js';
import type { ModelPlan } from './plan.js';

/** What came of the search for one model. */
export interface ModelSearch {
  readonly model: string;
  /** The best first. */
  readonly trials: readonly Trial[];
  /** The best one that did not fail, with all that it takes to train it again; absent if all failed. */
  readonly best?: { readonly trial: Trial; readonly options: Readonly<Record<string, SearchValue>> };
  /** What all trials took. */
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

/** @param trials those of this model, in the order in which they finished */
export function resultOf({ spec, given }: ModelPlan, trials: readonly Trial[]): ModelSearch {
  const sum = (of: (t: Trial) => number) => trials.reduce((total, t) => total + of(t), 0);
  const trial = bestOf(trials);
  return {
    model: spec.name,
    trials: ranked(trials),
    ...(trial ? { best: { trial, options: { ...given, ...trial.options } } } : {}),
    epochs: sum((t) => t.epochs),
    seconds: sum((t) => t.seconds),
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
