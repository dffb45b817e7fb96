/** What a strategy is: a rule that says what to try next. One file and one line in `index.ts` add one. */
import type { RandomKey } from '../../../math/index.js';
import type { SearchPoint, SearchSpace, Unit } from '../../../options/index.js';

export interface Proposal {
  readonly space: SearchSpace;
  /** The points of the finished trials, the best first. */
  readonly finished: readonly SearchPoint[];
  /** The only source of chance; use counters whose first word is `number`. */
  readonly key: RandomKey;
  /** Number of the trial to propose, from 1; trial 0 is always the start. */
  readonly number: number;
}

export interface Strategy extends Unit {
  readonly unit: 'strategy';
  /** One line for lists and help. */
  readonly summary: string;
  /** The published source of the rule. */
  readonly source: string;
  /** Depends on nothing but `proposal`, so that a search that was stopped goes on as if it had not been. */
  propose(proposal: Proposal): SearchPoint;
}

/** Declares a search strategy. */
export const searchStrategy = (spec: Omit<Strategy, 'unit'>): Strategy => ({ ...spec, unit: 'strategy' });
