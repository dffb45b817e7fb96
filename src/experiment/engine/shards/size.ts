/** The sizes from which the memory of a model in shards follows. */
import { count, type Dataset, isWeighted } from '../../../data/index.js';
import { plannedThreads } from '../../../memory/index.js';
import type { ComputedSpec } from '../../../models/index.js';
import type { RunPlan, ShardedSize } from '../../../runs/index.js';

/** @param plan of a model that has shards */
export function shardedSizeOf(
  { model, modelOptions, evaluation }: Pick<RunPlan, 'model' | 'modelOptions' | 'evaluation'>,
  { train, valid, test, foldIn, hidden }: Dataset,
): ShardedSize {
  return {
    ...{ spec: model as ComputedSpec, options: modelOptions, at: evaluation.at, threads: plannedThreads() },
    ...{ nUsers: train.nUsers, nItems: train.nItems, interactions: count(train) },
    weighted: isWeighted(train),
    heldOut: count(valid) + count(test) + (hidden ? count(hidden.interactions) : 0),
    ...(foldIn ? { foldIn: count(foldIn) } : {}),
  };
}
