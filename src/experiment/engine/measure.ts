/** How long a training takes on this machine: a few of its batches and rankings are done, and the others take as long. Nothing is kept. */
import type { Dataset } from '../../data/index.js';
import { LIST_LENGTH } from '../../eval/evaluation.js';
import type { Kernels } from '../../kernels/index.js';
import { type ModelSpec, rankAll, type TrainableModel, trainOptionsOf } from '../../models/index.js';
import { createBatches } from '../../train/batches.js';
import { createLearner, type Learner } from '../../train/learner.js';
import type { Values } from './job.js';

/** Milliseconds of batches that are timed, after some that are not: their code is not compiled yet. */
const [WARM_UP, TIMED] = [150, 250];
/** A batch that takes so many milliseconds is long compared with compiling its code, and is not repeated. */
const LONG = 2000;
/** Scores of a ranking that is timed. */
const SCORES = 5e7;
/** Rankings besides those of the evaluations on valid: of the last ones on valid and on test, and of the items that are left out. */
const LAST_RANKINGS = 3;
/** Seconds that every job takes besides: files, locks, measuring the latency. */
const PER_JOB = 0.5;

/**
 * Seconds of a training with the base loss of its model. The kernels get their memory back.
 * @param options all of the model
 * @param epochs that are still to be done
 */
export async function measuredSeconds(
  kernels: Kernels,
  { train }: Dataset,
  spec: Extract<ModelSpec, { readonly kind: 'trained' }>,
  options: Values,
  epochs: number,
): Promise<number> {
  const o = trainOptionsOf(options);
  const model = spec.create({ kernels, train, seed: o.seed }, options as never);
  const batches = createBatches(kernels, train, model.batches, o);
  const validate = () => ({ value: 0, metrics: {} });
  const learner = createLearner(kernels, { model, options: o, validate }, batches, { base: 'kept' });
  try {
    const batch = secondsOfBatch(learner);
    const rankings = Math.ceil(epochs / o.evaluateEvery) + LAST_RANKINGS;
    return PER_JOB + epochs * batches.perEpoch * batch + rankings * (await secondsOfRanking(kernels, model, train));
  } finally {
    learner.close();
    model.close();
  }
}

/** Mean seconds of a batch. With the shuffle of an epoch only if the epoch ends within the time. */
function secondsOfBatch({ model, batches, step }: Learner): number {
  let [began, done, timed] = [performance.now(), 0, false];
  for (let epoch = 1; ; epoch++) {
    for (const batch of batches.epoch(epoch)) {
      model.forward?.(batch);
      model.accumulate(batch);
      step(batch);
      done += 1;
      const took = performance.now() - began;
      if (took >= (timed ? TIMED : LONG)) return took / 1000 / done;
      if (!timed && took >= WARM_UP) [began, done, timed] = [performance.now(), 0, true];
    }
  }
}

/** Seconds of the lists of all users. What does not depend on their number is found by a second number of users. */
async function secondsOfRanking(kernels: Kernels, model: TrainableModel, train: Dataset['train']): Promise<number> {
  const many = Math.max(1, Math.min(train.nUsers, Math.ceil(SCORES / train.nItems)));
  const few = Math.ceil(many / 8);
  const ranked = async (n: number): Promise<number> => {
    const users = Int32Array.from({ length: n }, (_, u) => u);
    const began = performance.now();
    await rankAll(kernels, model, train, Math.min(LIST_LENGTH, train.nItems), { users });
    return (performance.now() - began) / 1000;
  };
  await ranked(few);
  const [less, more] = [await ranked(few), await ranked(many)];
  const each = Math.max(0, more - less) / Math.max(1, many - few);
  return more + (train.nUsers - many) * each;
}
