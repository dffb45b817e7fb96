/** The registry of strategies: one line adds one. */
import { createRegistry, fieldProblem, type NameOr, type Registry } from '../../../options/index.js';
import type { Strategy } from './_strategy.js';
import { random } from './random.js';
import { tpe } from './tpe.js';

/** The search strategies of recdistill, by name. */
export const strategies = { tpe, random } as const satisfies Record<string, Strategy>;

export type StrategyName = keyof typeof strategies;

/** Built-in strategies, and those that users add. */
export const strategyRegistry: Registry<Strategy> = createRegistry<Strategy>(
  'strategy',
  'strategy',
  strategies,
  (given) => fieldProblem(given, { summary: 'text', source: 'text', propose: 'function' }),
);

/** The strategy of this name, or the strategy itself. @throws as `Registry.find` */
export const strategyOf = (given: NameOr<StrategyName> | Strategy): Strategy => strategyRegistry.find(given);

export { type Proposal, type Strategy, searchStrategy } from './_strategy.js';
