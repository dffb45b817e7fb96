/** The registry of strategies: one line adds one. */
import { fail } from '../../../errors.js';
import type { Strategy } from './_strategy.js';
import { random } from './random.js';
import { tpe } from './tpe.js';

export const strategies: readonly Strategy[] = [tpe, random];

/** @throws RecdistillError `unknown-name` */
export function strategyNamed(name: string): Strategy {
  const found = strategies.find((s) => s.name === name);
  if (!found) fail('unknown-name', { kind: 'strategy', given: name, known: strategies.map((s) => s.name).join(', ') });
  return found;
}

export type { Proposal, Strategy } from './_strategy.js';
