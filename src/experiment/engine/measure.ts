/** How long a training takes on this machine: a few of its batches and rankings are done, and the others take as long. Nothing is kept. */
import { count, type Dataset } from '../../data/index.js';
import { rowsOfRange } from '../../data/interactions.js';
import type { MethodHooks } from '../../distill/index.js';
import { LIST_LENGTH } from '../../eval/evaluation.js';
import type { Kernels } from '../../kernels/index.js';
import { stream } from '../../math/random.js';
import {
  type ComputedSpec,
  type Model,
  type ModelSpec,
  rankAll,
  type TrainableModel,
  type TrainOptions,
  trainOptionsOf,
} from '../../models/index.js';
import { createProgress } from '../../progress.js';
import { createMethodHooks, type Teaching } from '../../runs/index.js';
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

/** What a student learns from. */
export type MeasuredTeaching = Pick<Teaching, 'method' | 'methodOptions' | 'teachers'>;

/**
 * Seconds of a training. The kernels get their memory back.
 * @param options all of the model
 * @param epochs that are still to be done
 * @param teaching absent: the base loss of the model alone
 */
export async function measuredSeconds(
  kernels: Kernels,
  { train }: Dataset,
  spec: Extract<ModelSpec, { readonly kind: 'trained' }>,
  options: Values,
  epochs: number,
  teaching?: MeasuredTeaching,
): Promise<number> {
  const o = trainOptionsOf(options);
  const model = spec.create({ kernels, train, seed: o.seed }, options as never);
  const batches = createBatches(kernels, train, model.batches, o);
  const validate = () => ({ value: 0, metrics: {} });
  const began = performance.now();
  const hooks = teaching ? await startedMethod(kernels, model, train, teaching, o, batches.perEpoch) : PLAIN;
  const start = (performance.now() - began) / 1000;
  const learner = createLearner(kernels, { model, options: o, validate }, batches, hooks);
  try {
    const { batch, around } = await secondsOfBatch(learner, hooks);
    const rankings = Math.ceil(epochs / o.evaluateEvery) + LAST_RANKINGS;
    const ranking = await secondsOfRanking(kernels, model, train);
    return PER_JOB + start + epochs * (batches.perEpoch * batch + around) + rankings * ranking;
  } finally {
    hooks.close();
    learner.close();
    model.close();
  }
}

const PLAIN: MethodHooks = { base: 'kept', close() {} };

const startedMethod = (
  kernels: Kernels,
  student: TrainableModel,
  train: Dataset['train'],
  teaching: MeasuredTeaching,
  options: TrainOptions,
  batchesPerEpoch: number,
): Promise<MethodHooks> =>
  createMethodHooks(kernels, student, train, {
    ...{ ...teaching, options, batchesPerEpoch, listen: () => {}, progress: createProgress() },
  });

/**
 * Mean seconds of a batch, and of what a method does before and after an epoch. With the shuffle of an epoch only if the epoch ends within the
 * time.
 */
async function secondsOfBatch(
  { model, batches, step }: Learner,
  hooks: MethodHooks,
): Promise<{ readonly batch: number; readonly around: number }> {
  const seconds = async (work: () => unknown): Promise<number> => {
    const from = performance.now();
    await work();
    return (performance.now() - from) / 1000;
  };
  let [began, done, timed, around] = [0, 0, false, 0];
  for (let epoch = 1; ; epoch++) {
    around = await seconds(() => hooks.beforeEpoch?.(epoch));
    // What is around epochs does not count as time of batches.
    began = epoch === 1 ? performance.now() : began + 1000 * around;
    for (const batch of batches.epoch(epoch)) {
      model.forward?.(batch);
      hooks.prepare?.(batch, 0);
      if (hooks.base === 'kept') model.accumulate(batch);
      hooks.accumulate?.(batch, 0);
      step(batch);
      done += 1;
      const took = performance.now() - began;
      if (took >= (timed ? TIMED : LONG)) {
        const after = await seconds(() => hooks.afterEpoch?.(epoch));
        return { batch: took / 1000 / done, around: around + after };
      }
      if (!timed && took >= WARM_UP) [began, done, timed] = [performance.now(), 0, true];
    }
    began += 1000 * (await seconds(() => hooks.afterEpoch?.(epoch)));
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
