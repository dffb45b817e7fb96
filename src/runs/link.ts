/** A second name of a run: a folder that only contains `link.json` with the path of the run. */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { fail } from '../errors.js';
import { makeFolder, writeAtomic } from '../formats/atomic.js';
import { writing } from '../formats/io-error.js';
import { readCheckedJson, sealedText } from '../formats/sealed-json.js';

const LINK = 'link.json';
const linkSchema = z.strictObject({
  /** Hash of the run, as in its manifest. */
  hash: z.string(),
  /** Path of its folder relative to the folder of the link, so that a folder of runs can be moved. */
  to: z.string(),
});

export type Link = z.output<typeof linkSchema>;

export const isLink = (folder: string): boolean => existsSync(join(folder, LINK));

/** Whether a link points to a run that no longer exists. */
export const isBrokenLink = (folder: string): boolean => {
  const link = readLink(folder);
  return link !== undefined && !existsSync(join(folder, link.to, 'manifest.json'));
};

/** @param to the folder of the run. @throws RecdistillError `write-failed` */
export function writeLink(folder: string, to: string, hash: string): void {
  makeFolder(folder);
  const link: Link = { hash, to: relative(resolve(folder), resolve(to)) };
  writeAtomic(join(folder, LINK), sealedText(link));
}

/** Removes the link, so that a run can be created in its folder. @throws RecdistillError `write-failed` */
export const removeLink = (folder: string): void => writing(folder, () => rmSync(join(folder, LINK), { force: true }));

/** @returns undefined for a folder without a link. @throws RecdistillError `read-failed`, `artifact-damaged` */
export function readLink(folder: string): Link | undefined {
  if (!isLink(folder)) return undefined;
  const path = join(folder, LINK);
  const parsed = linkSchema.safeParse(readCheckedJson(path, { hint: AGAIN }).value);
  return parsed.success ? parsed.data : fail('artifact-damaged', { path, problem: 'it is not a link', hint: AGAIN });
}

/**
 * The folder of the run: `folder` itself, or the target if it is a link.
 * @throws RecdistillError `needs-not-met` if the target no longer exists, `artifact-damaged`
 */
export function resolveRun(folder: string): string {
  const link = readLink(folder);
  if (!link) return folder;
  const to = join(folder, link.to);
  // There are no links to links, because reused runs are found by their manifests.
  if (existsSync(join(to, 'manifest.json'))) return to;
  return fail('needs-not-met', {
    problem: `${folder} is a link to the run ${to}, which no longer exists`,
    hint: `Run the command that made ${dirname(folder)} again to recreate it.`,
  });
}

const AGAIN = 'Delete the file and run the command that made the folder again. Finished runs are reused.';
