/** Models made, trained in the one loop, lent out and closed: what a kept run and a trial of a search have in common. */
import { avoiding, type Dataset } from '../data/index.js';
import type { Interactions } from '../data/interactions.js';
import type { MethodHooks } from '../distill/index.js';
import type { Kernels } from '../kernels/index.js';
import {
  avoidOf,
  type Model,
  type ModelSpec,
  makeModel,
  type TrainableModel,
  trainable,
  trainOptionsOf,
} from '../models/index.js';
import { createProgress, type Progress } from '../progress.js';
import { type LearnerTask, type Listener, type LoopStore, type TrainOutcome, trainTogether } from '../train/index.js';

/** A model that is to be made. */
export interface ModelTask {
  readonly spec: ModelSpec;
  /** Of the model, checked and with defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly listen: Listener;
  /** Puts the parameters in place that it starts from. */
  readonly begin?: (model: TrainableModel, listen: Listener, progress: Progress) => void | Promise<void>;
}

export interface ModelsTask<T extends ModelTask = ModelTask> {
  readonly kernels: Kernels;
  readonly dataset: Dataset;
  /** One, or several that learn together; they agree in `avoid`. */
  readonly models: readonly T[];
  /** The hooks of the method that they are trained by. */
  readonly hooks?: (made: MadeModels<T>, batchesPerEpoch: number) => MethodHooks | Promise<MethodHooks>;
  /** Name of the method, for messages. */
  readonly method?: string;
  /** Whether they are judged before their first epoch, too, and may be at their best then. */
  readonly evaluateStart?: boolean;
  /** Whether the time that a computed model takes is estimated first. */
  readonly estimate?: boolean;
  readonly signal?: AbortSignal;
}

export type MadeModel<T extends ModelTask = ModelTask> = T & { readonly model: Model };

export interface MadeModels<T extends ModelTask = ModelTask> {
  readonly models: readonly MadeModel<T>[];
  /** What they train on, as their option `avoid` has it. */
  readonly train: Interactions;
  readonly progress: Progress;
  /** Trains all of them together; `watch` says how each is judged and kept. @throws RecdistillError as `trainTogether` */
  fit(watch: (made: MadeModel<T>) => Watched): Promise<readonly TrainOutcome[]>;
}

export interface Watched extends Pick<LearnerTask, 'validate' | 'evaluated'> {
  readonly store?: LoopStore | undefined;
}

/** Lends the models to `work` and gives their memory back after it. */
export async function withModels<T extends ModelTask, R>(
  task: ModelsTask<T>,
  work: (made: MadeModels<T>) => Promise<R>,
): Promise<R> {
  const { kernels: k, dataset, signal } = task;
  const train = avoiding(dataset, avoidOf(task.models[0]!.options));
  const progress = createProgress({
    onAdvance: (advance) => {
      for (const { listen } of task.models) listen({ type: 'progress', ...advance });
    },
    ...(signal ? { signal } : {}),
  });
  const models: MadeModel<T>[] = [];
  let method: MethodHooks | undefined;
  const made: MadeModels<T> = {
    ...{ models, train, progress },
    fit: (watch) =>
      trainTogether({
        ...{ kernels: k, train, progress, evaluateStart: task.evaluateStart ?? false },
        ...(task.method === undefined ? {} : { method: task.method }),
        learners: models.map((m) => learnerOf(m, watch(m))),
        async hooks(batchesPerEpoch) {
          method = await task.hooks?.(made, batchesPerEpoch);
          return method ?? { base: 'kept' };
        },
        ...(signal ? { signal } : {}),
      }),
  };
  try {
    for (const m of task.models) models.push({ ...m, model: await createModel(m, task, train, progress) });
    for (const { begin, model, listen } of models) await begin?.(trainable(model), listen, progress);
    return await work(made);
  } finally {
    method?.close();
    for (const { model } of models) model.close();
  }
}

function learnerOf({ model, options, listen }: MadeModel, { store, ...watched }: Watched): LearnerTask {
  return {
    ...{ model: trainable(model), options: trainOptionsOf(options), listen },
    ...watched,
    ...(store ? { store } : {}),
  };
}

async function createModel(
  { spec, options, listen }: ModelTask,
  { kernels, estimate = false }: { readonly kernels: Kernels; readonly estimate?: boolean },
  train: Interactions,
  progress: Progress,
): Promise<Model> {
  const context = { kernels, train, seed: Number(options.seed ?? 0) };
  if (spec.kind === 'trained') return makeModel(spec, context, options);
  const what = `computing ${spec.name}`;
  const seconds = estimate ? spec.estimate?.(context, options) : undefined;
  if (seconds !== undefined) listen({ type: 'estimate', what, seconds });
  return makeModel(spec, { ...context, step: progress.task(what) }, options);
}
