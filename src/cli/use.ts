/**
 * Units of a user's own on the command line. They are added before the commands are loaded, so that help, flags and checks treat them like built-in
 * units.
 */
// Each of these registers a kind of unit.
import '../data/index.js';
import '../distill/index.js';
import '../eval/index.js';
import '../experiment/index.js';
import '../export/index.js';
import '../models/index.js';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fail, RecdistillError } from '../errors.js';
import { optionalText, options } from '../options/options.js';
import { usedModules, useModule } from '../options/use.js';
import { isPlainObject } from '../student/canonical-json.js';
import type { OptionGroup } from './terminal/_command.js';
import { isUseFlag, USE_FLAG } from './use-flag.js';

/**
 * Adds the units of all modules that the command line names.
 * @returns the other words
 * @throws RecdistillError as `useModule`; `usage` if the flag has no value
 */
export async function useFromWords(words: readonly string[]): Promise<string[]> {
  const rest: string[] = [];
  const files: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const [, value] = word.split(/=(.*)/s);
    if (!isUseFlag(word)) {
      rest.push(word);
      continue;
    }
    const file = value ?? words[++at];
    if (file === undefined || file === '' || file.startsWith('--')) {
      fail('usage', {
        problem: `${USE_FLAG} needs a value`,
        hint: `Name a JavaScript module, such as ${USE_FLAG} ./my-model.js.`,
      });
    }
    files.push(file);
  }
  for (const file of files) await useModule(file);
  return rest;
}

/** For the help of every command. */
export const useGroup: OptionGroup = {
  ...{ title: 'Units of your own', owner: 'units' },
  schema: options({
    use: optionalText({
      help: 'JavaScript module with models, methods, metrics or other units of your own. May be repeated.',
    }),
  }),
};

/**
 * Adds the units of the modules that a YAML file lists under `use`; relative paths start at the file.
 * @returns the rest of the file
 * @throws RecdistillError `bad-option`, and as `useModule`
 */
export async function useFromYaml(value: unknown, path: string): Promise<unknown> {
  if (!isPlainObject(value) || !('use' in value)) return value;
  const { use, ...rest } = value;
  const files: readonly unknown[] = Array.isArray(use) ? use : [use];
  for (const [at, file] of files.entries()) {
    if (typeof file !== 'string' || file === '') {
      const given = JSON.stringify(use);
      fail('bad-option', { option: 'use', owner: path, given, expected: 'a list of paths, such as [./my-model.js]' });
    }
    const given = resolve(dirname(path), file);
    if (!existsSync(given)) {
      const expected = `paths of JavaScript modules, relative to this file; there is no ${given}`;
      fail('bad-option', { option: 'use', owner: path, given: JSON.stringify(use), expected });
    }
    try {
      await useModule(given);
    } catch (cause) {
      if (!(cause instanceof RecdistillError)) throw cause;
      fail(cause.code, { ...cause.details, path: Array.isArray(use) ? ['use', at] : ['use'] }, cause);
    }
  }
  return rest;
}

/** Modules whose units made the runs that this command has read. */
const noted = new Set<string>();

/** Remembers the modules whose units made a run. */
export const noteUses = (files: readonly string[] = []): void => {
  for (const file of files) noted.add(file);
};

/** Runs `work`. An error about an unknown name says which modules the runs need. */
export async function tellingUses<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const missing = [...noted].filter((file) => !usedModules().includes(file));
    const about =
      cause instanceof RecdistillError && ['unknown-name', 'bad-option', 'needs-not-met'].includes(cause.code);
    if (!about || missing.length === 0) throw cause;
    const flags = missing.map((file) => `${USE_FLAG} ${file}`).join(' ');
    const hint = `${cause.hint} The run was made with units from a module that is not loaded: add ${flags}.`;
    return fail(cause.code, { ...cause.details, hint, help: hint }, cause);
  }
}
