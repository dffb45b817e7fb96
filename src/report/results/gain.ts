/** The gain of a distilled student over the best model of its size that was trained without teachers, in a sentence. */
import type { Gain } from '../../experiment/index.js';
import { formatP, formatPercent } from '../format.js';
import { shortName } from './_columns.js';

/** `significantly better` or `worse` below p = 0.01, else `not significant`. */
export const verdictOf = ({ adjustedP, difference }: Pick<Gain, 'adjustedP' | 'difference'>): string =>
  !(adjustedP < 0.01) ? 'not significant' : difference > 0 ? 'significantly better' : 'significantly worse';

export const gainText = (gain: Gain): string =>
  `${gain.name} against the best model of its size that is trained directly, ${gain.against}: ${shortName(gain.metric)} ` +
  `${formatPercent(gain.relativeDifference)}, ${verdictOf(gain)} (${formatP(gain.adjustedP)}, paired t test over users, Holm).`;
