/** The final fit of a plan: its student that is best on valid, and the teachers of that student, trained again on all interactions. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Dataset } from '../../data/index.js';
import { defined } from '../../defined.js';
import { fail } from '../../errors.js';
import { createKernels } from '../../kernels/index.js';
import { FINAL, finalOfRun, jobFiles } from '../../runs/index.js';
import { folderByHash, type JobSpec } from '../engine/index.js';
import type { PlanContext } from './context.js';

/** What has to be known of a step of a plan. */
interface Step {
  readonly name: string;
  readonly role: string;
  readonly job: Pick<JobSpec, 'kind'>;
}

/** A finished student of a plan. */
export interface Candidate {
  readonly name: string;
  readonly folder: string;
  /** Its value on valid, in the metric that selects. */
  readonly valid: number;
}

/** The final fit of a plan. Its figures are those of the evaluated run. */
export interface FinalOfPlan {
  /** The student that was chosen. */
  readonly student: string;
  /** Its value on valid. */
  readonly valid: number;
  /** Name of the final fit, relative to the runs folder. */
  readonly name: string;
  readonly folder: string;
  /** Folder of its bundle, if the model has one. */
  readonly bundle?: string;
  readonly epochs: number;
  readonly reused: boolean;
}

/** Refuses, before any work, a plan whose students may have no final fit. @throws RecdistillError `bad-option` */
export function checkFinal(steps: readonly Step[]): void {
  const wrong = steps.find(({ job }) => job.kind === 'co-train' || job.kind === 'import');
  if (!wrong) return;
  const why = wrong.job.kind === 'import' ? 'imported rankings' : 'a model that is trained together with another one';
  refuse(
    `no ${why} (${wrong.name}): it cannot be trained again on all interactions`,
    'Leave out `final`, or this entry.',
  );
}

/** @throws RecdistillError `bad-option` without a folder of runs or without students */
export function checkFinalPlace(runs: string | undefined, steps: readonly Step[]): void {
  if (runs === undefined) refuse('a folder of runs', 'Name a folder of runs.');
  if (!steps.some((s) => s.role === 'student')) refuse('a student', 'Leave out `final`, or add a student.');
}

const refuse = (expected: string, help: string): never =>
  fail('bad-option', { option: 'final', owner: 'the plan', given: true, expected, help });

/** Of equal students the first one. @throws RecdistillError as `finalOfRun` */
export async function finalOfBest(
  students: readonly Candidate[],
  dataset: Dataset,
  { runs = '', kernels: given, arithmetic, overwrite, signal, listen }: PlanContext,
): Promise<FinalOfPlan> {
  const best = students.reduce((a, b) => (b.valid > a.valid ? b : a));
  const kernels = given ?? createKernels({ arithmetic: arithmetic ?? 'auto' });
  let at = 0;
  try {
    const { folder, job } = await finalOfRun(best.folder, {
      ...{ dataset, kernels, folderOf: folderByHash(runs) },
      ...defined({ overwrite, signal }),
      listen(repeated) {
        const name = relative(runs, join(repeated, FINAL));
        at += 1;
        listen?.({ type: 'started', job: name, kind: 'train', at, of: at });
        return (event) => listen?.({ type: 'progress', job: name, event });
      },
    });
    const bundle = join(folder, jobFiles.student);
    return {
      ...{ student: best.name, valid: best.valid, name: relative(runs, folder), folder },
      ...(existsSync(bundle) ? { bundle } : {}),
      ...{ epochs: job.result.epochs, reused: job.reused },
    };
  } finally {
    if (!given) kernels.close();
  }
}
