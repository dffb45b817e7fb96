/** One run under a second name: a folder that holds nothing but `link.json`, which says where the run is. */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { fail } from '../errors.js';
import { makeFolder, writeAtomic } from '../formats/atomic.js';
import { parseJsonFile } from '../formats/sealed-json.js';

const LINK = 'link.json';
const linkSchema = z.strictObject({
  /** Hash of the run, as in its manifest. */
  hash: z.string(),
  /** Its folder, from the folder of the link on, so that a folder of runs can be moved as a whole. */
  to: z.string(),
});

export type Link = z.output<typeof linkSchema>;

export const isLink = (folder: string): boolean => existsSync(join(folder, LINK));

/** Whether the run that a link stands for is gone. */
export const isBrokenLink = (folder: string): boolean => {
  const link = readLink(folder);
  return link !== undefined && !existsSync(join(folder, link.to, 'manifest.json'));
};

/** @param to the folder of the run. @throws RecdistillError `write-failed` */
export function writeLink(folder: string, to: string, hash: string): void {
  makeFolder(folder);
  const link: Link = { hash, to: relative(resolve(folder), resolve(to)) };
  writeAtomic(join(folder, LINK), `${JSON.stringify(link, null, 2)}\n`);
}

/** Removes the link, so that a run can be made in its folder. */
export const removeLink = (folder: string): void => rmSync(join(folder, LINK), { force: true });

/** @returns undefined for a folder without a link. @throws RecdistillError `read-failed`, `artifact-damaged` */
export function readLink(folder: string): Link | undefined {
  if (!isLink(folder)) return undefined;
  const path = join(folder, LINK);
  const parsed = linkSchema.safeParse(parseJsonFile(path, AGAIN));
  return parsed.success ? parsed.data : fail('artifact-damaged', { path, problem: 'it is no link', hint: AGAIN });
}

/**
 * The folder of the run that `folder` stands for: itself, unless it is a link.
 * @throws RecdistillError `needs-not-met` if the run that the link names is gone, `artifact-damaged`
 */
export function resolveRun(folder: string): string {
  const link = readLink(folder);
  if (!link) return folder;
  const to = join(folder, link.to);
  // Nobody links to a link: what is reused is found by its manifest.
  if (existsSync(join(to, 'manifest.json'))) return to;
  return fail('needs-not-met', {
    problem: `${folder} stands for the run ${to}, which is not there any more`,
    hint: `Run the command again that made ${dirname(folder)}; it makes the run anew.`,
  });
}

const AGAIN = 'Delete the file and run the command again that made the folder; finished runs are found again.';
