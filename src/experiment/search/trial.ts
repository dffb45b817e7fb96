/** One trial: a model is trained alone, by a method, or together with its teacher, and evaluated on valid. Nothing is written to disk. */

import type { Dataset } from '../../data/index.js';
import { defined } from '../../defined.js';
import type { Evaluator } from '../../eval/index.js';
import type { Kernels } from '../../kernels/index.js';
import { type ModelSpec, rankAll, trainable, trainOptionsOf } from '../../models/index.js';
import type { Progress } from '../../progress.js';
import {
  type CoTrainPlan,
  checkMemory,
  coTrainingTask,
  createMethodHooks,
  listsOf,
  type MadeModel,
  type ModelsTask,
  sideTask,
  type Teaching,
  withModels,
} from '../../runs/index.js';
import type { Listener } from '../../train/index.js';

/** Options of a model or a method, by name. */
export type Values = Readonly<Record<string, unknown>>;

interface TrialSetting {
  readonly dataset: Dataset;
  readonly kernels: Kernels;
  readonly evaluator: Evaluator;
  /** Called after each evaluation with the best result so far; true ends the trial. */
  stops(epoch: number, best: number): boolean;
  readonly listen?: Listener;
  readonly signal?: AbortSignal;
}

export interface TrialTask extends TrialSetting {
  readonly spec: ModelSpec;
  /** Of the model, checked and with defaults. */
  readonly options: Values;
  /** The method and the teachers of a student. */
  readonly teaching?: Pick<Teaching, 'method' | 'methodOptions' | 'teachers'> & {
    /** The weights of the teachers; undefined if they are equal. */
    weights(progress: Progress): Promise<readonly number[] | undefined>;
  };
}

export interface CoTrainTrialTask extends TrialSetting {
  readonly plan: CoTrainPlan;
}

export interface TrialOutcome {
  /** The best result on valid, in the metric that selects. */
  readonly value: number;
  /** All metrics on valid at that epoch. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly bestEpoch: number;
  readonly epochs: number;
  /** `computed`: the model is computed in closed form. */
  readonly reason: 'epochs' | 'patience' | 'stopped' | 'computed';
}

/** @throws RecdistillError `diverged`, `out-of-memory`, `not-positive-definite`, `interrupted` */
export async function runTrial(task: TrialTask): Promise<TrialOutcome> {
  const { dataset, kernels, spec, options, teaching, listen = () => {} } = task;
  const teacherLists = listsOf(teaching?.teachers ?? []);
  checkMemory({ spec, options, dataset, threads: kernels.threads, teacherLists });
  return evaluated(task, 0, {
    ...{ kernels, dataset, models: [{ spec, options, listen }] },
    ...(teaching
      ? {
          async hooks({ models, train, progress }, batchesPerEpoch) {
            const weights = await teaching.weights(progress);
            const setting = { weights, options: trainOptionsOf(options), batchesPerEpoch, listen, progress };
            return createMethodHooks(kernels, trainable(models[0]!.model), train, { ...teaching, ...setting });
          },
        }
      : {}),
  });
}

/** Trains a student together with its teacher and evaluates the student. @throws RecdistillError as `runTrial` */
export async function runCoTrainTrial(task: CoTrainTrialTask): Promise<TrialOutcome> {
  const { dataset, kernels, plan, listen = () => {} } = task;
  const [teacher, student] = plan.sides;
  const models = [sideTask(teacher, () => {}), sideTask(student, listen)];
  return evaluated(task, 1, { ...{ kernels, dataset, models }, ...coTrainingTask(plan, dataset, kernels) });
}

/** @param which index of the model that is evaluated */
async function evaluated(task: TrialSetting, which: number, models: ModelsTask): Promise<TrialOutcome> {
  const { kernels: k, evaluator, signal } = task;
  return withModels({ ...models, ...(signal ? { signal } : {}) }, async (made) => {
    const validating = ({ model }: MadeModel) => {
      const step = made.progress.task(`ranking for ${model.name}`, 'users');
      return async () => {
        const evaluation = evaluator.valid(
          await rankAll(k, model, evaluator.mask.valid, evaluator.depth, {
            step,
            ...defined({ foldIn: evaluator.foldIn, users: evaluator.sample?.chosen }),
          }),
        );
        return { value: evaluator.select(evaluation), metrics: evaluation.means };
      };
    };
    const own = made.models[which]!;
    const validate = validating(own);
    if (own.spec.kind === 'computed') return { ...(await validate()), bestEpoch: 0, epochs: 0, reason: 'computed' };
    let best = { value: Number.NEGATIVE_INFINITY, metrics: {} as Readonly<Record<string, number>>, bestEpoch: 0 };
    const outcomes = await made.fit((m) => ({
      validate:
        m !== own
          ? validating(m)
          : async (epoch) => {
              const now = await validate();
              // The start, before the first epoch, is the same in every trial.
              if (epoch > 0 && now.value > best.value) best = { ...now, bestEpoch: epoch };
              return { ...now, stop: epoch > 0 && task.stops(epoch, best.value) };
            },
    }));
    const { epochs, reason } = outcomes[which]!;
    return { ...best, epochs, reason: reason as TrialOutcome['reason'] };
  });
}
