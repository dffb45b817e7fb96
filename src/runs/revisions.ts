/** The revisions of the code that a run is computed by. They are part of what identifies it, so that old results do not count as new ones. */
import { optimizerRegistry } from '../optim/index.js';
import type { Unit } from '../options/registry.js';
import { samplerRegistry } from '../samplers/index.js';

/**
 * Raised when a change of what all units share changes results: the training loop, the kernels, the random generator, the ranking. The rules are
 * those of `Unit.revision`.
 */
const SHARED_REVISION = 1;

/** The name of the shared code among the revisions of a run. */
export const SHARED = 'training loop and kernels';

/**
 * The revisions above 1, by kind and name of the unit, as a run records them.
 * @param units that take part: the model, the method, the strategy of a search
 * @param options of the run; they name its optimiser and its sampler
 */
export function revisionsOf(
  units: readonly (Unit | undefined)[],
  options: Readonly<Record<string, unknown>> = {},
  shared = SHARED_REVISION,
): Readonly<Record<string, number>> {
  const named = [
    ...optimizerRegistry.all().filter(({ name }) => name === options.optimizer),
    ...samplerRegistry.all().filter(({ name }) => name === options.sampler),
  ];
  const all = [...units, ...named].flatMap((u) => (u ? [[`${u.unit} ${u.name}`, u.revision ?? 1] as const] : []));
  return Object.fromEntries([...all, [SHARED, shared] as const].filter(([, revision]) => revision > 1));
}

/** The revisions in which two runs differ, in words: `model ease had revision 1, now it has 2`. */
export function changedRevisions(
  before: Readonly<Record<string, number>> = {},
  now: Readonly<Record<string, number>> = {},
): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names
    .filter((name) => (before[name] ?? 1) !== (now[name] ?? 1))
    .map((name) => `the ${name} had revision ${before[name] ?? 1}, now it has ${now[name] ?? 1}`)
    .join('; ');
}
