/** The registry of optimisers: one line adds one. */
import { fail } from '../errors.js';
import type { OptimizerSpec } from './_optimizer.js';
import { adagrad } from './adagrad.js';
import { adam } from './adam.js';
import { lazyAdam } from './lazy-adam.js';
import { sgd } from './sgd.js';

export const optimizers: readonly OptimizerSpec[] = [adam, lazyAdam, sgd, adagrad];

/** @throws RecdistillError `unknown-name` */
export function optimizerNamed(name: string): OptimizerSpec {
  const found = optimizers.find((o) => o.name === name);
  if (!found) fail('unknown-name', { kind: 'optimizer', given: name, known: optimizers.map((o) => o.name).join(', ') });
  return found;
}

export type { Optimized, Optimizer, OptimizerOptions, OptimizerSpec } from './_optimizer.js';
export { createTouchedRows, type TouchedRows } from './touched-rows.js';
