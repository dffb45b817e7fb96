/** How long a training takes on this machine: a few of its batches and rankings are done, and the others take as long. Nothing is kept. */
import { count, type Dataset } from '../../data/index.js';
import { rowsOfRange } from '../../data/interactions.js';
import { LIST_LENGTH } from '../../eval/evaluation.js';
import type { Kernels } from '../../kernels/index.js';
import { stream } from '../../math/random.js';
import { type ComputedSpec, type Model, type ModelSpec, rankAll, trainOptionsOf } from '../../models/index.js';
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
/** Sweeps that are ranked for a trajectory by default, besides the last one. */
const SWEEPS = 3;
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

/** Users of a ranking that is timed. */
const usersTimed = ({ nUsers, nItems }: Dataset['train']): number =>
  Math.max(1, Math.min(nUsers, Math.ceil(SCORES / nItems)));

/**
 * Seconds of the lists of all users. What does not depend on their number is found by a second number of users.
 * @param train of all users, or at least of those that are timed
 */
async function secondsOfRanking(
  kernels: Kernels,
  model: Model,
  train: Dataset['train'],
  nUsers = train.nUsers,
): Promise<number> {
  const many = usersTimed(train);
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
  return more + (nUsers - many) * each;
}

/** Numbers that a stand-in for a model reads in turn; a power of two. */
const STAND_IN = 2 ** 16;

/**
 * Seconds of the rankings of a model that is computed in closed form or in sweeps. They are measured with random numbers in place of its own: tables of
 * its width, or as many additions for a user as it makes.
 */
export async function secondsOfComputed(
  kernels: Kernels,
  train: Dataset['train'],
  spec: ComputedSpec,
  options: Values,
): Promise<number> {
  const byTables = spec.capabilities.includes('factors');
  const sweeps = byTables ? Math.min(SWEEPS, Number(options.epochs ?? 1)) : 0;
  const perItem = Math.min(train.nItems, Number(options.neighbours ?? 0));
  const additions = Math.round((count(train) / Math.max(1, train.nUsers)) * perItem);
  // Lists of all users would take as much memory as those of the run.
  const some = rowsOfRange(train, 0, usersTimed(train));
  const model = byTables ? tablesLike(kernels, some, Number(options.dim)) : scoresLike(some, additions);
  try {
    return PER_JOB + (sweeps + LAST_RANKINGS) * (await secondsOfRanking(kernels, model, some, train.nUsers));
  } finally {
    model.close();
  }
}

type Shape = Pick<Dataset['train'], 'nUsers' | 'nItems'>;

function tablesLike(k: Kernels, { nUsers, nItems }: Shape, dim: number): Model {
  const [userFactors, itemFactors] = [k.floats(nUsers * dim), k.floats(nItems * dim)];
  for (const table of [userFactors, itemFactors]) k.normal(table, stream(0, 'estimate'), 0, 1);
  return {
    ...{ name: 'stand-in', nUsers, nItems, parameters: [], size: 0 },
    tables: () => ({ userFactors, itemFactors, dim }),
    scoreRows() {},
    close: () => k.free(userFactors, itemFactors),
  };
}

/** @param additions for each user, to scores of items in any order */
function scoresLike({ nUsers, nItems }: Shape, additions: number): Model {
  const items = Int32Array.from({ length: STAND_IN }, (_, at) => (at * 7919) % nItems);
  const weights = Float32Array.from(items, (item) => 1 / (1 + item));
  return {
    ...{ name: 'stand-in', nUsers, nItems, parameters: [], size: 0 },
    scoreRows(rows, out) {
      out.fill(0, 0, rows.length * nItems);
      for (let r = 0; r < rows.length; r++)
        for (let at = 0; at < additions; at++) {
          const place = at & (STAND_IN - 1);
          out[r * nItems + items[place]!]! += weights[place]!;
        }
    },
    close() {},
  };
}
