/** Rankings of the users of one shard, by a model of these users. */
import type { Dataset } from '../../data/index.js';
import type { Rankings } from '../../data/rankings.js';
import { defined } from '../../defined.js';
import { createEvaluator, type EvaluationOptions, LIST_LENGTH } from '../../eval/evaluation.js';
import type { Kernels } from '../../kernels/index.js';
import { type Model, type PartTensors, rankAll, rankObserved } from '../../models/index.js';
import type { Step } from '../../progress.js';

/** Which rankings are made. `valid`: without the items of train. `test`: also without those of valid. `observed`: the items of train. */
export type RankingName = 'valid' | 'test' | 'observed';

export interface RankTask {
  readonly kernels: Kernels;
  /** Its users are those of the model. */
  readonly dataset: Dataset;
  readonly evaluation: EvaluationOptions;
  readonly names: readonly RankingName[];
  readonly step: Step;
}

/** @returns for each name, item indices of the shape [users, depth], padded with -1. @throws RecdistillError `interrupted` */
export async function rankUsers(model: Model, task: RankTask): Promise<PartTensors> {
  const { kernels: k, dataset, evaluation, names, step } = task;
  const evaluator = createEvaluator(dataset, evaluation);
  const made: Record<string, PartTensors[string]> = {};
  for (const name of names) {
    const { nUsers, depth, items } = await ranked(name);
    made[name] = { shape: [nUsers, depth], data: items };
  }
  return made;

  function ranked(name: RankingName): Promise<Rankings> {
    const { train } = dataset;
    if (name === 'observed') return rankObserved(k, model, train, Math.min(train.nItems, LIST_LENGTH), step);
    return rankAll(k, model, evaluator.mask[name], evaluator.depth, { step, ...defined({ foldIn: evaluator.foldIn }) });
  }
}
