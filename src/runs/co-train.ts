/**
 * Trains a teacher and a student together by a method of the form `co-trained`: two runs that are trained, resumed, evaluated and stored together.
 */

import type { Dataset } from '../data/index.js';
import { defined } from '../defined.js';
import {
  type CoTrainedMethod,
  type LearnerRole,
  type MethodHooks,
  type MethodName,
  methodOf,
  type Pair,
} from '../distill/index.js';
import { fail } from '../errors.js';
import { evaluationFor } from '../eval/evaluation.js';
import type { Kernels } from '../kernels/index.js';
import { trainable } from '../models/index.js';
import { parseOptions } from '../options/options.js';
import { brokenUnit, type NameOr } from '../options/registry.js';
import { returned } from '../options/unit-check.js';
import { type Listener, type TrainEvent, trajectoryOptions } from '../train/index.js';
import { type CoTrainPlan, coTrainedOnly, pairInputs, planCoTraining, recordedOf, type Side } from './co-train-plan.js';
import { drive, folderWithin } from './drive.js';
import { isRun } from './finished.js';
import { checkedHooks } from './method-hooks.js';
import type { Job, Use } from './outcome.js';
import type { RunRequest } from './request.js';
import { loadParameters, type SavedModel } from './saved-model.js';
import type { MadeModels, ModelTask } from './train-models.js';

export interface CoTrainRequest extends RunRequest, Pair<SavedModel> {
  /** Name of a co-trained method, or the method itself. */
  readonly method: NameOr<MethodName> | CoTrainedMethod;
  /** Options of the method. They include the training options of both models. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly listen?: (role: LearnerRole, event: TrainEvent) => void;
}

/**
 * Continues the training of two finished models of the same data, together, and returns both as finished jobs.
 * @param use called with the finished teacher, then with the finished student, before they are closed; not called for stored runs
 * @throws RecdistillError `unknown-name`, `unknown-option`, `bad-option`, `needs-not-met`, `out-of-memory`, `usage`, `run-locked`, `run-differs`,
 *   `artifact-damaged`, `write-failed`, `diverged`, `interrupted`
 */
export async function coTrain(request: CoTrainRequest, use?: Use): Promise<Pair<Job>> {
  const { dataset, kernels, folder } = request;
  const method = coTrainedOnly(methodOf(request.method));
  const evaluation = evaluationFor(request.evaluation, dataset.train);
  const trajectory = parseOptions(trajectoryOptions, request.trajectory, 'trajectory');
  const plan = planCoTraining(method, request, request.options, dataset);
  if (folder !== undefined && isRun(folder)) {
    fail('usage', {
      problem: `${folder} is a run, so the runs of teacher and student cannot be stored in it`,
      hint: 'Choose another --name, or delete that run first.',
    });
  }
  const { teacher, student, overwrite, source, signal, testCurve } = request;
  const jobs = await drive(
    {
      ...{ dataset, kernels, method: method.name, evaluation, trajectory },
      ...defined({ overwrite, source, signal, testCurve }),
      ...coTrainingTask(plan, dataset, kernels),
      models: plan.sides.map((side, at) => ({
        ...sideTask(side, (event) => request.listen?.(side.role, event)),
        kind: method.name,
        units: [method],
        inputs: pairInputs({ teacher: teacher.hash, student: student.hash }),
        recorded: recordedOf(side, plan, evaluation, trajectory),
        teachers: [plan.sides[1 - at]!.spec.name],
        keepsLast: method.keepsLast?.(plan.options) ?? false,
        measure: (model) => measured(method, method.measure?.(kernels, model, dataset, plan.options) ?? {}),
        ...folderWithin(folder, side.role),
      })),
    },
    use,
  );
  return { teacher: jobs[0]!, student: jobs[1]! };
}

/** @throws RecdistillError `broken-unit` for a value that is no number */
function measured(
  { name }: CoTrainedMethod,
  metrics: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  for (const [metric, value] of Object.entries(metrics)) {
    if (typeof value !== 'number')
      brokenUnit('method', name, `measure ${returned(value)} for "${metric}"; expected a number`);
  }
  return metrics;
}

/** One of the two models with the parameters of its run. */
export const sideTask = ({ spec, modelOptions, saved }: Side, listen: Listener): ModelTask => ({
  ...{ spec, options: modelOptions, listen },
  begin: (model) => loadParameters(model, saved),
});

/** How the two models learn from each other. Either may be best before the first epoch. */
export const coTrainingTask = ({ method, options, sides }: CoTrainPlan, { users }: Dataset, kernels: Kernels) => ({
  method: method.name,
  evaluateStart: true,
  async hooks({ models, train, progress }: MadeModels): Promise<MethodHooks> {
    const [teacher, student] = sides.map(({ options: { batchSize, negatives = 1 } }, at) => {
      return { model: trainable(models[at]!.model), batchSize, negatives };
    });
    const hooks = await method.create(
      {
        ...{ kernels, train, userIds: users.ids, teacher: teacher!, student: student! },
        report: (epoch, details) => {
          for (const { listen } of models) listen({ type: 'method', epoch, method: method.name, details });
        },
        step: progress.task('sampling items'),
      },
      Object.freeze({ ...options }),
    );
    return checkedHooks(method, hooks, kernels);
  },
});
