/** A part of a stage of a model that is computed in shards. */
import { z } from 'zod';
import { openStored } from '../../../data/index.js';
import { type ComputedSpec, modelOf, type ShardContext, type ShardedModel, type Stage } from '../../../models/index.js';
import { int, options, text } from '../../../options/options.js';
import {
  costOf,
  readPartTensors,
  shardedMemory,
  trainRanges,
  writePartCost,
  writePartTensors,
} from '../../../runs/index.js';
import { shardedSizeOf } from '../shards/size.js';
import { type PartWork, partUnit } from './_part.js';

/** Options of a model, and what else identifies it. */
export const modelShape = {
  model: text({ default: '', help: 'Name of the model.' }),
  modelRevision: int({ default: 1, min: 1, help: 'Revision of the model.' }),
  shards: int({
    default: 1,
    min: 1,
    help: 'Number of shards of the model. A stage may nevertheless have a single part.',
  }),
  modelOptions: z.record(z.string(), z.unknown()).default({}).describe('All options of the model.'),
};

export type ModelValues = Readonly<Record<string, unknown>>;

/** How the model of a part is computed in shards. */
export const shardedOf = (name: string): ShardedModel<ModelValues> =>
  (modelOf(name) as ComputedSpec).shards as ShardedModel<ModelValues>;

export const modelShard = partUnit({
  name: 'model-shard',
  needs: 'stored',
  options: options({ ...modelShape, stage: text({ default: '', help: 'Name of the stage.' }) }),
  plan({ model, modelOptions, shards }, { dataset }) {
    const plan = { model: modelOf(model), modelOptions, evaluation: { at: [1], selectBy: '' } };
    return shardedMemory(shardedSizeOf(plan, dataset), shards).compute;
  },
  async perform({ model, modelOptions, shards, stage: name }, work) {
    const { shard, folder, progress, inputs } = work;
    const began = performance.now();
    const sharded = shardedOf(model);
    const stages = sharded.stages(modelOptions);
    const stage = stages.find((s) => s.name === name)!;
    const context = contextOf(work, stagesIn(stages, stage.needs), modelOptions, shards);
    await sharded.compute(stage, shard, context, modelOptions, (tensors) => writePartTensors(folder, tensors));
    await progress.task(`computing ${model}`)(1, 1);
    const before = inputs.length === 0 ? 0 : costOf(inputs);
    writePartCost(folder, { own: (performance.now() - began) / 1000, before });
  },
});

/** The stages with these names, in this order. */
export const stagesIn = (stages: readonly Stage[], names: readonly string[]): Stage[] =>
  names.map((name) => stages.find((stage) => stage.name === name)!);

/** @param read the stages of which `work` has the parts, in this order, each in the order of its shards */
export function contextOf(
  work: Pick<PartWork, 'kernels' | 'inputs' | 'storedData' | 'progress'>,
  read: readonly Stage[],
  modelOptions: ModelValues,
  shards: number,
): ShardContext {
  let next = 0;
  const folders = new Map(
    read.map(({ name, whole }) => {
      const first = next;
      next += whole ? 1 : shards;
      return [name, work.inputs.slice(first, next)] as const;
    }),
  );
  return {
    ...{ kernels: work.kernels, shards, seed: Number(modelOptions.seed ?? 0) },
    train: trainRanges(openStored(work.storedData())),
    step: work.progress.task('computing a part'),
    part: (stage, shard) => readPartTensors(folders.get(stage)![shard]!),
  };
}
