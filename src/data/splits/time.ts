/**
 * Splits all interactions at two moments: train before the first, test from the second on, valid in between. The moments
 * are quantiles of all times. Interactions of equal time stay together, so the shares are approximate.
 */
import { fail } from '../../errors.js';
import { count, type Interactions } from '../interactions.js';
import { type Parts, partition, type Split, type SplitSpec, TEST, TRAIN, timesOf, VALID } from './_split.js';

export const time: Split = (x, spec) => {
  const times = timesOf(x, 'the split time');
  const sorted = times.slice().sort();
  const moment = (share: number) => sorted[Math.round(share * sorted.length)] ?? Number.POSITIVE_INFINITY;
  const validFrom = moment(spec.ratios[0]);
  const testFrom = moment(spec.ratios[0] + spec.ratios[1]);
  const part = new Uint8Array(x.indices.length);
  for (let k = 0; k < part.length; k++) part[k] = times[k]! < validFrom ? TRAIN : times[k]! < testFrom ? VALID : TEST;
  return partition(x, part, spec);
};

/**
 * Rejects a split by time with an empty part that should have interactions. The message names the equal times.
 * @throws RecdistillError `needs-not-met`
 */
export function expectMoments(x: Interactions, parts: Parts, ratios: SplitSpec['ratios']): void {
  const names = ['train', 'valid', 'test'] as const;
  const empty = names.find((name, k) => ratios[k]! > 0 && count(parts[name]) === 0);
  if (empty) nothingLeft(empty, timesOf(x, 'the split time').slice().sort());
}

/** @param sorted all times, ascending */
function nothingLeft(part: string, sorted: Float64Array): never {
  let [longest, moment] = [0, 0];
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    while (end < sorted.length && sorted[end] === sorted[start]) end += 1;
    if (end - start > longest) [longest, moment] = [end - start, sorted[start]!];
  }
  const when = new Date(moment * 1000).toISOString();
  const tied =
    longest === sorted.length
      ? `all ${longest} interactions have the same time, ${when}`
      : `${longest} of ${sorted.length} interactions have the same time, ${when}, and interactions of equal time stay together`;
  return fail('needs-not-met', {
    problem: `the split time leaves no interaction in ${part}: ${tied}`,
    hint: 'Choose a finer time column with --time, other --ratios, or the split ratio or leave-one-out.',
  });
}
