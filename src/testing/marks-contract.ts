/** The contract of models that mark rows with gradients. Part of the model contract. */
import assert from 'node:assert/strict';
import { createReferenceKernels, type Kernels } from '../kernels/index.js';
import { createPairLearner, type Pairs, type ScoreLoss, type TrainableModel } from '../models/index.js';
import { optimizerRegistry } from '../optim/index.js';
import type { Hooks } from '../train/index.js';
import { intsIn } from './checks.js';
import { type TrainRun, trainedBits } from './train-runs.js';

/**
 * With each optimiser, training gives identical bits whether the optimiser updates marked rows only or all rows: with the base loss, with
 * weight decay per batch if the model has it, and with losses on some pairs and on all items if its scores can be trained through.
 */
export async function marksEveryRow(run: TrainRun, learnsPairs: boolean): Promise<void> {
  const sample = await run.create(createReferenceKernels());
  const decays = 'l2Scope' in run.options && sample.batches === 'pairs';
  sample.close();
  for (const { name: optimizer } of optimizerRegistry.all()) {
    const decay = decays ? { l2: 0.01, l2Scope: 'batch' as const } : { l2: 0 };
    const options = { ...run.options, ...decay, optimizer, learningRate: 0.01 };
    const own: TrainRun = { ...run, options, ...(learnsPairs ? { method: someLosses } : {}) };
    const full: TrainRun = { ...own, create: async (k) => unmarked(await run.create(k)) };
    assert.ok(
      (await trainedBits(own, 1)) === (await trainedBits(full, 1)),
      `${optimizer} on marked rows gave different bits`,
    );
  }
}

const unmarked = (model: TrainableModel): TrainableModel => ({
  ...model,
  parameters: model.parameters.map(({ touched: _, ...p }) => p),
});

/** In every second batch a loss on two pairs, in every third batch one on all scores of a user, through factors if the model has them. */
function someLosses(k: Kernels, model: TrainableModel): Hooks & { close(): void } {
  const learner = createPairLearner(k, model);
  const few = { users: intsIn(k, [1, model.nUsers - 1]), items: intsIn(k, [model.nItems - 1, 0]) };
  const all = { users: k.ints(model.nItems).fill(2), items: intsIn(k, [...Array(model.nItems).keys()]) };
  const loss: ScoreLoss = (scores, scoreGradients) => {
    scoreGradients.forEach((_, n) => {
      scoreGradients[n] = Math.tanh(scores[n]!) - 0.5;
    });
    return 0;
  };
  const learn = ({ users, items }: Pairs) => {
    const f = model.factors?.(users.subarray(0, 1));
    if (!f) return learner.learn({ users, items }, loss);
    const scoreGradients = k.floats(items.length).fill(0.1);
    k.accumulate(f.userGradient, users, f.itemFactors, items, scoreGradients, f.dim, items.length);
    k.accumulate(f.itemGradient, items, f.userFactors, users, scoreGradients, f.dim, items.length);
    k.free(scoreGradients);
    return 0;
  };
  return {
    base: 'kept',
    accumulate({ index }) {
      if (index % 2 === 0) learner.learn(few, loss);
      return index % 3 === 0 ? learn(all) : 0;
    },
    close() {
      learner.close();
      k.free(few.users, few.items, all.users, all.items);
    },
  };
}
