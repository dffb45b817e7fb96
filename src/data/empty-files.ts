/** Files without content among others: Hadoop and Spark write one for each task that had nothing to say. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fail } from '../errors.js';
import type { Plan } from './_plan.js';
import { someNames } from './file-names.js';
import type { PlannedFile } from './files.js';
import { contentOf, firstBytes, headOf, packingOf } from './packing.js';
import { isStandardInput } from './passing.js';

/** Files that are named one by one. */
const NAMED = 5;

/**
 * Leaves out the files without content of each part that has several files, and says so. A single file stays.
 * @throws RecdistillError `bad-data` if all of several files are empty
 */
export async function withoutEmptyFiles(plan: Plan): Promise<Plan> {
  const left: string[] = [];
  const parts: PlannedFile[][] = [];
  for (const files of plan.parts) {
    const kept: PlannedFile[] = [];
    for (const file of files) {
      if (files.length > 1 && (await isEmpty(file))) left.push(basename(file.shown ?? file.path));
      else kept.push(file);
    }
    if (kept.length === 0) {
      const { path, shown = path } = files[0]!;
      const problem = `the file is empty, and so is every other of its part (${files.length} files)`;
      fail('bad-data', { path: shown, problem, hint: 'Expected rows of user and item.' });
    }
    parts.push(kept);
  }
  if (left.length === 0) return plan;
  const count = left.length === 1 ? '1 file is empty and left out' : `${left.length} files are empty and left out`;
  const note = `${count}: ${someNames(left, NAMED)}`;
  return { ...plan, parts, leftOut: [...(plan.leftOut ?? []), note] };
}

/** What packs nothing is smaller than that. */
const SMALL = 4096;

async function isEmpty({ path, shown = path }: PlannedFile): Promise<boolean> {
  if (isStandardInput(path)) return false;
  const found = await stat(path);
  if (!found.isFile() || found.size > SMALL) return false;
  const head = await firstBytes(path);
  const packing = packingOf(head);
  if (packing === 'zip') return false;
  // What cannot be unpacked is refused when it is opened.
  const content = await headOf(contentOf(path, packing, shown)).catch(() => undefined);
  return content !== undefined && /^\ufeff?\s*$/.test(content.toString('utf8'));
}
