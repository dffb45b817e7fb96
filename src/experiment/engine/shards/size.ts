/** The sizes from which the memory of a model in shards follows. */
import type { Dataset } from '../../../data/index.js';
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
    ...{ nUsers: train.nUsers, nItems: train.nItems, interactions: train.indices.length },
    weighted: train.weights !== undefined,
    heldOut: valid.indices.length + test.indices.length + (hidden?.interactions.indices.length ?? 0),
    ...(foldIn ? { foldIn: foldIn.indices.length } : {}),
  };
}
