/** Several models, each trained in a run of its own: jobs that do not depend on each other. */
import type { DataOptions, Dataset } from '../../data/index.js';
import type { EvaluationOptions } from '../../eval/index.js';
import type { TrajectoryOptions } from '../../train/index.js';
import { createGraph, type GraphResult, type PreparedGraph, prepareGraph, type Values } from '../engine/index.js';
import { type PlanContext, runPrepared } from './context.js';

export interface TrainingRequest extends PlanContext {
  readonly dataset: Dataset;
  /** How the data set was loaded; recorded in the runs. */
  readonly data?: Partial<DataOptions>;
  readonly evaluation: EvaluationOptions;
  readonly trajectory: TrajectoryOptions;
  readonly models: readonly {
    /** Of the run, below the runs folder. */
    readonly name: string;
    readonly model: string;
    readonly options: Values;
  }[];
}

/** @throws RecdistillError for anything that can be known to be wrong before any model is trained */
export function prepareTraining(request: TrainingRequest): Promise<PreparedGraph> {
  const { data, evaluation, trajectory, models } = request;
  const jobs = models.map((job) => ({ ...job, kind: 'train' as const, method: 'none', teachers: [] }));
  return prepareGraph(createGraph('', { evaluation, trajectory, ...(data ? { data } : {}) }, jobs), request);
}

/** Trains the models; one that fails does not stop the others. @throws RecdistillError as `runGraph` */
export const trainPrepared = (prepared: PreparedGraph, context: PlanContext): Promise<GraphResult> =>
  runPrepared(prepared, context);
