/** A student needs a loss to train on. */
import { fail } from '../errors.js';

/**
 * Refuses a distillation loss of weight 0 that replaces the student's own loss.
 * @param weights weights of the distillation loss, by the names of their options
 * @throws RecdistillError `bad-option`
 */
export function refuseNoLoss(
  owner: string,
  base: 'kept' | 'replaced',
  weights: Readonly<Record<string, number>>,
): void {
  const option = Object.keys(weights).find((name) => weights[name] === 0);
  if (base === 'kept' || option === undefined) return;
  const expected = "more than 0 with base replaced, because the student's own loss is replaced and none is left";
  fail('bad-option', { owner, option, given: 0, expected, help: 'To add to the own loss, set base to kept.' });
}
