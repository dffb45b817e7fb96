/** The files of a folder and of all folders in it. */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fail } from '../errors.js';
import { isHidden } from './file-names.js';

interface Walk {
  readonly folder: string;
  readonly leaveOut: (path: string) => Promise<boolean>;
  readonly files: string[];
  /** Links to folders; they are followed after everything else, so that a file goes by its path without a link. */
  readonly links: string[];
  /** Identities of the folders that were entered. */
  readonly entered: Set<string>;
}

/**
 * Paths from `folder` on, with `/`, in order. Hidden files and folders (`_`, `.`) are left out. Links are followed, and a folder that several
 * paths lead to is entered once.
 * @param leaveOut says of a folder, by its path from `folder` on, that it is not looked into
 * @throws RecdistillError `bad-data` if a folder may not be read
 */
export async function filesBelow(
  folder: string,
  leaveOut: (path: string) => Promise<boolean> = async () => false,
): Promise<string[]> {
  const walk: Walk = { folder, leaveOut, files: [], links: [], entered: new Set() };
  await enter(walk, '');
  // Links that are found on the way are added at the end.
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

/** What lies in a folder and is not hidden, in order. @throws RecdistillError `bad-data` if it may not be read */
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

/** Whether a link leads to a folder that it lies in itself, or that all of this lies in: the rest of the disk is not meant. */
async function leadsUp(folder: string, link: string): Promise<boolean> {
  const target = await realpath(join(folder, link));
  const places = [await realpath(dirname(join(folder, link))), await realpath(folder)];
  return places.some((place) => {
    const way = relative(target, place);
    return !way.startsWith('..') && !isAbsolute(way);
  });
}

/** The same for all paths of one file or folder, through links of both kinds. */
export async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev} ${ino}`;
}
