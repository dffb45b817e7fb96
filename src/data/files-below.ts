/** Lists the files of a folder, recursively. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fail } from '../errors.js';
import { isHidden } from './file-names.js';

interface Walk {
  readonly folder: string;
  readonly leaveOut: (path: string) => Promise<boolean>;
  readonly files: string[];
  /** Links to folders. They are followed last, so that a file is listed under a path without links if it has one. */
  readonly links: string[];
  /** Identities of the visited folders. */
  readonly entered: Set<string>;
}

/**
 * Sorted paths relative to `folder`, with `/`. Hidden files and folders (`_`, `.`) are skipped. Links are followed; a
 * folder reachable by several paths is visited once.
 * @param leaveOut whether to skip a folder, given its path relative to `folder`
 * @throws RecdistillError `bad-data` if a folder is not readable
 */
export async function filesBelow(
  folder: string,
  leaveOut: (path: string) => Promise<boolean> = async () => false,
): Promise<string[]> {
  const walk: Walk = { folder, leaveOut, files: [], links: [], entered: new Set() };
  await enter(walk, '');
  // Links found during the loop are appended to the list.
  for (const link of walk.links) if (!(await leadsUp(folder, link))) await enter(walk, link);
  return walk.files.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

async function enter(walk: Walk, at: string): Promise<void> {
  const { folder, leaveOut, files, links, entered } = walk;
  const identity = await identityOf(join(folder, at));
  if (entered.has(identity) || (at !== '' && (await leaveOut(at)))) return;
  entered.add(identity);
  for (const entry of await entriesIn(join(folder, at))) {
    const path = at === '' ? entry.name : `${at}/${entry.name}`;
    const found = entry.isSymbolicLink() ? await stat(join(folder, path)).catch(() => undefined) : entry;
    if (found?.isFile()) files.push(path);
    if (!found?.isDirectory()) continue;
    if (entry.isSymbolicLink()) links.push(path);
    else await enter(walk, path);
  }
}

/** The visible entries of a folder, sorted. @throws RecdistillError `bad-data` if it is not readable */
export async function entriesIn(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) =>
    fail(
      'bad-data',
      {
        path: folder,
        problem: `the folder cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: 'Check the permissions of the folder, or name the files.',
      },
      cause,
    ),
  );
  return entries.filter((entry) => !isHidden(entry.name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a link points to a folder that contains the link or `folder` itself. Following it would read unrelated files. */
async function leadsUp(folder: string, link: string): Promise<boolean> {
  const target = await realpath(join(folder, link));
  const places = [await realpath(dirname(join(folder, link))), await realpath(folder)];
  return places.some((place) => {
    const way = relative(target, place);
    return !way.startsWith('..') && !isAbsolute(way);
  });
}

/** Equal for all paths of one file or folder, through hard and symbolic links. */
export async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev} ${ino}`;
}
