/** Jobs and events as JSON in Redis. Paths in the store are relative to it, so that each machine may have it elsewhere. */
import { join, relative, sep } from 'node:path';
import { fail } from '../../../../errors.js';
import type { JobEvent } from '../../events.js';
import type { Task } from '../../executor.js';
import { loadsData } from '../../kinds/index.js';
import type { SentError } from '../messages.js';
import type { UsedModule } from './requirement.js';

/** The data of a job in the queue. */
export interface QueuedJob {
  /** Name of the plan that added it. */
  readonly plan: string;
  /** Its folders are relative to the store. */
  readonly task: Task;
  readonly uses: readonly UsedModule[];
  /** How often its process has ended without a result. */
  readonly losses: number;
}

/** What a worker reports of a running job; the last message is kept with the job. */
export type Progress =
  | { readonly events: readonly JobEvent[] }
  | { readonly worker: string }
  | { readonly retry: { readonly attempt: number; readonly most: number; readonly end: string } }
  /** Why the job has failed for good. */
  | { readonly error: SentError };

/** What a worker leaves of a job that is done. */
export interface QueuedResult {
  readonly reused: boolean;
  /** Folder of the job in the store. */
  readonly folder: string;
  readonly worker: string;
}

/** The task with folders relative to the store. @throws RecdistillError `usage` for a folder outside of it */
export const withinStore = (task: Task, store: string): Task =>
  withFolders(task, (folder) => {
    const path = relative(store, folder).split(sep).join('/');
    if (isWithin(path)) return path;
    return fail('usage', {
      problem: `${task.job.name} reads ${folder}, which is outside of ${store}: workers have only that folder`,
      hint: 'Move or copy it into the folder of runs, or give a --store that contains it.',
    });
  });

/**
 * The task with folders of a store at `store`, and the modules of this machine.
 * @throws RecdistillError `queue-failed` for a task that would read or write outside of the store
 */
export function atStore(task: Task, store: string, uses: readonly string[]): Task {
  const { job, stored, results } = task;
  const outside = (what: string): never =>
    fail('queue-failed', {
      problem: `the job ${job.name} in the queue ${what}, which a worker does not do`,
      hint: 'Only recdistill should write into this Redis. Remove the job with "recdistill queue cancel" and look who added it.',
    });
  const within = (folder: string): string =>
    isWithin(folder) ? join(store, folder) : outside(`names the folder ${folder}, outside of the store`);
  if (loadsData(job) && stored === undefined) outside('loads data from outside of the store');
  for (const { place } of results) if (place !== '') within(place);
  return { ...withFolders(task, within), uses };
}

/** Whether a path with `/` stays below the folder that it is joined to. */
const isWithin = (path: string): boolean =>
  path !== '' && !/^[/\\]|^[A-Za-z]:|\0/.test(path) && path.split(/[/\\]/).every((part) => part !== '..');

function withFolders(task: Task, map: (folder: string) => string): Task {
  const mapped = <T extends { readonly folder?: string }>(of: T): T =>
    of.folder === undefined ? of : { ...of, folder: map(of.folder) };
  return {
    ...mapped(task),
    inputs: task.inputs.map(mapped),
    ...(task.stored === undefined ? {} : { stored: map(task.stored) }),
  };
}

/** JSON has no NaN and no infinity, which a loss may be. */
const MARK = '$number';

export const toJson = (progress: Progress): object =>
  JSON.parse(
    JSON.stringify(progress, (_, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? { [MARK]: String(value) } : value,
    ),
  ) as object;

export const fromJson = (json: unknown): Progress =>
  JSON.parse(JSON.stringify(json ?? {}), (_, value: unknown) =>
    typeof value === 'object' && value !== null && MARK in value ? Number(value[MARK]) : value,
  ) as Progress;
