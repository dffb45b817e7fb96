/** Which items of a teacher's list a method of ranking matching takes: its first ones, or random ones, the better ranked the likelier. */

import type { RandomKey } from '../math/random.js';
import { choice, float, int } from '../options/options.js';
import { drawWeighted } from './draw.js';

export const samplingShape = {
  candidates: int({
    default: 500,
    min: 1,
    max: 1_000_000,
    help: "Items at the front of a teacher's list that count; the lists of runs end after 100.",
  }),
  sampling: choice(['none', 'published'], {
    default: 'none',
    help: "Which items of a teacher's list are taught: its first ones, or ones drawn anew in each epoch as in the original.",
  }),
  temperature: float({
    default: 10,
    above: 0,
    max: 1e6,
    help: 'With sampling, the item of rank r (from 0) is drawn in proportion to exp(-r / temperature).',
  }),
};

export interface SamplingOptions {
  readonly topK: number;
  readonly sampling: 'none' | 'published';
  readonly temperature: number;
}

/** Up to `topK` items of a list, best first, by the rule that the options name. */
export function takenOf(list: Int32Array, o: SamplingOptions, key: RandomKey, epoch: number, user: number): Int32Array {
  if (o.sampling === 'none' || list.length <= o.topK) return list.subarray(0, o.topK);
  const weights = Float64Array.from(list, (_, rank) => -rank / o.temperature);
  const positions = drawWeighted(weights, o.topK, key, epoch, user).sort();
  return positions.map((p) => list[p]!);
}
