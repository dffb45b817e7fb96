/** Lists of items as people read them. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle } from '../../bundle/index.js';
import { fail } from '../../errors.js';
import { jobFiles } from '../../runs/index.js';
import { bundleFiles, createStudent, type RankedItem, type Student, type StudentBundle } from '../../student/index.js';
import { shortened } from '../terminal/format.js';
import { renderTable } from '../terminal/table.js';
import { noRun, placeOf } from './runs.js';

export interface OpenedStudent {
  readonly student: Student;
  readonly manifest: StudentBundle['manifest'];
}

/** The folder of a bundle, by the name of its run or by its path. @throws RecdistillError `unknown-name`, `needs-not-met` */
export function bundleFolderOf(given: string, runs: string): string {
  const place = placeOf(given, runs) ?? noRun(given, runs);
  const folder = [join(place.folder, jobFiles.student), place.folder].find((f) =>
    existsSync(join(f, bundleFiles.tensors)),
  );
  if (folder !== undefined) return folder;
  return fail('needs-not-met', {
    problem: `${place.name} has no student bundle`,
    hint: 'Bundles come from `distill`, and from `train` with a model whose scores are inner products, once the run is finished.',
  });
}

/** Opens a bundle by the name of its run, or by its folder. @throws RecdistillError as `bundleFolderOf` and `readBundle` */
export async function openStudent(given: string, runs: string): Promise<OpenedStudent> {
  const { manifest, model } = await readBundle(bundleFolderOf(given, runs));
  return { student: createStudent(model), manifest };
}

/** @param held items that the user took later: they get a mark */
export function listText(list: readonly RankedItem[], held: ReadonlySet<string> = new Set()): string {
  return renderTable(
    [{ title: '', right: true }, { title: 'item' }, { title: 'name' }, { title: 'score', right: true }],
    list.map((r) => [
      `${held.has(r.itemId) ? '+ ' : ''}${r.rank}`,
      shortened(r.itemId, 40),
      shortened(r.label ?? '', 80),
      r.score.toFixed(3),
    ]),
  );
}

/** The name of an item, or its id. */
export const nameOf = (itemId: string, label: string | undefined): string =>
  label ? shortened(label, 90) : shortened(itemId, 40);
