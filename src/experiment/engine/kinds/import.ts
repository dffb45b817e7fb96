/** Imports rankings of external teachers, which are evaluated and stored like runs. The process that has read the file does this. */

import { type ExternalRankings, readExternalRankings } from '../../../data/index.js';
import { defined } from '../../../defined.js';
import { importingTeachers, type Outcome, type Overwrite, planImport, runHash } from '../../../runs/index.js';
import type { ImportJob } from '../job.js';
import type { JobPlan, PlanContext } from './_kind.js';

/** An import with the contents of its file. */
export interface ImportPlan extends JobPlan {
  readonly external: ExternalRankings;
}

/** @param folder of the job. @throws RecdistillError as `readExternalRankings` and `planImport` */
export async function planImportJob(
  job: ImportJob,
  { dataset, evaluator, setting }: PlanContext,
  folder: string | undefined,
): Promise<ImportPlan> {
  const external = await readExternalRankings(job.file, dataset, evaluator.depth, job.options);
  const request = { dataset, external, name: job.teacher, evaluation: setting.evaluation };
  const results = planImport({ ...request, ...(folder === undefined ? {} : { folder }) }).map(
    ({ place, teacher, spec }) => {
      const name = place === '' ? job.name : `${job.name}/${place}`;
      return { name, place, teacher, spec, hash: runHash(spec) };
    },
  );
  return { results, external };
}

/** In parts, the outcomes of the teachers in the file, in order. @throws RecdistillError as `importTeachers` */
export function* performImport(
  job: ImportJob,
  { external }: ImportPlan,
  { dataset, setting }: Pick<PlanContext, 'dataset' | 'setting'>,
  folder: string | undefined,
  overwrite: Overwrite,
): Generator<number, Outcome[]> {
  const imported = yield* importingTeachers({
    ...{ dataset, external, name: job.teacher, evaluation: setting.evaluation, overwrite },
    ...defined({ folder, source: setting.data }),
  });
  return imported.map(({ outcome }) => outcome);
}
