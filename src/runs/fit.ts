/** Bringing a model to its best, with everything that has to be kept on the way. */
import type { Run } from './run-folder.js';
import type { Interactions } from '../data/interactions.js';
import type { Trajectory } from '../data/trajectory.js';
import type { MethodHooks, MethodSpec } from '../distill/index.js';
import type { Kernels } from '../kernels/index.js';
import { type Model, rankAll, type TrainableModel, type TrainOptions } from '../models/index.js';
import type { Progress } from '../progress.js';
import { type Listener, runLoop, type TrajectoryOptions } from '../train/index.js';
import type { Evaluator } from '../eval/evaluation.js';
import { type JobRequest } from './request.js';
import { knowledgeOf, type Teacher } from './outcome.js';
import { type Fitted, storeOf, watchModel } from './watch.js';

/** A model that was computed when it was made has one checkpoint. */
export async function fitComputed(k: Kernels, model: Model, evaluator: Evaluator, listen: Listener, progress: Progress): Promise<Fitted> {
  const step = progress.task(`ranking for ${model.name}`);
  const rankings = await rankAll(k, model, evaluator.mask.valid, evaluator.depth, { step });
  const metrics = evaluator.selects ? evaluator.valid(rankings).means : {};
  listen({ type: 'evaluation', epoch: 0, metrics, best: true, seconds: 0 });
  return { bestEpoch: 0, epochs: 0, secondsBefore: 0, checkpoints: [{ epoch: 0, metrics, rankings }], forget() {} };
}

export interface LoopSetting {
  readonly run: Run | undefined;
  readonly evaluator: Evaluator;
  /** What it trains on, as its option `avoid` has it. */
  readonly train: Interactions;
  readonly method: MethodSpec;
  readonly methodOptions: Readonly<Record<string, unknown>>;
  readonly options: TrainOptions;
  readonly trajectory: TrajectoryOptions;
  readonly selectBy: string;
  readonly listen: Listener;
  readonly progress: Progress;
}

/** Trains by the loop, with the method's hooks, and records snapshots on the way. */
export async function fitByLoop(model: TrainableModel, request: JobRequest, setting: LoopSetting): Promise<Fitted> {
  const { kernels: k } = request;
  const { run, evaluator, train, method, methodOptions, options: o, listen, progress } = setting;
  const { fitted, ...watch } = watchModel(k, model, {
    ...setting,
    evaluateEvery: o.evaluateEvery,
    testCurve: request.testCurve ?? false,
  });
  if (!evaluator.selects) listen({ type: 'note', message: 'there is no valid part: the last epoch is kept' });
  let distillationMethod: MethodHooks | undefined;
  try {
    const outcome = await runLoop({
      ...{ kernels: k, model, train, options: o, listen, progress, ...watch },
      async hooks(batchesPerEpoch) {
        const { teachers = [] } = request;
        const teaching = { method, methodOptions, teachers, options: o, batchesPerEpoch, listen, progress };
        distillationMethod = await createMethodHooks(k, model, train, teaching);
        return distillationMethod;
      },
      ...(run ? { store: storeOf(run, listen) } : {}),
      // What goes on from a bundle may be at its best before the first epoch.
      evaluateStart: request.start !== undefined,
      ...(request.signal ? { signal: request.signal } : {}),
    });
    return fitted(outcome);
  } finally {
    distillationMethod?.close();
  }
}

export interface Teaching {
  readonly method: MethodSpec;
  readonly methodOptions: Readonly<Record<string, unknown>>;
  readonly teachers: readonly Teacher[];
  /** Of the student. */
  readonly options: TrainOptions;
  readonly batchesPerEpoch: number;
  readonly listen: Listener;
  readonly progress: Progress;
}

/** The method at work on a student. */
export async function createMethodHooks(
  k: Kernels,
  student: TrainableModel,
  train: Interactions,
  t: Teaching,
): Promise<MethodHooks> {
  const { method, teachers, options: o, batchesPerEpoch, listen, progress } = t;
  const step = progress.task(`ranking for ${student.name}`);
  return method.create(
    {
      ...{ kernels: k, student, train, teachers: teachers.map(knowledgeOf) },
      ...{ batchSize: o.batchSize, batchesPerEpoch, seed: o.seed },
      rankStudent: (depth) => rankAll(k, student, train, Math.min(depth, train.nItems), { step }),
      tell: (epoch, details) => listen({ type: 'method', epoch, method: method.name, details }),
    },
    t.methodOptions,
  );
}
