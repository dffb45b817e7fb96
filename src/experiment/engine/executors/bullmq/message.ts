/** Jobs and events as JSON in Redis. Paths in the store are relative to it, so that each machine may have it elsewhere. */
import { isAbsolute, join, relative, sep } from 'node:path';
import type { JobEvent } from '../../events.js';
import type { Task } from '../../executor.js';
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

/** What a worker tells of a running job; the last message is kept with the job. */
export type Progress =
  | { readonly event: JobEvent }
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

/** The task with folders relative to the store. */
export const withinStore = (task: Task, store: string): Task =>
  withFolders(task, (folder) => relative(store, folder).split(sep).join('/'));

/** The task with folders of a store at `store`, and the modules of this machine. */
export const atStore = (task: Task, store: string, uses: readonly string[]): Task => ({
  ...withFolders(task, (folder) => (isAbsolute(folder) ? folder : join(store, folder))),
  uses,
});

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
