/** One trial: a model trained with some options, by itself or with a method, and judged on valid. Nothing of it is kept on disk, and test is not looked at. */
import { type Avoid, avoiding, type Dataset } from '../../data/index.js';
import type { Evaluator } from '../../eval/index.js';
import type { Kernels } from '../../kernels/index.js';
import { type ModelSpec, rankAll, type TrainableModel, type TrainOptions } from '../../models/index.js';
import { createProgress } from '../../progress.js';
import { checkMemory, createMethodHooks, type Teaching } from '../../runs/index.js';
import { type Listener, runLoop } from '../../train/index.js';

export interface TrialTask {
  readonly dataset: Dataset;
  readonly kernels: Kernels;
  readonly spec: ModelSpec;
  /** Of the model, checked and with defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly evaluator: Evaluator;
  /** What teaches it, if anything does. */
  readonly teaching?: Pick<Teaching, 'method' | 'methodOptions' | 'teachers'>;
  /** Told the best result so far after each evaluation; true ends the trial. */
  stops(epoch: number, best: number): boolean;
  readonly listen?: Listener;
  readonly signal?: AbortSignal;
}

export interface TrialOutcome {
  /** The best result on valid, in the metric that selects. */
  readonly value: number;
  /** All metrics on valid at that epoch. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly bestEpoch: number;
  readonly epochs: number;
  /** `computed`: the model needs no epochs. */
  readonly reason: 'epochs' | 'patience' | 'stopped' | 'computed';
}

/** @throws RecdistillError `diverged`, `out-of-memory`, `not-positive-definite`, `interrupted` */
export async function runTrial(task: TrialTask): Promise<TrialOutcome> {
  const { dataset, kernels: k, spec, options, evaluator, teaching, listen, signal } = task;
  checkMemory(spec, options, dataset);
  const seed = Number(options.seed ?? 0);
  const train = avoiding(dataset, options.avoid as Avoid);
  const progress = createProgress({
    onAdvance: (advance) => listen?.({ type: 'progress', ...advance }),
    ...(signal ? { signal } : {}),
  });
  const model = await spec.create({ kernels: k, train, seed, step: progress.task(`computing ${spec.name}`) }, options);
  const step = progress.task(`ranking for ${spec.name}`);
  const validate = async () => {
    const evaluation = evaluator.valid(await rankAll(k, model, evaluator.mask.valid, evaluator.depth, { step }));
    return { value: evaluator.select(evaluation), metrics: evaluation.means };
  };
  let distillationMethod: Awaited<ReturnType<typeof createMethodHooks>> | undefined;
  const taught = (of: NonNullable<typeof teaching>) => ({
    async hooks(batchesPerEpoch: number) {
      const more = {
        options: options as unknown as TrainOptions,
        batchesPerEpoch,
        listen: listen ?? (() => {}),
        progress,
      };
      distillationMethod = await createMethodHooks(k, model as TrainableModel, train, { ...of, ...more });
      return distillationMethod;
    },
  });
  try {
    if (spec.kind === 'computed') return { ...(await validate()), bestEpoch: 0, epochs: 0, reason: 'computed' };
    let best = { value: Number.NEGATIVE_INFINITY, metrics: {} as Readonly<Record<string, number>> };
    const outcome = await runLoop({
      kernels: k,
      progress,
      model: model as TrainableModel,
      train,
      options: options as unknown as TrainOptions,
      async validate(epoch) {
        const now = await validate();
        if (now.value > best.value) best = now;
        return { ...now, stop: task.stops(epoch, best.value) };
      },
      ...(teaching ? taught(teaching) : {}),
      ...(listen ? { listen } : {}),
      ...(signal ? { signal } : {}),
    });
    const { bestEpoch, epochs, reason } = outcome;
    return { ...best, bestEpoch, epochs, reason: reason as TrialOutcome['reason'] };
  } finally {
    distillationMethod?.close();
    model.close();
  }
}
