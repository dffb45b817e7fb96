/** Resolves a list of paths and patterns to the files of one part. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fail } from '../errors.js';
import { catalog } from './catalog.js';
import { isHidden } from './file-names.js';
import type { PlannedFile } from './files.js';
import { identityOf } from './files-below.js';
import { keysOf } from './partition-keys.js';
import { isStandardInput } from './stream-input.js';
import { refuseAddress } from './unsupported-formats.js';

/** Whether a text may be a glob pattern: `*`, `?`, `[...]`, `{a,b}`, `@(a|b)`. */
export const isPattern = (text: string): boolean => /[*?[\]{}]|[!@+]\(/.test(text);

/**
 * The files of paths and patterns; those of a pattern are sorted by path. An existing path is not treated as a pattern.
 * Folders such as `country=DE` become columns, if they are below the common folder of all paths and patterns.
 * @throws RecdistillError `file-missing`; `bad-data` for a pattern without matches, a folder, or a file given twice
 */
export async function matchingFiles(data: readonly string[]): Promise<PlannedFile[]> {
  const found: Found[] = [];
  for (const given of data) for (const file of await filesOf(given)) found.push(file);
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
  /** The given folder: that of a file, or the fixed prefix of a pattern. */
  readonly base?: string;
}

async function filesOf(given: string): Promise<Found[]> {
  if (isStandardInput(given)) return [{ path: given, shown: given }];
  refuseAddress(given);
  const found = await stat(resolve(given)).catch(() => undefined);
  if (found?.isDirectory()) {
    const hint = `A list may contain files and patterns, such as '${join(given, '*.csv')}'. Give a folder alone.`;
    fail('bad-data', { path: given, problem: 'is a folder in a list of several sources', hint });
  }
  if (found) return [{ path: resolve(given), shown: given, base: dirname(resolve(given)) }];
  if (Object.hasOwn(catalog, given) || given.startsWith('synthetic')) {
    const hint = 'A list may contain files and patterns. Give a data set alone.';
    fail('usage', { problem: `the data set ${given} is in a list of several sources`, hint });
  }
  if (!isPattern(given)) fail('file-missing', { path: given });
  // The path separator of Windows is the escape character of patterns.
  const pattern = sep === '/' ? given : given.replaceAll(sep, '/');
  const { glob } = await import('tinyglobby');
  const paths = await glob(pattern, { expandDirectories: false, onlyFiles: true });
  const wanted = paths.filter((path) => !isHidden(basename(path)) || isHidden(basename(pattern))).sort();
  if (wanted.length === 0) {
    const hint =
      "In a pattern, * matches any part of a name, ** any folders, {a,b} either, as in 'logs/**/*.csv'. Patterns are relative to the working directory.";
    fail('bad-data', { path: given, problem: 'no file matches this pattern', hint });
  }
  const base = startOfPattern(pattern);
  return wanted.map((path) => ({ path: resolve(path), shown: path, base }));
}

/** The folders of a pattern before the first wildcard. */
function startOfPattern(pattern: string): string {
  const folders = pattern.split('/').slice(0, -1);
  const first = folders.findIndex(isPattern);
  const plain = first < 0 ? folders : folders.slice(0, first);
  return resolve(plain.join('/') || (pattern.startsWith('/') ? '/' : '.'));
}

/** Hard and symbolic links are resolved. @throws RecdistillError `bad-data` for a file given twice */
export async function refuseTwice(files: readonly PlannedFile[]): Promise<void> {
  const seen = new Map<string, string>();
  for (const { path, shown = path } of files) {
    const real = isStandardInput(path) ? '-' : await identityOf(path);
    const before = seen.get(real);
    if (before !== undefined) {
      const problem = before === shown ? 'is given twice' : `is the same file as ${before}`;
      fail('bad-data', { path: shown, problem, hint: 'Its rows would count twice. Give it once.' });
    }
    seen.set(real, shown);
  }
}

/** All files must have the same folder columns. @throws RecdistillError `bad-data` */
export function refuseUnlike(files: readonly PlannedFile[]): void {
  const namesOf = ({ keys }: PlannedFile) => Object.keys(keys).sort().join(', ');
  const [first] = files;
  const other = files.find((file) => namesOf(file) !== namesOf(first!));
  if (!first || !other) return;
  const list = (file: PlannedFile) => namesOf(file) || 'none';
  fail('bad-data', {
    path: other.shown ?? other.path,
    problem: `its folders (NAME=VALUE) define the columns ${list(other)}; those of ${first.shown ?? first.path} define ${list(first)}`,
    hint: 'Give files whose folders define the same columns.',
  });
}

/** The innermost folder that contains all paths. */
export function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0]!);
  while (!paths.every((path) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep))) {
    const above = dirname(folder);
    if (above === folder) break;
    folder = above;
  }
  return folder;
}
