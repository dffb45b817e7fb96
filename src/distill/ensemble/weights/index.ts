/** The registry of weights of ensembles: one line adds one. */
import { createRegistry, type NameOr, type Registry } from '../../../options/registry.js';
import { fieldProblem } from '../../../options/unit-check.js';
import { unitOption } from '../../../options/unit-option.js';
import type { EnsembleKind } from './_weights.js';
import { equal } from './equal.js';
import { greedy } from './greedy.js';
import { valid } from './valid.js';

/** The weights of recdistill, by name. */
export const ensembleKinds = { equal, valid, greedy } as const satisfies Record<string, EnsembleKind>;

export type EnsembleName = keyof typeof ensembleKinds;

/** Built-in weights, and those that users add. */
export const ensembleRegistry: Registry<EnsembleKind> = createRegistry<EnsembleKind>(
  'ensemble',
  'rule for the weights of an ensemble',
  ensembleKinds,
  (given) => fieldProblem(given, { summary: 'text', source: 'text', weigh: 'function' }),
);

/** The weights of this name, or the weights themselves. @throws as `Registry.find` */
export const ensembleOf = (given: NameOr<EnsembleName> | EnsembleKind): EnsembleKind => ensembleRegistry.find(given);

/** How the teachers of a method are weighed, wherever it is asked for. */
export const ensembleOption = unitOption<EnsembleName, EnsembleKind>(ensembleRegistry, {
  default: 'equal',
  help: `Weights of several teachers. ${Object.values(ensembleKinds)
    .map(({ name, summary }) => `${name}: ${summary}.`)
    .join(' ')}`,
});

export * from './_weights.js';
