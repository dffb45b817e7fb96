/** What happens while a graph of jobs is run: one union for every plan and every executor. */
import type { LoadedDataset, RankingReport } from '../../data/index.js';
import type { Evaluation } from '../../eval/index.js';
import type { RunResult } from '../../runs/index.js';
import type { TrainEvent } from '../../train/index.js';
import type { SearchEvent } from '../search/index.js';
import type { JobSpec } from './job.js';

/** What remains in memory of a result of a job: all but its rankings. */
export interface Finished {
  /** Of the result: the job's, or NAME/PART where a job has several. */
  readonly name: string;
  readonly job: string;
  /** Where its run is, if runs are kept. */
  readonly folder?: string;
  /** Absent for an ensemble. */
  readonly result?: RunResult;
  readonly evaluation: Evaluation;
  /** The same on the hidden interactions, where the data has such. */
  readonly hidden?: Evaluation;
  /** Metrics on valid at the best epoch. */
  readonly valid?: Readonly<Record<string, number>>;
  /** Nothing had to be done for it. */
  readonly reused: boolean;
  /** Another name of the run, below the runs folder, under which it was made. */
  readonly from?: string;
}

/** What a job tells while it works. */
export type JobEvent = TrainEvent | { readonly type: 'search'; readonly event: SearchEvent };

export type PlanEvent =
  | { readonly type: 'data'; readonly dataset: LoadedDataset }
  /** A file of rankings was read. */
  | { readonly type: 'rankings'; readonly job: string; readonly report: RankingReport }
  | {
      readonly type: 'started';
      readonly job: string;
      readonly kind: JobSpec['kind'];
      readonly at: number;
      readonly of: number;
    }
  | { readonly type: 'progress'; readonly job: string; readonly event: JobEvent }
  /** Another process makes the same run; its result will do. */
  | {
      readonly type: 'waiting';
      readonly job: string;
      readonly path: string;
      readonly pid: unknown;
      readonly since: unknown;
    }
  /** A process ended without a result; the job continues from its last checkpoint. */
  | {
      readonly type: 'retry';
      readonly job: string;
      readonly attempt: number;
      readonly most: number;
      readonly end: string;
    }
  | {
      readonly type: 'finished';
      readonly job: string;
      readonly results: readonly Finished[];
      readonly reused: boolean;
      /** Another name under which the job was finished. */
      readonly from?: string;
    }
  | { readonly type: 'failed'; readonly job: string; readonly error: unknown }
  /** A job that it learns from failed. */
  | { readonly type: 'skipped'; readonly job: string; readonly because: string };

export type PlanListener = (event: PlanEvent) => void;
