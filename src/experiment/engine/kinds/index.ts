/** The kinds of jobs. `withKind` has those that any process can run. The process that runs the graph does the others. */
import { readSavedModel, readTeacher } from '../../../runs/index.js';
import type { Control, Done, Task } from '../executor.js';
import type { PortableJob } from '../job.js';
import type { JobKind, JobPlan, KindControl, PlanContext, ProcessContext } from './_kind.js';
import { coTrainKind, pairOf } from './co-train.js';
import { searchKind } from './search.js';
import { trainKind } from './train.js';

export * from './_kind.js';
export * from './fuse.js';
export * from './import.js';

/** Calls `use` with a job and its kind. */
function withKind<R>(job: PortableJob, use: <J extends PortableJob>(kind: JobKind<J>, job: J) => R): R {
  if (job.kind === 'train') return use(trainKind, job);
  return job.kind === 'co-train' ? use(coTrainKind, job) : use(searchKind, job);
}

/** @throws RecdistillError for anything that can be checked before the job runs */
export const planPortable = (job: PortableJob, context: PlanContext): JobPlan =>
  withKind(job, (kind, own) => kind.plan(own, context));

/** Whether the run in this folder, with the hash of the job, is complete. */
export const isFinished = (folder: string, job: PortableJob): boolean =>
  withKind(job, (kind, own) => kind.isFinished(folder, own));

/** Runs a job. @throws RecdistillError as `runJob` */
export function perform(task: Task, context: ProcessContext, control: Control): Promise<Done> {
  const { listen, signal } = control;
  const work: KindControl = {
    ...{ listen, signal },
    teachers: () => task.inputs.map(({ name, folder }) => control.teacher(name) ?? readTeacher(folder!)),
    pair(start) {
      const { teacher, student } = pairOf(task.job.name, start, task.inputs);
      const savedOf = ({ name, folder }: typeof teacher) => control.saved(name) ?? readSavedModel(folder!);
      return { teacher: savedOf(teacher), student: savedOf(student) };
    },
  };
  return withKind(task.job, (kind, own) => kind.perform(own, task, context, work));
}
