/** Skips empty files among others: Hadoop and Spark write one for each task without output. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fail } from '../errors.js';
import type { Plan } from './_plan.js';
import { compressionOf, contentOf, firstBytes, headOf } from './compression.js';
import { someNames } from './file-names.js';
import type { PlannedFile } from './files.js';
import { isStandardInput } from './stream-input.js';

/** Maximum number of files that a note lists by name. */
const NAMED = 5;

/**
 * Removes empty files from each part with several files and adds a note. A single file is kept.
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
      const problem = `the file is empty, like all ${files.length} files of its part`;
      fail('bad-data', { path: shown, problem, hint: 'Expected rows of user and item.' });
    }
    parts.push(kept);
  }
  if (left.length === 0) return plan;
  const count = left.length === 1 ? 'skipped 1 empty file' : `skipped ${left.length} empty files`;
  const note = `${count}: ${someNames(left, NAMED)}`;
  return { ...plan, parts, leftOut: [...(plan.leftOut ?? []), note] };
}

/** A compressed empty file is smaller than this, in bytes. */
const SMALL = 4096;

async function isEmpty({ path, shown = path }: PlannedFile): Promise<boolean> {
  if (isStandardInput(path)) return false;
  const found = await stat(path);
  if (!found.isFile() || found.size > SMALL) return false;
  const head = await firstBytes(path);
  const packing = compressionOf(head);
  if (packing === 'zip') return false;
  // A file that cannot be decompressed is rejected when it is opened.
  const content = await headOf(contentOf(path, packing, shown)).catch(() => undefined);
  return content !== undefined && /^\ufeff?\s*$/.test(content.toString('utf8'));
}
