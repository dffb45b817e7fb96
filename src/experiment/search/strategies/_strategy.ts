/** The interface of a search strategy, which chooses the options of the next trial. One file and one line in `index.ts` add a strategy. */
import type { RandomKey } from '../../../math/index.js';
import type { SearchPoint, SearchSpace, Unit } from '../../../options/index.js';

export interface Proposal {
  readonly space: SearchSpace;
  /** Options of the finished trials, the best first. */
  readonly finished: readonly SearchPoint[];
  /** The only source of random numbers. Use counters whose first word is `number`. */
  readonly key: RandomKey;
  /** Number of the trial, from 1. Trial 0 has the default options. */
  readonly number: number;
}

export interface Strategy extends Unit {
  readonly unit: 'strategy';
  /** One line for lists and help. */
  readonly summary: string;
  /** The published source of the rule. */
  readonly source: string;
  /** Must depend on `proposal` alone, so that a stopped search continues with the same trials. */
  propose(proposal: Proposal): SearchPoint;
}

/** Declares a search strategy. */
export const searchStrategy = (spec: Omit<Strategy, 'unit'>): Strategy => ({ ...spec, unit: 'strategy' });
