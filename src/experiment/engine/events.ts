/** Events of a running graph of jobs, the same for every plan and every executor. */

import type { LoadedDataset, RankingReport } from '../../data/index.js';
import type { EnsembleChoice } from '../../distill/index.js';
import type { Evaluation, EvaluationOptions } from '../../eval/index.js';
import type { RunResult } from '../../runs/index.js';
import type { TrainEvent } from '../../train/index.js';
import type { SearchEvent } from '../search/index.js';
import type { JobSpec } from './job.js';

/** A finished result of a job, without its rankings. */
export interface Finished {
  /** Name of the result: that of the job, or NAME/PART if the job has several results. */
  readonly name: string;
  readonly job: string;
  /** Its run folder, if runs are kept. */
  readonly folder?: string;
  /** Absent for an ensemble. */
  readonly result?: RunResult;
  readonly evaluation: Evaluation;
  /** The same on the hidden interactions, if the data has any. */
  readonly hidden?: Evaluation;
  /** Metrics on valid at the best epoch. */
  readonly valid?: Readonly<Record<string, number>>;
  /** The weights of an ensemble; absent if they are equal. */
  readonly ensemble?: EnsembleChoice;
  /** Whether the run was already finished. */
  readonly reused: boolean;
  /** The name under which the run was made, relative to the runs folder, if it is another one. */
  readonly from?: string;
}

/** Progress of a job. */
export type JobEvent = TrainEvent | { readonly type: 'search'; readonly event: SearchEvent };

export type PlanEvent =
  | { readonly type: 'data'; readonly dataset: LoadedDataset; readonly evaluation: EvaluationOptions }
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
  /** Another process is making the same run. Its result will be used. */
  | {
      readonly type: 'waiting';
      readonly job: string;
      readonly path: string;
      readonly pid: unknown;
      readonly since: unknown;
    }
  /** A process ended without a result. The job continues from its last checkpoint. */
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
      /** The name under which the job was finished, if it is another one. */
      readonly from?: string;
    }
  | { readonly type: 'failed'; readonly job: string; readonly error: unknown }
  /** A job that it learns from failed. */
  | { readonly type: 'skipped'; readonly job: string; readonly because: string };

export type PlanListener = (event: PlanEvent) => void;
