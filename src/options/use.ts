/** Units of a user's own from a JavaScript module: `--use ./my-model.js`, or `use:` in a YAML file. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, RecdistillError } from '../errors.js';
import { placeIn } from './guard.js';
import { registryOf, type Unit, unitKinds } from './registry.js';

/** The SHA-256 of each module when it was loaded, by its absolute path. */
const used = new Map<string, string>();

/** Most bytes of a module: far more than people write, and than tools that bundle packages make. */
const MAX_BYTES = 64 * 2 ** 20;

/** The absolute paths of all modules whose units were added, for processes that are to know the same units. */
export const usedModules = (): readonly string[] => [...used.keys()];

/** The SHA-256 (hex) of a module whose units were added. */
export const moduleHash = (path: string): string | undefined => used.get(path);

/** An error that no function returned: a timer or a promise of a unit that nobody waited for. Names the unit's file, if it is from one. */
export function strayError(error: unknown): unknown {
  if (error instanceof RecdistillError || !(error instanceof Error)) return error;
  const file = usedModules().find((path) => error.stack?.includes(path));
  if (file === undefined) return error;
  const problem = `${file} threw ${error.name}: ${error.message}`;
  return new RecdistillError('ended-early', { problem, files: file }, error);
}

/**
 * Adds every unit that a module exports.
 * @param file path of the module
 * @param folder where a relative path starts; default: the current folder
 * @returns the units
 * @throws RecdistillError `file-missing`, `read-failed`, `over-limit`; `usage` if it cannot be imported or exports no unit; `broken-unit`, `name-taken`, naming the file
 */
export async function useModule(file: string, folder = process.cwd()): Promise<readonly Unit[]> {
  const path = resolve(folder, file);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) fail('file-missing', { path: file });
  if (stats.isDirectory())
    fail('usage', { problem: `${file} is a folder; expected a JavaScript module`, hint: 'Name one of its files.' });
  // A pipe would block the process, and a device such as /dev/zero never ends.
  if (!stats.isFile()) fail('read-failed', { path: file, problem: 'it is a pipe or a device; expected a file' });
  if (stats.size > MAX_BYTES)
    fail('over-limit', { path: file, problem: `it has ${stats.size} bytes; modules have at most ${MAX_BYTES}` });
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
  return units;
}

const UNLOADED = 'Import the part of recdistill first that has units of this kind.';

async function imported(path: string, file: string): Promise<object> {
  // A module is loaded once per process. Later changes of the file are not in the code that runs.
  if (!used.has(path)) used.set(path, createHash('sha256').update(readFileSync(path)).digest('hex'));
  try {
    return (await import(pathToFileURL(path).href)) as object;
  } catch (cause) {
    used.delete(path);
    if (cause instanceof RecdistillError) throw cause;
    const { name, message } = cause instanceof Error ? cause : { name: 'Error', message: String(cause) };
    const line = placeIn(path, cause);
    const problem = `${file} cannot be imported: ${name}: ${message}${line === undefined ? '' : ` (line ${line})`}`;
    return fail('usage', { problem, hint: importHint(cause) }, cause);
  }
}

function importHint(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ERR_MODULE_NOT_FOUND') return 'Install the package where the module can find it, or correct the path.';
  if (!(cause instanceof SyntaxError) && !code.startsWith('ERR_'))
    return 'Correct the module and run the same command again.';
  return 'It has to be a JavaScript module (.mjs, or .js below a package.json with "type": "module"); compile TypeScript first.';
}

/** What a module exports that has the mark of a unit, each once. */
const exportedUnits = (module: object): Unit[] => [...new Set(Object.values(module).filter(isUnit))];

const isUnit = (value: unknown): value is Unit =>
  typeof value === 'object' && value !== null && 'unit' in value && unitKinds.some((kind) => kind === value.unit);
