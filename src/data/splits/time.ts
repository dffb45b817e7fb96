/**
 * Two moments divide all interactions: those before the first train, those from the second on test. The moments are the
 * quantiles of all times at the shares wanted; interactions of one moment stay together, so shares are met nearly.
 */
import { partition, type Split, TEST, TRAIN, timesOf, VALID } from './_split.js';

export const time: Split = (x, spec) => {
  const times = timesOf(x, 'the split time');
  const sorted = times.slice().sort();
  const moment = (share: number) => sorted[Math.round(share * sorted.length)] ?? Number.POSITIVE_INFINITY;
  const validFrom = moment(spec.ratios[0]);
  const testFrom = moment(spec.ratios[0] + spec.ratios[1]);
  const part = new Uint8Array(x.indices.length);
  for (let k = 0; k < part.length; k++) part[k] = times[k]! < validFrom ? TRAIN : times[k]! < testFrom ? VALID : TEST;
  return partition(x, part);
};
