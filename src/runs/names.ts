/** Item labels for finished runs. Nothing is trained. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeLabels } from '../bundle/index.js';
import type { Dataset } from '../data/index.js';
import { acquireLock, readCheckedJson, sealedText, writeAtomic } from '../formats/index.js';
import { bundleFiles } from '../student/index.js';
import { jobFiles } from './finished.js';
import type { RunFolder } from './run-folder.js';

/**
 * Writes labels into the student bundle of a run, if it has one, and records their file in the run's data options, so that students distilled
 * from it have labels, too. The caller holds the lock of the run.
 * @param run its folder
 * @param labels one per item, `''` for none
 * @param file the file of labels; absolute, because later commands may start in another folder
 * @param encoding as the data option `labelsEncoding`
 * @returns whether anything changed
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

/** Records the file of labels in the run's data options. @returns whether they changed */
export function recordNames(run: string, file: string, encoding = 'auto'): boolean {
  const path = join(run, jobFiles.source);
  if (!existsSync(path)) return false;
  const source = readCheckedJson(path).value;
  if (source.labels === file && (source.labelsEncoding ?? 'auto') === encoding) return false;
  writeAtomic(path, sealedText({ ...source, labels: file, labelsEncoding: encoding }));
  return true;
}

/** Adds labels to a finished run if a file of labels was given. Labels of the data set itself are there from the start. */
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
  const lock = acquireLock(folder, { what: { kind: 'run', path: folder } });
  try {
    return await nameAgain({ path: folder }, dataset, source);
  } finally {
    lock.release();
  }
}
