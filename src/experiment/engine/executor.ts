/** Executors: they run the jobs of a graph, in this process or in others. */

import type { Dataset } from '../../data/index.js';
import type { Outcome, Overwrite, SavedModel, Teacher } from '../../runs/index.js';
import type { Trial } from '../search/index.js';
import type { JobEvent } from './events.js';
import type { PortableJob, Setting } from './job.js';

/** A job with everything that another process needs to run it; JSON values only. */
export interface Task {
  readonly job: PortableJob;
  readonly setting: Setting;
  /** Of the data that the job was planned with. Other data is refused. */
  readonly dataFingerprint: string;
  /** Of a part: the hash of its content. */
  readonly hash?: string;
  /** The results that it leaves, with their places in its folder. */
  readonly results: readonly { readonly place: string; readonly hash: string }[];
  /** Bytes that its process takes at most, if that is known. */
  readonly memory?: number;
  /** Folder of the stored data set, from which its process reads it; absent if it loads the data by the options of the setting. */
  readonly stored?: string;
  /** Run folder; absent if the run is kept in memory only. */
  readonly folder?: string;
  readonly overwrite: Overwrite;
  /** Absolute paths of the modules with a user's own units. */
  readonly uses: readonly string[];
  /** The results that it learns from, in order, with the folders of their runs. */
  readonly inputs: readonly { readonly name: string; readonly folder?: string }[];
  /** Whether the trained model is returned, because another job starts from it and there is no run folder. */
  readonly keepsModel: boolean;
}

export interface Control {
  readonly listen: (event: JobEvent) => void;
  readonly signal: AbortSignal;
  /** Called when work on the task begins, by executors that may let it wait. */
  begun?(): void;
  /** A result that the task learns from, if this process has it in memory. */
  teacher(name: string): Teacher | undefined;
  /** The same with its parameters. */
  saved(name: string): SavedModel | undefined;
}

/** What an executor returns. Another process leaves the outcome in the run folder. */
export interface Done {
  readonly reused: boolean;
  /** The results are in the store under another name: those of another plan. */
  readonly elsewhere?: boolean;
  /** In the order of the results. */
  readonly outcomes?: readonly Outcome[];
  /** The trained model, if the task has `keepsModel`. */
  readonly saved?: SavedModel;
  /** Of a search. */
  readonly trials?: readonly Trial[];
}

/** A plan whose jobs are about to run. */
export interface StartedPlan {
  /** Absent if none of its jobs reads it. */
  readonly dataset?: Dataset;
  /** Number of jobs. */
  readonly jobs: number;
}

export interface Executor {
  /** Number of jobs that it runs at the same time. */
  readonly atOnce: number;
  /** True if other processes run the jobs. They need run folders and a data set that they can load. */
  readonly remote: boolean;
  /** Whether a task may wait before it begins. Then it calls `begun`. */
  readonly queues?: boolean;
  /** Called before the jobs of a plan run. @returns what is added to each task. @throws RecdistillError `usage` for a plan that it does not take */
  begin?(plan: StartedPlan): Promise<Pick<Task, 'stored'>>;
  /** Bytes that each of its processes may take, if they have a limit of their own. */
  readonly memoryPerJob?: number | undefined;
  /** @throws LostProcess if a process ended without a result; otherwise what the job throws */
  run(task: Task, control: Control): Promise<Done>;
  close(): void | Promise<void>;
}

/** The process of a job has died. The job continues in another process, from its last checkpoint. */
export class LostProcess extends Error {
  readonly end: string;

  /** @param end such as `SIGKILL` or `exit code 134` */
  constructor(end: string) {
    super(`the process ended with ${end}`);
    this.name = 'LostProcess';
    this.end = end;
  }
}
