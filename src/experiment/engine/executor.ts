/** Who does the jobs of a graph. */
import type { Outcome, Overwrite, SavedModel, Teacher } from '../../runs/index.js';
import type { Trial } from '../search/index.js';
import type { JobEvent } from './events.js';
import type { Setting, ShippedJob } from './job.js';

/** A job with all that another process needs to do it; JSON values only. */
export interface Task {
  readonly job: ShippedJob;
  readonly setting: Setting;
  /** The data that the job was planned with; other data is refused. */
  readonly dataFingerprint: string;
  /** Where the run is kept; absent: in memory only. */
  readonly folder?: string;
  readonly overwrite: Overwrite;
  /** Modules of a user's own units, absolute paths. */
  readonly uses: readonly string[];
  /** The results that it learns from, in order, with the folders of their runs. */
  readonly inputs: readonly { readonly name: string; readonly folder?: string }[];
  /** Whether another job begins from the parameters of this one and finds them in no folder. */
  readonly lends: boolean;
}

export interface Control {
  readonly listen: (event: JobEvent) => void;
  readonly signal: AbortSignal;
  /** A result that the task learns from, where this process holds it in memory. */
  teacher(name: string): Teacher | undefined;
  /** The same with its parameters. */
  saved(name: string): SavedModel | undefined;
}

/** What comes back. A process that did it elsewhere leaves the outcome in the folder. */
export interface Done {
  readonly reused: boolean;
  /** In the order of the results. */
  readonly outcomes?: readonly Outcome[];
  /** What other jobs begin from, where the task says that they do. */
  readonly saved?: SavedModel;
  /** Of a search. */
  readonly trials?: readonly Trial[];
}

export interface Executor {
  /** Jobs that it does at the same time. */
  readonly atOnce: number;
  /** True if other processes do the work, which then need run folders and a data set that they can load. */
  readonly ships: boolean;
  /** @throws LostProcess if a process ended without an answer; everything that the job itself throws */
  run(task: Task, control: Control): Promise<Done>;
  close(): void | Promise<void>;
}

/** A process that did a job is gone. The job goes on in another one, from its last checkpoint. */
export class LostProcess extends Error {
  readonly end: string;

  /** @param end such as `SIGKILL` or `exit code 134` */
  constructor(end: string) {
    super(`the process ended with ${end}`);
    this.name = 'LostProcess';
    this.end = end;
  }
}
