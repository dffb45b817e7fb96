/** Trains several models, each in its own run. The jobs do not depend on each other. */
import type { DataOptions, Dataset } from '../../data/index.js';
import type { EvaluationOptions } from '../../eval/index.js';
import type { TrajectoryOptions } from '../../train/index.js';
import { createGraph, type PreparedGraph, prepareGraph, type Values } from '../engine/index.js';
import type { PlanContext } from './context.js';

export interface TrainingRequest extends PlanContext {
  readonly dataset: Dataset;
  /** How the data set was loaded; recorded in the runs. */
  readonly data?: Partial<DataOptions>;
  readonly evaluation: EvaluationOptions;
  readonly trajectory: TrajectoryOptions;
  readonly models: readonly {
    /** Of the run, relative to the runs folder. */
    readonly name: string;
    readonly model: string;
    readonly options: Values;
  }[];
}

/** To be run by `runPrepared`. @throws RecdistillError for anything that can be known to be wrong before any model is trained */
export function prepareTraining(request: TrainingRequest): Promise<PreparedGraph> {
  const { data, evaluation, trajectory, models } = request;
  const jobs = models.map((job) => ({ ...job, kind: 'train' as const, method: 'none', teachers: [] }));
  return prepareGraph(createGraph('', { evaluation, trajectory, ...(data ? { data } : {}) }, jobs), request);
}
