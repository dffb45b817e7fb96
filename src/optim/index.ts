/** The registry of optimisers: one line adds one. */
import { createRegistry, type NameOr, type Registry } from '../options/registry.js';
import { fieldProblem } from '../options/unit-check.js';
import type { OptimizerSpec } from './_optimizer.js';
import { adagrad } from './adagrad.js';
import { adam } from './adam.js';
import { lazyAdam } from './lazy-adam.js';
import { sgd } from './sgd.js';

/** The optimisers of recdistill, by name. */
export const optimizers = { adam, 'lazy-adam': lazyAdam, sgd, adagrad } as const satisfies Record<
  string,
  OptimizerSpec
>;

export type OptimizerName = keyof typeof optimizers;

/** Built-in optimisers, and those that users add. */
export const optimizerRegistry: Registry<OptimizerSpec> = createRegistry<OptimizerSpec>(
  'optimizer',
  'optimizer',
  optimizers,
  (given) => fieldProblem(given, { summary: 'text', create: 'function' }),
  { step: 'function', steps: 'number', state: 'list', close: 'function' },
);

/** The optimiser of this name, or the optimiser itself. @throws as `Registry.find` */
export const optimizerOf = (given: NameOr<OptimizerName> | OptimizerSpec): OptimizerSpec =>
  optimizerRegistry.find(given);

export { type Optimized, type Optimizer, type OptimizerOptions, type OptimizerSpec, optimizer } from './_optimizer.js';
export { createTouchedRows, type TouchedRows } from './touched-rows.js';
