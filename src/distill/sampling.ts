/** Which items of a teacher's list a ranking matching method uses: the first ones, or items sampled by rank. */

import type { RandomKey } from '../math/random.js';
import { choice, float, int } from '../options/options.js';
import { drawWeighted } from './draw.js';

export const samplingShape = {
  candidates: int({
    default: 500,
    min: 1,
    max: 1_000_000,
    help: "Number of top items of a teacher's list that are considered. Lists of runs have 100 items.",
  }),
  sampling: choice(['none', 'published'], {
    default: 'none',
    help: "Which items of a teacher's list are used. none: the first ones. published: items sampled in each epoch, as in the paper.",
  }),
  temperature: float({
    default: 10,
    above: 0,
    max: 1e6,
    help: 'With sampling, the item of rank r (from 0) is sampled in proportion to exp(-r / temperature).',
  }),
};

export interface SamplingOptions {
  readonly topK: number;
  readonly sampling: 'none' | 'published';
  readonly temperature: number;
}

/** Up to `topK` items of a list, best first, by the rule in the options. */
export function takenOf(list: Int32Array, o: SamplingOptions, key: RandomKey, epoch: number, user: number): Int32Array {
  if (o.sampling === 'none' || list.length <= o.topK) return list.subarray(0, o.topK);
  const weights = Float64Array.from(list, (_, rank) => -rank / o.temperature);
  const positions = drawWeighted(weights, o.topK, key, epoch, user).sort();
  return positions.map((p) => list[p]!);
}
