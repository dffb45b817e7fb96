/**
 * One model from nothing to a judged result: train (or compute) it, record its trajectory, test it once, keep everything in a run folder
 * if one is named. A job that was interrupted goes on; one that is finished is read back.
 */
import { type Overwrite, openRun, type Run, type StudentBundle } from '../artifact/index.js';
import { parseOptions } from '../config/options.js';
import { type Avoid, avoiding, type Dataset } from '../data/index.js';
import type { Rankings } from '../data/rankings.js';
import type { Trajectory } from '../data/trajectory.js';
import { distillerNamed, type KnownTeacher } from '../distill/index.js';
import type { Evaluation } from '../eval/index.js';
import type { Kernels } from '../kernels/index.js';
import {
  type Model,
  type ModelContext,
  type ModelSpec,
  modelNamed,
  type Tables,
  type TrainableModel,
} from '../models/index.js';
import { createPace, type Pace } from '../pace.js';
import { type Listener, type TrajectoryOptions, trajectoryOptions } from '../train/index.js';
import { checkMemory } from './estimate.js';
import { createJudge, type EvaluationOptions, evaluationOptions } from './evaluation.js';
import { finishModel } from './finish.js';
import { forgetCheckpoints, jobFiles, readBack } from './finished.js';
import { fitAtOnce, fitByLoop } from './fit.js';
import { checkNeeds, splitOptions } from './method.js';
import { nameAgain } from './names.js';
import { optionsToStart, startFrom, startText } from './start.js';
import { tellUnusedWeights } from './unused-weights.js';

export interface JobRequest {
  readonly dataset: Dataset;
  readonly kernels: Kernels;
  /** Registered name of the model. */
  readonly model: string;
  /** Registered name of the distillation method; `none` if absent. */
  readonly method?: string;
  /** Options of the model and of the method together; an option that neither has is an error. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What the method learns from. */
  readonly teachers?: readonly Teacher[];
  /**
   * A student of earlier data that this one goes on from: users and items that it knows begin with its numbers, new ones are folded in. The
   * model must be one whose parameters are the tables of its scores (bpr-mf); `dim` is that of the bundle.
   */
  readonly start?: StudentBundle;
  readonly evaluation?: Partial<EvaluationOptions>;
  /** How many checkpoints of the trajectory are kept, and which. */
  readonly trajectory?: Partial<TrajectoryOptions>;
  /** Where the run is kept; absent: in memory only, nothing survives an interruption. */
  readonly folder?: string;
  readonly overwrite?: Overwrite;
  /** Whether each evaluation judges on test as well, for the curves of a report. Nothing is selected by it, and the result is the same. */
  readonly testCurve?: boolean;
  /** How the data set was loaded; kept in the run folder, so that later commands can load it again. */
  readonly source?: Readonly<Record<string, unknown>>;
  readonly listen?: Listener;
  readonly signal?: AbortSignal;
}

/** A trajectory with the hash that names it. */
export interface Teacher {
  readonly trajectory: Trajectory;
  readonly hash: string;
  /** The tables of users and items behind its scores, of a model with factors. */
  readonly tables?: Tables;
}

/** A teacher as methods see it. */
export const knownTeacher = ({ trajectory, tables }: Teacher): KnownTeacher => ({
  ...trajectory,
  ...(tables ? { tables } : {}),
});

/** What is known of a finished run. */
export interface RunResult extends Partial<Cost> {
  /** Registered name of the model; `external` for rankings made elsewhere. */
  readonly model: string;
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Epoch of the parameters that were kept; 0 for a model that is computed at once. */
  readonly bestEpoch: number;
  readonly epochs: number;
  /** Test metrics, means over users. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The same on the hidden interactions, where the data has such. */
  readonly hidden?: Readonly<Record<string, number>>;
}

/** What a model costs. Nobody knows that of rankings made elsewhere. */
export interface Cost {
  /** Numbers that scoring needs. */
  readonly parameters: number;
  readonly bytes: number;
  /** Median microseconds for one user's exact top 10 on one thread. */
  readonly latencyMicroseconds: number;
  /** Time that training took, in all processes that worked on it. */
  readonly seconds: number;
}

export type JobResult = RunResult & Cost;

/** What a finished run hands on. */
export interface Outcome<Result extends RunResult = RunResult> {
  readonly result: Result;
  /** Per-user test values, for comparisons. */
  readonly evaluation: Evaluation;
  /** The same on the hidden interactions, where the data has such. */
  readonly hidden?: Evaluation;
  /** Top lists for testing: train and valid items left out. */
  readonly rankings: Rankings;
  readonly teacher: Teacher;
  /** True if nothing had to be done. */
  readonly reused: boolean;
}

export type Job = Outcome<JobResult>;

/** Gets a finished model with its best parameters, which lives only as long as the call. */
export type Use = (model: Model, job: Pick<Job, 'result' | 'evaluation'>) => void;

/**
 * @param use called with the finished model before it is closed; not called for a job that is read back
 * @throws RecdistillError `unknown-name`, `unknown-option`, `bad-option`, `needs-not-met`, `out-of-memory`, `run-locked`, `run-differs`,
 *   `artifact-damaged`, `write-failed`, `diverged`, `interrupted`
 */
export async function runJob(request: JobRequest, use?: Use): Promise<Job> {
  const { dataset, kernels: k, teachers = [], start } = request;
  const spec = modelNamed(request.model);
  const method = distillerNamed(request.method ?? 'none');
  const given = request.options ?? {};
  const { modelOptions, methodOptions } = splitOptions(
    spec,
    method,
    start ? optionsToStart(spec, method, start, given) : given,
  );
  const evaluation = parseOptions(evaluationOptions, request.evaluation, 'evaluation');
  const kept = parseOptions(trajectoryOptions, request.trajectory, 'trajectory');
  checkNeeds(spec, method, teachers.map(knownTeacher), dataset);
  const judge = createJudge(dataset, evaluation);
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
      return readBack(run, dataset, judge);
    }
    if (run && request.source) run.writeResult(jobFiles.source, request.source);
    const listen = listenerOf(run, request.listen);
    tellUnusedWeights(spec, dataset.train, listen);
    const began = performance.now();
    const train = avoiding(dataset, modelOptions.avoid as Avoid);
    const pace = createPace({
      told: (advance) => listen({ type: 'progress', ...advance }),
      ...(request.signal ? { signal: request.signal } : {}),
    });
    const model = await createModel(spec, { kernels: k, train, seed }, modelOptions, pace, listen);
    try {
      if (start) {
        const step = pace.of('folding in who is new');
        const report = await startFrom(model as TrainableModel, start, dataset, step);
        listen({ type: 'note', message: startText(report) });
      }
      const setting = {
        ...{ run, judge, train, method, methodOptions, listen, pace },
        ...{ options: modelOptions as never, trajectory: kept, selectBy: evaluation.selectBy },
      };
      const fitted =
        spec.kind === 'computed'
          ? await fitAtOnce(k, model, judge, listen, pace)
          : await fitByLoop(model as TrainableModel, request, setting);
      const job = await finishModel(
        {
          ...{ kernels: k, dataset, judge, run, model, fitted, options, began, pace },
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
  pace: Pace,
  listen: Listener,
): Promise<Model> {
  if (spec.kind === 'trained') return spec.create(context, options as never);
  const what = `computing ${spec.name}`;
  const seconds = spec.estimate?.(context, options as never);
  if (seconds !== undefined) listen({ type: 'estimate', what, seconds });
  return spec.create({ ...context, step: pace.of(what) }, options as never);
}

/** Means over users, and values over the lists of the evaluated users. */
export const metricsOf = ({ means, beyondAccuracy }: Evaluation): Readonly<Record<string, number>> => ({
  ...means,
  ...beyondAccuracy.evaluatedUsers,
});

/** The run folder listens to everything; metrics.jsonl gets what does not depend on the clock. */
export function listenerOf(run: Run | undefined, listen: Listener | undefined): Listener {
  return (event) => {
    if (run && event.type !== 'checkpoint' && event.type !== 'progress') run.event(event);
    if (run && event.type === 'evaluation') run.metric({ epoch: event.epoch, ...event.metrics, best: event.best });
    listen?.(event);
  };
}
