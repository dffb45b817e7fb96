/** Readable names of items for runs that are finished: nothing is trained. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeLabels } from '../bundle/index.js';
import type { Dataset } from '../data/index.js';
import { acquireLock, parseJsonFile, writeAtomic } from '../formats/index.js';
import { bundleFiles } from '../student/index.js';
import { jobFiles } from './finished.js';
import type { RunFolder } from './run-folder.js';

/**
 * Puts names into the student bundle of a run, if it has one, and their file into the data options that it recorded, so that students
 * distilled from it have them, too. The caller holds the run.
 * @param run its folder
 * @param labels one for each item, `''` where there is none
 * @param file the file of names; absolute, as later commands may start in another folder
 * @returns whether anything changed
 * @param encoding as the data option `labelsEncoding`
 * @throws RecdistillError as `writeLabels`
 */
export async function nameItems(
  run: string,
  labels: readonly string[],
  file: string,
  encoding = 'auto',
): Promise<boolean> {
  const recorded = recordNames(run, file, encoding);
  const student = join(run, jobFiles.student);
  const written = existsSync(join(student, bundleFiles.manifest)) && (await writeLabels(student, labels));
  return recorded || written;
}

/** Puts the file of names into the data options that a run recorded. @returns whether that changed anything */
export function recordNames(run: string, file: string, encoding = 'auto'): boolean {
  const path = join(run, jobFiles.source);
  if (!existsSync(path)) return false;
  const source = parseJsonFile(path) as Record<string, unknown>;
  if (source.labels === file && (source.labelsEncoding ?? 'auto') === encoding) return false;
  writeAtomic(path, `${JSON.stringify({ ...source, labels: file, labelsEncoding: encoding }, null, 2)}\n`);
  return true;
}

/** Gives a finished run the names of a file that was asked for now; those of the data set itself it has from the beginning. */
export async function nameAgain(
  run: Pick<RunFolder, 'path'>,
  { itemLabels }: Pick<Dataset, 'itemLabels'>,
  source: Readonly<Record<string, unknown>> | undefined,
): Promise<boolean> {
  const { labels: file, labelsEncoding } = source ?? {};
  if (typeof file !== 'string' || itemLabels === undefined) return false;
  return nameItems(run.path, itemLabels, file, typeof labelsEncoding === 'string' ? labelsEncoding : 'auto');
}

/**
 * The same for a finished run that this process does not hold, where a file of names was asked for.
 * @returns whether anything changed
 * @throws RecdistillError as `nameItems`, `run-locked`
 */
export async function nameFinished(
  folder: string,
  dataset: Pick<Dataset, 'itemLabels'>,
  source: Readonly<Record<string, unknown>> | undefined,
): Promise<boolean> {
  if (typeof source?.labels !== 'string' || dataset.itemLabels === undefined) return false;
  const release = acquireLock(folder);
  try {
    return await nameAgain({ path: folder }, dataset, source);
  } finally {
    release();
  }
}
