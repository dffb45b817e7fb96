/** Student bundles by the names of their runs. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle } from '../../bundle/index.js';
import { fail } from '../../errors.js';
import { jobFiles } from '../../runs/index.js';
import { bundleFiles, createStudent, type Student, type StudentBundle } from '../../student/index.js';
import { noRun, placeOf } from './runs.js';

export interface OpenedStudent {
  readonly student: Student;
  readonly manifest: StudentBundle['manifest'];
}

/** For a bundle with users whose histories were left out. */
export const noHistories =
  'The bundle does not say what its users have: lists for them may have items that they already have.';

/** The folder of a bundle, by the name of its run or by its path. @throws RecdistillError `unknown-name`, `needs-not-met` */
export function bundleFolderOf(given: string, runs: string): string {
  const place = placeOf(given, runs) ?? noRun(given, runs);
  const folder = [join(place.folder, jobFiles.student), place.folder].find((f) =>
    existsSync(join(f, bundleFiles.tensors)),
  );
  if (folder !== undefined) return folder;
  return fail('needs-not-met', {
    problem: `${place.name} has no student bundle`,
    hint: '`distill` and `train` write a bundle if the scores of the model are inner products and the run is finished.',
  });
}

/** Opens a bundle by the name of its run, or by its folder. @throws RecdistillError as `bundleFolderOf` and `readBundle` */
export async function openStudent(given: string, runs: string): Promise<OpenedStudent> {
  const { manifest, model } = await readBundle(bundleFolderOf(given, runs));
  return { student: createStudent(model), manifest };
}
