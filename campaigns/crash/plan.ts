/** What `watch.ts` and `again.ts` are told, in the environment of their processes. */

/** Name of the environment variable with a `WatchPlan`. */
export const WATCH_PLAN = 'RECDISTILL_CRASH_WATCH';
/** Name of the environment variable with an `AgainPlan`. */
export const AGAIN_PLAN = 'RECDISTILL_CRASH_AGAIN';

/** The state of the files just before an operation, half way through it, or just after it. */
export type Moment = 'before' | 'torn' | 'after';

export interface WatchPlan {
  /** Folder of the command, which is copied. */
  readonly folder: string;
  /** Folder of the copies, which are called `WHO-OPERATION-MOMENT`. None are made without it. */
  readonly copies?: string;
  /** Copies at every n-th operation. */
  readonly every: number;
  /** Kills a process at this operation, from 1. */
  readonly kill?: { readonly who: 'main' | 'child'; readonly at: number };
  /** File that exists once a process was killed. Then no other one is. */
  readonly killed: string;
  /** File that gets a line for each operation: `WHO-NUMBER`, a tab, and what it is. */
  readonly trace: string;
  /** Whether calls of DuckDB count as operations. */
  readonly native: boolean;
}

/** Command lines to run one after the other in each of some folders, all in one process. */
export interface AgainPlan {
  /** File of the command line program. */
  readonly main: string;
  readonly folders: readonly Again[];
}

export interface Again {
  readonly folder: string;
  readonly commands: readonly (readonly string[])[];
  /** A disk that fails while the first command works. */
  readonly fault?: Fault;
}

/** From operation `at` on, counted from 1, operations that write fail with this error of the system. */
export interface Fault {
  readonly at: number;
  readonly code: 'ENOSPC' | 'EROFS' | 'EACCES';
}

/** What a command ended with. */
export interface CommandEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
