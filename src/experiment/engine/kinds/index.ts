/** The kinds of jobs. `withKind` has those that any process can run. The process that runs the graph does the others. */
import { readSavedModel, readTeacher } from '../../../runs/index.js';
import type { Control, Done, Task } from '../executor.js';
import type { PartJob, PortableJob } from '../job.js';
import type { JobKind, JobPlan, KindControl, PlanContext } from './_kind.js';
import { coTrainKind, pairOf } from './co-train.js';
import { type PartContext, performPart, planPart } from './part.js';
import { searchKind } from './search.js';
import { trainKind } from './train.js';

export * from './_kind.js';
export * from './fuse.js';
export * from './import.js';
export { readsDataset } from './part.js';

/** Jobs that make runs. */
type RunJob = Exclude<PortableJob, PartJob>;

/** Calls `use` with a job and its kind. */
function withKind<R>(job: RunJob, use: <J extends RunJob>(kind: JobKind<J>, job: J) => R): R {
  if (job.kind === 'train') return use(trainKind, job);
  return job.kind === 'co-train' ? use(coTrainKind, job) : use(searchKind, job);
}

/** @throws RecdistillError for anything that can be checked before the job runs */
export const planPortable = (job: PortableJob, context: PlanContext): JobPlan =>
  job.kind === 'part' ? planPart(job, context) : withKind(job, (kind, own) => kind.plan(own, context));

/** Whether the run in this folder, with the hash of the job, is complete. */
export const isFinished = (folder: string, job: RunJob): boolean =>
  withKind(job, (kind, own) => kind.isFinished(folder, own));

/** Runs a job. @throws RecdistillError as `runJob` */
export async function perform(task: Task, context: PartContext, control: Control): Promise<Done> {
  const { listen, signal } = control;
  const { job } = task;
  if (job.kind === 'part') return performPart(job, task, context, control);
  const { kernels, dataset } = context;
  if (!dataset) throw new Error(`${job.name} needs its data set`);
  const work: KindControl = {
    ...{ listen, signal },
    teachers: () => task.inputs.map(({ name, folder }) => control.teacher(name) ?? readTeacher(folder!)),
    pair(start) {
      const { teacher, student } = pairOf(job.name, start, task.inputs);
      const savedOf = ({ name, folder }: typeof teacher) => control.saved(name) ?? readSavedModel(folder!);
      return { teacher: savedOf(teacher), student: savedOf(student) };
    },
  };
  return withKind(job, (kind, own) => kind.perform(own, task, { kernels, dataset }, work));
}
