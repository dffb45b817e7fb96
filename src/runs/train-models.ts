/** Creates models, trains them in the training loop and closes them. Shared by runs and by the trials of a search. */
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
import { busy, createProgress, type Progress } from '../progress.js';
import { type LearnerTask, type Listener, type LoopStore, type TrainOutcome, trainTogether } from '../train/index.js';

/** A model to create. */
export interface ModelTask {
  readonly spec: ModelSpec;
  /** Options of the model, checked and with defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly listen: Listener;
  /** Sets the initial parameters. */
  readonly begin?: (model: TrainableModel, listen: Listener, progress: Progress) => void | Promise<void>;
  /** Called after each sweep of a computed model that has sweeps, as `swept` of `ModelContext`. */
  readonly swept?: (model: Model, sweep: number, sweeps: number, progress: Progress) => Promise<void>;
}

export interface ModelsTask<T extends ModelTask = ModelTask> {
  readonly kernels: Kernels;
  readonly dataset: Dataset;
  /** One model, or several that train together. They must have the same `avoid`. */
  readonly models: readonly T[];
  /** Creates the hooks of the distillation method. */
  readonly hooks?: (made: MadeModels<T>, batchesPerEpoch: number) => MethodHooks | Promise<MethodHooks>;
  /** Name of the method, for messages. */
  readonly method?: string;
  /** Whether the models are also evaluated before their first epoch, which can be the best one. */
  readonly evaluateStart?: boolean;
  /** Whether the time of a computed model is estimated first. */
  readonly estimate?: boolean;
  readonly signal?: AbortSignal;
}

export type MadeModel<T extends ModelTask = ModelTask> = T & { readonly model: Model };

export interface MadeModels<T extends ModelTask = ModelTask> {
  readonly models: readonly MadeModel<T>[];
  /** Their train interactions, as determined by their option `avoid`. */
  readonly train: Interactions;
  readonly progress: Progress;
  /** Trains all of them together. `watch` defines how each is evaluated and stored. @throws RecdistillError as `trainTogether` */
  fit(watch: (made: MadeModel<T>) => Watched): Promise<readonly TrainOutcome[]>;
}

export interface Watched extends Pick<LearnerTask, 'validate' | 'evaluated'> {
  readonly store?: LoopStore | undefined;
}

/** Passes the models to `work` and frees their memory afterwards. */
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

/** Bytes of an interaction that are read and written before a model can be trained. */
const CREATED = 16;

async function createModel(
  { spec, options, listen, swept }: ModelTask,
  { kernels, estimate = false }: { readonly kernels: Kernels; readonly estimate?: boolean },
  train: Interactions,
  progress: Progress,
): Promise<Model> {
  const context = { kernels, train, seed: Number(options.seed ?? 0) };
  // Tables, and for some models a graph of all interactions.
  const bytes = CREATED * train.indices.length + 256 * (train.nUsers + train.nItems);
  if (spec.kind === 'trained') return busy(() => makeModel(spec, context, options), { bytes });
  const what = `computing ${spec.name}`;
  const seconds = estimate ? await busy(() => spec.estimate?.(context, options), { bytes }) : undefined;
  if (seconds !== undefined) listen({ type: 'estimate', what, seconds });
  return makeModel(
    spec,
    {
      ...{ ...context, step: progress.task(what) },
      ...(swept ? { swept: (model, sweep, sweeps) => swept(model, sweep, sweeps, progress) } : {}),
    },
    options,
  );
}
