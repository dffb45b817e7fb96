/** Computes a model in shards within one process, with the same bits as jobs that each compute one part. */
import { type Interactions, rowsOfRange, transpose } from '../../data/interactions.js';
import type { TensorData } from '../../student/safetensors.js';
import type { Model, ModelContext, ShardedModel } from '../_model.js';
import type { PartTensors, ShardContext, TrainRanges } from './_shards.js';

export async function createInShards<O>(
  sharded: ShardedModel<O>,
  { kernels, train, seed, step, swept }: Required<ModelContext>,
  options: O,
  shards: number,
): Promise<Model> {
  const parts = new Map<string, PartTensors[]>();
  const stages = sharded.stages(options);
  const all = stages.reduce((sum, { whole }) => sum + (whole ? 1 : shards), 0);
  let done = 0;
  const context: ShardContext = {
    ...{ kernels, seed, shards, train: inMemory(train) },
    step: (part, of) => step(done + part / of, all),
    part: (stage, shard) => parts.get(stage)![shard]!,
  };
  const modelAfter = (sweep: number) => sharded.open(sweep, { from: 0, to: train.nUsers }, train, context, options);
  const sweeps = Math.max(0, ...stages.map((stage) => stage.sweep ?? 0));
  for (const [at, stage] of stages.entries()) {
    const made: PartTensors[] = [];
    for (let shard = 0; shard < (stage.whole ? 1 : shards); shard++, done++)
      await sharded.compute(stage, shard, context, options, (tensors) => void made.push(copyOf(tensors)));
    parts.set(stage.name, made);
    if (stage.sweep !== undefined) {
      const model = await modelAfter(stage.sweep);
      await swept(model, stage.sweep, sweeps).catch((error: unknown) => {
        model.close();
        throw error;
      });
      if (stage.sweep === sweeps) return model;
      model.close();
    }
    const needed = new Set(stages.slice(at + 1).flatMap(({ needs }) => needs));
    for (const name of sharded.made(sweeps, options)) needed.add(name);
    for (const name of parts.keys()) if (!needed.has(name)) parts.delete(name);
  }
  return modelAfter(sweeps);
}

/** Interactions in memory, by ranges. */
export function inMemory(train: Interactions): TrainRanges {
  let turned: Interactions | undefined;
  const byItem = () => {
    turned ??= transpose(train);
    return turned;
  };
  return {
    ...{ nUsers: train.nUsers, nItems: train.nItems, interactions: train.indices.length },
    starts: (side) => (side === 'users' ? train.indptr : byItem().indptr),
    users: (from, to) => rowsOfRange(train, from, to),
    items: (from, to) => rowsOfRange(byItem(), from, to),
  };
}

const copyOf = (tensors: PartTensors): PartTensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => {
      const { buffer, byteOffset, byteLength } = data;
      const copy = new Uint8Array(buffer, byteOffset, byteLength).slice().buffer;
      return [name, { shape, data: new (data.constructor as new (of: ArrayBufferLike) => TensorData)(copy) }];
    }),
  );
