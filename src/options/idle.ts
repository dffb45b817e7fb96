/** Options that have no effect together with another one. */
import { fail } from '../errors.js';

/**
 * Refuses every option of `idle` that does not have its default: the user would expect an effect.
 * @param values all options of the unit
 * @param idle options without an effect, with their defaults. `undefined`: the option has no default
 * @param beside what they have no effect with, such as `the loss bpr`
 * @throws RecdistillError `bad-option`
 */
export function refuseIdle(
  owner: string,
  values: Readonly<Record<string, unknown>>,
  idle: Readonly<Record<string, unknown>>,
  beside: string,
): void {
  for (const [option, only] of Object.entries(idle)) {
    const given = values[option];
    if (given === only) continue;
    const expected = `${only === undefined ? 'nothing' : `its default ${only}`}, because it has no effect with ${beside}`;
    fail('bad-option', { owner, option, given, expected });
  }
}
