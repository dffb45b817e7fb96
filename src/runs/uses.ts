/** Files from which the units of a run were loaded. Later commands need them, too. */
import { readerRegistry, splitRegistry } from '../data/index.js';
import { ensembleRegistry } from '../distill/index.js';
import { fail } from '../errors.js';
import { metricRegistry } from '../eval/index.js';
import { optimizerRegistry } from '../optim/index.js';
import { filesOf, type Unit } from '../options/registry.js';
import { moduleHash } from '../options/use.js';
import { samplerRegistry } from '../samplers/index.js';
import type { RunManifest, RunSetting } from './run-manifest.js';

type Values = Readonly<Record<string, unknown>>;

/**
 * The files of these units and of the units in the options, as a run records them. Empty if there are none.
 * @param options of the run: optimiser, sampler, the metric `selectBy`
 * @param source how the data set was loaded: its reader and its split
 */
export function usesOf(
  units: readonly Unit[],
  options: Values = {},
  source: Values = {},
): Pick<RunSetting, 'uses' | 'useHashes'> {
  const metric = String(options.selectBy).split('@')[0];
  const uses = filesOf([
    ...units,
    ...optimizerRegistry.all().filter(({ name }) => name === options.optimizer),
    ...samplerRegistry.all().filter(({ name }) => name === options.sampler),
    ...ensembleRegistry.all().filter(({ name }) => name === options.ensemble),
    ...metricRegistry.all().filter(({ name }) => name === metric),
    ...splitRegistry.all().filter(({ name }) => name === source.split),
    ...readerRegistry.all().filter(({ name }) => name === source.format),
  ]);
  if (uses.length === 0) return {};
  return { uses, useHashes: Object.fromEntries(uses.map((file) => [file, moduleHash(file) ?? ''])) };
}

/** A note about files whose units a run was made with, if their code is another now. Undefined if all are as they were, or not loaded. */
export function changedUses({ host }: Pick<RunManifest, 'host'>, finished: boolean): string | undefined {
  const changed = Object.entries(host.useHashes ?? {}).filter(([file, hash]) => (moduleHash(file) ?? hash) !== hash);
  if (changed.length === 0) return undefined;
  const files = changed.map(([file]) => file).join(', ');
  const kept = finished ? 'its result is that of the earlier code' : 'its first epochs are of the earlier code';
  return `${files} has changed since this run began; ${kept}. To run it again, raise the "revision" of the unit, or add --overwrite`;
}

/** Refuses a unit of a run that is not registered. @throws RecdistillError `unknown-name` */
export function unknownUnit(kind: string, given: string, known: readonly Unit[], uses: readonly string[] = []): never {
  const names = known.map(({ name }) => name).join(', ');
  if (uses.length === 0) return fail('unknown-name', { kind, given, known: names });
  const hint = `The run uses units from ${uses.join(', ')}: add ${uses.map((file) => `--use ${file}`).join(' ')}.`;
  return fail('unknown-name', { kind, given, known: names, hint });
}
