/** The rankings of one shard of users, by a model that was computed in shards. */
import { openStored } from '../../../data/index.js';
import { evaluationFor, evaluationOptions } from '../../../eval/index.js';
import { modelOf, rangesOf } from '../../../models/index.js';
import { int, options, words } from '../../../options/options.js';
import {
  type RankingName,
  rankUsers,
  shardedMemory,
  usersOf,
  writePartCost,
  writePartTensors,
} from '../../../runs/index.js';
import { shardedSizeOf } from '../shards/size.js';
import { partUnit } from './_part.js';
import { contextOf, modelShape, shardedOf, stagesIn } from './model-shard.js';

export const rankShard = partUnit({
  name: 'rank-shard',
  needs: 'stored',
  options: options({
    ...modelShape,
    sweep: int({ default: 0, min: 0, help: 'Sweep of the model, 0 for a model without sweeps.' }),
    rankings: words({ default: [], help: 'Which rankings: valid, test, observed.' }),
    evaluation: evaluationOptions.prefault({}),
  }),
  plan({ model, modelOptions, shards, evaluation }, { dataset }) {
    const plan = { model: modelOf(model), modelOptions, evaluation: evaluationFor(evaluation, dataset.train) };
    return shardedMemory(shardedSizeOf(plan, dataset), shards).rank;
  },
  async perform({ model: name, modelOptions, shards, sweep, rankings, evaluation }, work) {
    const { shard, folder, kernels, progress } = work;
    const began = performance.now();
    const sharded = shardedOf(name);
    const read = stagesIn(sharded.stages(modelOptions), sharded.made(sweep, modelOptions));
    const context = contextOf(work, read, modelOptions, shards);
    const stored = openStored(work.storedData());
    const ends = rangesOf(context.train.starts('users'), shards);
    const users = { from: ends[shard]!, to: ends[shard + 1]! };
    const dataset = usersOf(stored, users.from, users.to);
    const model = await sharded.open(sweep, users, dataset.train, context, modelOptions);
    try {
      const step = progress.task(`ranking for ${name}`);
      const task = { kernels, dataset, evaluation, names: rankings as RankingName[], step };
      writePartTensors(folder, await rankUsers(model, task));
    } finally {
      model.close();
    }
    writePartCost(folder, { own: (performance.now() - began) / 1000, before: 0 });
  },
});
