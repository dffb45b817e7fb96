/** A single run that a worker makes: a plan of one job. */
import { join } from 'node:path';
import { type DataOptions, type LoadedDataset, portable } from '../../data/index.js';
import type { EvaluationOptions } from '../../eval/index.js';
import {
  type CoTrainJob,
  createGraph,
  type HeldResult,
  prepareGraph,
  refuseFailures,
  runPrepared,
  type TrainJob,
} from '../../experiment/index.js';
import type { TrajectoryOptions } from '../../train/index.js';
import type { Console, Given } from '../terminal/_command.js';
import { readOptions } from '../terminal/flags.js';
import { nameGroup } from '../terminal/groups.js';
import { withEngine } from './jobs.js';

export interface QueuedRun {
  readonly given: Given;
  readonly dataset: LoadedDataset;
  readonly data: DataOptions;
  readonly evaluation: EvaluationOptions;
  readonly trajectory: TrajectoryOptions;
  /** Its name is that of the run. It learns from all of `held`. */
  readonly job: Omit<TrainJob, 'teachers'> | Omit<CoTrainJob, 'teachers'>;
  /** Finished runs in the store. */
  readonly held: readonly HeldResult[];
}

export const isQueued = (given: Given): boolean => given.flags.queue !== undefined;

/**
 * Waits until the run is finished in its folder.
 * @returns whether it was finished before
 * @throws RecdistillError as `queueExecutor` and the job; `usage` for a teacher outside of the store
 */
export async function runQueued(run: QueuedRun, console: Console): Promise<boolean> {
  const { given, dataset, data, evaluation, trajectory, job, held } = run;
  const { runs, overwrite } = readOptions(nameGroup, given);
  const teachers = held.map(({ name }) => name);
  const setting = { evaluation, trajectory, data: portable(data) };
  const graph = createGraph('', setting, [{ ...job, teachers }], teachers);
  return withEngine(
    { given, console, metric: evaluation.selectBy, count: 1, folders: [join(runs, job.name)] },
    async (engine) => {
      const context = { ...engine, runs, overwrite, reuse: false };
      const result = await runPrepared(await prepareGraph(graph, { ...context, dataset, held }), context);
      refuseFailures(result, 1);
      return result.results.every(({ reused }) => reused);
    },
  );
}
