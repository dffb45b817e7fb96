/** Several files as one part: a list of paths and patterns. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fail } from '../errors.js';
import { catalog } from './catalog.js';
import { isHidden } from './file-names.js';
import type { PlannedFile } from './files.js';
import { identityOf } from './files-below.js';
import { refuseAddress } from './foreign.js';
import { keysOf } from './partition-keys.js';
import { isStandardInput } from './passing.js';

/** Whether a text can be a pattern of paths: `*`, `?`, `[...]`, `{a,b}`, `@(a|b)`. */
export const isPattern = (text: string): boolean => /[*?[\]{}]|[!@+]\(/.test(text);

/**
 * The files that paths and patterns stand for, those of a pattern in order of their paths. A path that is there is no pattern. Folders
 * such as `country=DE` are columns below the folder that all paths and patterns have in common.
 * @throws RecdistillError `file-missing`, `bad-data` for a pattern without a file, a folder, a file that is named twice
 */
export async function matchingFiles(data: readonly string[]): Promise<PlannedFile[]> {
  const found: Found[] = [];
  for (const given of data) found.push(...(await filesOf(given)));
  const bases = found.flatMap(({ base }) => (base === undefined ? [] : [join(base, 'file')]));
  const folder = bases.length === 0 ? '' : commonFolder(bases);
  const files = found.map(
    ({ path, shown }): PlannedFile =>
      isStandardInput(path) ? { path, keys: {} } : { path, shown, keys: keysOf(relative(folder, path)) },
  );
  await refuseTwice(files);
  refuseUnlike(files);
  return files;
}

interface Found {
  readonly path: string;
  readonly shown: string;
  /** The folder that was named: that of a file, or the start of a pattern that every match has. */
  readonly base?: string;
}

async function filesOf(given: string): Promise<Found[]> {
  if (isStandardInput(given)) return [{ path: given, shown: given }];
  refuseAddress(given);
  const found = await stat(resolve(given)).catch(() => undefined);
  if (found?.isDirectory()) {
    const hint = `A list takes files and patterns, such as '${join(given, '*.csv')}'. A folder can be named alone.`;
    fail('bad-data', { path: given, problem: 'is a folder, and one of several sources', hint });
  }
  if (found) return [{ path: resolve(given), shown: given, base: dirname(resolve(given)) }];
  if (Object.hasOwn(catalog, given) || given.startsWith('synthetic')) {
    const hint = 'A list takes files and patterns. Name the data set alone.';
    fail('usage', { problem: `the data set ${given} is one of several sources`, hint });
  }
  if (!isPattern(given)) fail('file-missing', { path: given });
  // Windows divides paths by what patterns take as an escape.
  const pattern = sep === '/' ? given : given.replaceAll(sep, '/');
  const { glob } = await import('tinyglobby');
  const paths = await glob(pattern, { expandDirectories: false, onlyFiles: true });
  const wanted = paths.filter((path) => !isHidden(basename(path)) || isHidden(basename(pattern))).sort();
  if (wanted.length === 0) {
    const hint =
      "A pattern stands for files: * for any part of a name, ** for any folders, {a,b} for either, as in 'logs/**/*.csv'. Patterns start at the folder the command runs in.";
    fail('bad-data', { path: given, problem: 'no file matches this pattern', hint });
  }
  const base = startOfPattern(pattern);
  return wanted.map((path) => ({ path: resolve(path), shown: path, base }));
}

/** The folders of a pattern before the first that is one itself. */
function startOfPattern(pattern: string): string {
  const folders = pattern.split('/').slice(0, -1);
  const first = folders.findIndex(isPattern);
  const plain = first < 0 ? folders : folders.slice(0, first);
  return resolve(plain.join('/') || (pattern.startsWith('/') ? '/' : '.'));
}

/** Links of both kinds are looked through. @throws RecdistillError `bad-data` */
export async function refuseTwice(files: readonly PlannedFile[]): Promise<void> {
  const seen = new Map<string, string>();
  for (const { path, shown = path } of files) {
    const real = isStandardInput(path) ? '-' : await identityOf(path);
    const before = seen.get(real);
    if (before !== undefined) {
      const problem = before === shown ? 'is named twice' : `is the same file as ${before}`;
      fail('bad-data', { path: shown, problem, hint: 'Its rows would count twice. Name it once.' });
    }
    seen.set(real, shown);
  }
}

/** Columns of folders have to be the same for all files. @throws RecdistillError `bad-data` */
export function refuseUnlike(files: readonly PlannedFile[]): void {
  const namesOf = ({ keys }: PlannedFile) => Object.keys(keys).sort().join(', ');
  const [first] = files;
  const other = files.find((file) => namesOf(file) !== namesOf(first!));
  if (!first || !other) return;
  const list = (file: PlannedFile) => namesOf(file) || 'none';
  fail('bad-data', {
    path: other.shown ?? other.path,
    problem: `the folders name the columns ${list(other)}; those of ${first.shown ?? first.path} name ${list(first)}`,
    hint: 'Name files whose folders (NAME=VALUE) name the same columns.',
  });
}

/** The innermost folder that all of the paths are in. */
export function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0]!);
  while (!paths.every((path) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    const above = dirname(folder);
    if (above === folder) break;
    folder = above;
  }
  return folder;
}
