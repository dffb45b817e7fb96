/** The kinds of jobs. `withKind` has those that any process can run. The process that runs the graph does the others. */
import { readSavedModel, readTeacher } from '../../../runs/index.js';
import type { Control, Done, Task } from '../executor.js';
import type { JobSpec, JoinJob, PartJob, PortableJob } from '../job.js';
import type { JobKind, JobPlan, KindControl, PlanContext } from './_kind.js';
import { coTrainKind, pairOf } from './co-train.js';
import { isJoined, performJoin, planJoin } from './join.js';
import { type PartContext, partReadsStored, performPart, planPart, readsDataset } from './part.js';
import { searchKind } from './search.js';
import { trainKind } from './train.js';

export * from './_kind.js';
export * from './fuse.js';
export * from './import.js';

/** Jobs that make runs. */
type RunJob = Exclude<PortableJob, PartJob | JoinJob>;

/** Calls `use` with a job and its kind. */
function withKind<R>(job: RunJob, use: <J extends RunJob>(kind: JobKind<J>, job: J) => R): R {
  if (job.kind === 'train') return use(trainKind, job);
  return job.kind === 'co-train' ? use(coTrainKind, job) : use(searchKind, job);
}

/** @throws RecdistillError for anything that can be checked before the job runs */
export function planPortable(job: PortableJob, context: PlanContext): JobPlan {
  if (job.kind === 'part') return planPart(job, context);
  if (job.kind === 'join') return planJoin(job, context);
  return withKind(job, (kind, own) => kind.plan(own, context));
}

/** Whether a process has to load the data set for this job. Others read ranges of it in the store, or nothing. */
export const loadsData = (job: JobSpec): boolean => (job.kind === 'part' ? readsDataset(job) : job.kind !== 'join');

/** Whether a job reads the data set in the store. */
export const readsStored = (job: JobSpec): boolean =>
  job.kind === 'part' ? partReadsStored(job) : job.kind === 'join';

/** Whether the run in this folder, with the hash of the job, is complete. */
export const isFinished = (folder: string, job: Exclude<PortableJob, PartJob>): boolean =>
  job.kind === 'join' ? isJoined(folder) : withKind(job, (kind, own) => kind.isFinished(folder, own));

/** Runs a job. @throws RecdistillError as `runJob` */
export async function perform(task: Task, context: PartContext, control: Control): Promise<Done> {
  const { listen, signal } = control;
  const { job } = task;
  if (job.kind === 'part') return performPart(job, task, context, control);
  if (job.kind === 'join') return performJoin(job, task, context, control);
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
