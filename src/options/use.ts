/** Units of a user's own from a JavaScript module: `--use ./my-model.js`, or `use:` in a YAML file. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, RecdistillError } from '../errors.js';
import { registryOf, type Unit, unitKinds } from './registry.js';

const used = new Set<string>();

/** The absolute paths of all modules whose units were added, for processes that are to know the same units. */
export const usedModules = (): readonly string[] => [...used];

/**
 * Adds every unit that a module exports.
 * @param file path of the module
 * @param folder where a relative path starts; default: the current folder
 * @returns the units
 * @throws RecdistillError `file-missing`; `usage` if it cannot be imported or exports no unit; `broken-unit`, `name-taken`, naming the file
 */
export async function useModule(file: string, folder = process.cwd()): Promise<readonly Unit[]> {
  const path = resolve(folder, file);
  if (!existsSync(path)) fail('file-missing', { path: file });
  const units = exportedUnits(await imported(path, file));
  if (units.length === 0) {
    fail('usage', {
      problem: `${file} exports no unit`,
      hint: 'Export what computedModel, trainedModel, distillationMethod, userMetric or another function of recdistill/toolkit gives.',
    });
  }
  for (const unit of units) {
    const registry = registryOf(unit.unit);
    if (!registry)
      fail('usage', { problem: `${file} exports a ${unit.unit}, which cannot be added here`, hint: UNLOADED });
    registry.addUnknown(unit, path);
  }
  used.add(path);
  return units;
}

const UNLOADED = 'Import the part of recdistill first that has units of this kind.';

async function imported(path: string, file: string): Promise<object> {
  try {
    return (await import(pathToFileURL(path).href)) as object;
  } catch (cause) {
    if (cause instanceof RecdistillError) throw cause;
    const { name, message } = cause instanceof Error ? cause : { name: 'Error', message: String(cause) };
    return fail(
      'usage',
      {
        problem: `${file} cannot be imported: ${name}: ${message}`,
        hint: 'It has to be a JavaScript module (.mjs, or .js below a package.json with "type": "module"); compile TypeScript first.',
      },
      cause,
    );
  }
}

/** What a module exports that has the mark of a unit, each once. */
const exportedUnits = (module: object): Unit[] => [...new Set(Object.values(module).filter(isUnit))];

const isUnit = (value: unknown): value is Unit =>
  typeof value === 'object' && value !== null && 'unit' in value && unitKinds.some((kind) => kind === value.unit);
