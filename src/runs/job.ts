/**
 * One model from nothing to a judged result: train (or compute) it, record its trajectory, test it once, keep everything in a run folder
 * if one is named. A job that was interrupted goes on; one that is finished is read back.
 */
import { type Overwrite, openRun, type Run } from './run-folder.js';
import { type StudentBundle } from '../student/index.js';
import { parseOptions } from '../options/options.js';
import { type Avoid, avoiding, type Dataset } from '../data/index.js';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { methodOf, type TeacherKnowledge } from '../distill/index.js';
import type { Evaluation } from '../eval/index.js';
import type { Kernels } from '../kernels/index.js';
import {
  type Model,
  type ModelContext,
  type ModelSpec,
  modelOf,
  type Tables,
  type TrainableModel,
} from '../models/index.js';
import { createProgress, type Progress } from '../progress.js';
import { type Listener, type TrajectoryOptions, trajectoryOptions } from '../train/index.js';
import { checkMemory } from './estimate.js';
import { createEvaluator, type EvaluationOptions, evaluationOptions } from '../eval/evaluation.js';
import { finishModel } from './finish.js';
import { forgetCheckpoints, jobFiles, readBack } from './finished.js';
import { fitComputed, fitByLoop } from './fit.js';
import { checkNeeds, splitOptions } from './method.js';
import { nameAgain } from './names.js';
import { type Job, knowledgeOf, listenerOf, type Teacher, type Use } from './outcome.js';
import type { JobRequest } from './request.js';
import { optionsToContinue, continueFrom, continueText } from './continue-from.js';
import { tellUnusedWeights } from './unused-weights.js';

/**
 * @param use called with the finished model before it is closed; not called for a job that is read back
 * @throws RecdistillError `unknown-name`, `unknown-option`, `bad-option`, `needs-not-met`, `out-of-memory`, `run-locked`, `run-differs`,
 *   `artifact-damaged`, `write-failed`, `diverged`, `interrupted`
 */
export async function runJob(request: JobRequest, use?: Use): Promise<Job> {
  const { dataset, kernels: k, teachers = [], start } = request;
  const spec = modelOf(request.model);
  const method = methodOf(request.method ?? 'none');
  const given = request.options ?? {};
  const { modelOptions, methodOptions } = splitOptions(
    spec,
    method,
    start ? optionsToContinue(spec, method, start, given) : given,
  );
  const evaluation = parseOptions(evaluationOptions, request.evaluation, 'evaluation');
  const kept = parseOptions(trajectoryOptions, request.trajectory, 'trajectory');
  checkNeeds(spec, method, teachers.map(knowledgeOf), dataset);
  const evaluator = createEvaluator(dataset, evaluation);
  checkMemory(spec, modelOptions, dataset);

  const seed = Number(modelOptions.seed ?? 0);
  const options = {
    model: request.model,
    method: method.name,
    ...modelOptions,
    ...methodOptions,
    ...evaluation,
    ...kept,
  };
  const inputs = {
    ...Object.fromEntries(teachers.map((t, x) => [`teacher ${x + 1}: ${t.trajectory.teacher}`, t.hash])),
    ...(start ? { 'bundle before': start.manifest.namedFrom ?? start.manifest.sha256 } : {}),
  };
  const run = request.folder
    ? openRun(
        request.folder,
        { kind: 'train', options, dataFingerprint: dataset.fingerprint, inputs },
        { threads: k.threads, overwrite: request.overwrite ?? false },
      )
    : undefined;
  try {
    if (run?.isFinished()) {
      const named = await nameAgain(run, dataset, request.source);
      if (named) request.listen?.({ type: 'note', message: 'it has the names of items now' });
      return readBack(run, dataset, evaluator);
    }
    if (run && request.source) run.writeResult(jobFiles.source, request.source);
    const listen = listenerOf(run, request.listen);
    tellUnusedWeights(spec, dataset.train, listen);
    const began = performance.now();
    const train = avoiding(dataset, modelOptions.avoid as Avoid);
    const progress = createProgress({
      onAdvance: (advance) => listen({ type: 'progress', ...advance }),
      ...(request.signal ? { signal: request.signal } : {}),
    });
    const model = await createModel(spec, { kernels: k, train, seed }, modelOptions, progress, listen);
    try {
      if (start) {
        const step = progress.task('folding in who is new');
        const report = await continueFrom(model as TrainableModel, start, dataset, step);
        listen({ type: 'note', message: continueText(report) });
      }
      const setting = {
        ...{ run, evaluator, train, method, methodOptions, listen, progress },
        ...{ options: modelOptions as never, trajectory: kept, selectBy: evaluation.selectBy },
      };
      const fitted =
        spec.kind === 'computed'
          ? await fitComputed(k, model, evaluator, listen, progress)
          : await fitByLoop(model as TrainableModel, request, setting);
      const job = await finishModel(
        {
          ...{ kernels: k, dataset, evaluator, run, model, fitted, options, began, progress },
          method: method.name,
          teachers: teachers.map((t) => t.trajectory.teacher),
          source: request.source,
        },
        use,
      );
      if (run) forgetCheckpoints(run);
      fitted.forget();
      return job;
    } finally {
      model.close();
    }
  } finally {
    run?.close();
  }
}

/** A fresh model; of one that is computed at once, an estimate of the time goes before. */
async function createModel(
  spec: ModelSpec,
  context: ModelContext,
  options: Readonly<Record<string, unknown>>,
  progress: Progress,
  listen: Listener,
): Promise<Model> {
  if (spec.kind === 'trained') return spec.create(context, options);
  const what = `computing ${spec.name}`;
  const seconds = spec.estimate?.(context, options);
  if (seconds !== undefined) listen({ type: 'estimate', what, seconds });
  return spec.create({ ...context, step: progress.task(what) }, options);
}
