/**
 * The kinds of jobs. A kind that any process can do is one file and one line in `kindOf`; the others are done by the process that runs
 * the graph.
 */
import { readSavedModel, readTeacher } from '../../../runs/index.js';
import type { Control, Done, Task } from '../executor.js';
import type { ShippedJob } from '../job.js';
import type { JobPlan, PlanContext, ShippedKind, WorkControl, Workplace } from './_kind.js';
import { coTrainKind, pairOf } from './co-train.js';
import { searchKind } from './search.js';
import { trainKind } from './train.js';

export * from './_kind.js';
export * from './fuse.js';
export * from './import.js';

/** Calls `use` with a job and its kind. */
function withKind<R>(job: ShippedJob, use: <J extends ShippedJob>(kind: ShippedKind<J>, job: J) => R): R {
  if (job.kind === 'train') return use(trainKind, job);
  return job.kind === 'co-train' ? use(coTrainKind, job) : use(searchKind, job);
}

/** @throws RecdistillError for anything that can be known to be wrong before any work */
export const planShipped = (job: ShippedJob, context: PlanContext): JobPlan =>
  withKind(job, (kind, own) => kind.plan(own, context));

/** Whether the run in this folder, which has the hash of the job, is complete. */
export const isFinished = (folder: string, job: ShippedJob): boolean =>
  withKind(job, (kind, own) => kind.isFinished(folder, own));

/** Does a job. @throws RecdistillError as `runJob` */
export function perform(task: Task, workplace: Workplace, control: Control): Promise<Done> {
  const { listen, signal } = control;
  const work: WorkControl = {
    ...{ listen, signal },
    teachers: () => task.inputs.map(({ name, folder }) => control.teacher(name) ?? readTeacher(folder!)),
    pair(start) {
      const { teacher, student } = pairOf(task.job.name, start, task.inputs);
      const savedOf = ({ name, folder }: typeof teacher) => control.saved(name) ?? readSavedModel(folder!);
      return { teacher: savedOf(teacher), student: savedOf(student) };
    },
  };
  return withKind(task.job, (kind, own) => kind.perform(own, task, workplace, work));
}
