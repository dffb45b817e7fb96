/** Bringing a model to its best, with everything that has to be kept on the way. */
import type { Run } from './run-folder.js';
import type { Interactions } from '../data/interactions.js';
import type { Trajectory } from '../data/trajectory.js';
import type { Distiller, DistillerSpec } from '../distill/index.js';
import type { Kernels } from '../kernels/index.js';
import { type Model, rankAll, type TrainableModel, type TrainOptions } from '../models/index.js';
import type { Pace } from '../pace.js';
import { type Listener, runLoop, type TrajectoryOptions } from '../train/index.js';
import type { Judge } from '../eval/evaluation.js';
import { type JobRequest } from './request.js';
import { knownTeacher, type Teacher } from './outcome.js';
import { type Fitted, storeOf, watchModel } from './watch.js';

/** A model that was computed when it was made has one checkpoint. */
export async function fitAtOnce(k: Kernels, model: Model, judge: Judge, listen: Listener, pace: Pace): Promise<Fitted> {
  const step = pace.of(`ranking for ${model.name}`);
  const rankings = await rankAll(k, model, judge.mask.valid, judge.depth, { step });
  const metrics = judge.selects ? judge.valid(rankings).means : {};
  listen({ type: 'evaluation', epoch: 0, metrics, best: true, seconds: 0 });
  return { bestEpoch: 0, epochs: 0, secondsBefore: 0, checkpoints: [{ epoch: 0, metrics, rankings }], forget() {} };
}

export interface LoopSetting {
  readonly run: Run | undefined;
  readonly judge: Judge;
  /** What it trains on, as its option `avoid` has it. */
  readonly train: Interactions;
  readonly method: DistillerSpec;
  readonly methodOptions: Readonly<Record<string, unknown>>;
  readonly options: TrainOptions;
  readonly trajectory: TrajectoryOptions;
  readonly selectBy: string;
  readonly listen: Listener;
  readonly pace: Pace;
}

/** Trains by the loop, with the method's hooks, and records snapshots on the way. */
export async function fitByLoop(model: TrainableModel, request: JobRequest, setting: LoopSetting): Promise<Fitted> {
  const { kernels: k } = request;
  const { run, judge, train, method, methodOptions, options: o, listen, pace } = setting;
  const { fitted, ...watch } = watchModel(k, model, {
    ...setting,
    evaluateEvery: o.evaluateEvery,
    testCurve: request.testCurve ?? false,
  });
  if (!judge.selects) listen({ type: 'note', message: 'there is no valid part: the last epoch is kept' });
  let distiller: Distiller | undefined;
  try {
    const outcome = await runLoop({
      ...{ kernels: k, model, train, options: o, listen, pace, ...watch },
      async hooks(batchesPerEpoch) {
        const { teachers = [] } = request;
        const teaching = { method, methodOptions, teachers, options: o, batchesPerEpoch, listen, pace };
        distiller = await createDistiller(k, model, train, teaching);
        return distiller;
      },
      ...(run ? { store: storeOf(run, listen) } : {}),
      // What goes on from a bundle may be at its best before the first epoch.
      evaluateStart: request.start !== undefined,
      ...(request.signal ? { signal: request.signal } : {}),
    });
    return fitted(outcome);
  } finally {
    distiller?.close();
  }
}

export interface Teaching {
  readonly method: DistillerSpec;
  readonly methodOptions: Readonly<Record<string, unknown>>;
  readonly teachers: readonly Teacher[];
  /** Of the student. */
  readonly options: TrainOptions;
  readonly batchesPerEpoch: number;
  readonly listen: Listener;
  readonly pace: Pace;
}

/** The method at work on a student. */
export async function createDistiller(
  k: Kernels,
  student: TrainableModel,
  train: Interactions,
  t: Teaching,
): Promise<Distiller> {
  const { method, teachers, options: o, batchesPerEpoch, listen, pace } = t;
  const step = pace.of(`ranking for ${student.name}`);
  return method.create(
    {
      ...{ kernels: k, student, train, teachers: teachers.map(knownTeacher) },
      ...{ batchSize: o.batchSize, batchesPerEpoch, seed: o.seed },
      rankStudent: (depth) => rankAll(k, student, train, Math.min(depth, train.nItems), { step }),
      tell: (epoch, details) => listen({ type: 'method', epoch, method: method.name, details }),
    },
    t.methodOptions as never,
  );
}
