/** After training: tests the model once and stores everything that other commands read. */

import { countingBundle } from '../bundle/index.js';
import { type Dataset, licenceNote } from '../data/index.js';
import type { Trajectory } from '../data/trajectory.js';
import { defined } from '../defined.js';
import type { EnsembleChoice } from '../distill/index.js';
import { fail } from '../errors.js';
import { type Evaluator, LIST_LENGTH } from '../eval/evaluation.js';
import type { Kernels } from '../kernels/index.js';
import { type Model, type ModelSpec, rankAll, rankObserved } from '../models/index.js';
import { brokenUnit } from '../options/registry.js';
import { busy, type Progress, runInParts, within } from '../progress.js';
import { sizeProblem } from '../student/student-model.js';
import { keeping, keepingModel } from './finished.js';
import { latencyOf } from './latency.js';
import { type Job, type JobResult, metricsOf, type RepeatedRun, repeatedOf, type Use } from './outcome.js';
import type { RunFolder } from './run-folder.js';
import { knownTables, type MadeStudent, madeStudent, servableOf, writingStudent } from './student-bundle.js';
import type { Fitted } from './watch.js';

export interface Finishing {
  readonly kernels: Kernels;
  readonly dataset: Dataset;
  readonly evaluator: Evaluator;
  readonly run: RunFolder | undefined;
  /** Identifies the run, in a folder or in memory. */
  readonly hash: string;
  readonly spec: ModelSpec;
  readonly model: Model;
  readonly fitted: Fitted;
  readonly method: string;
  /** All options of the run. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Names of the teachers. */
  readonly teachers: readonly string[];
  /** How the data set was loaded. */
  readonly source: Readonly<Record<string, unknown>> | undefined;
  /** Start time of this process's work, by `performance.now()`. */
  readonly began: number;
  /** Additional test metrics for the result. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** The weights of the teachers, if they were chosen. */
  readonly ensemble?: () => EnsembleChoice | undefined;
  readonly progress: Progress;
  /** Of a final fit: the run whose metrics it has. */
  readonly repeated?: RepeatedRun;
}

/** @throws RecdistillError `diverged` if a bundle cannot have the parameters, `write-failed`, `interrupted` before anything is written */
export async function finishModel(f: Finishing, use?: Use): Promise<Job> {
  const { kernels: k, dataset, evaluator, run, model, fitted, method, options, progress, repeated } = f;
  const { train } = dataset;
  const step = progress.task(`ranking for ${model.name}`, 'users');
  const evaluation = progress.task(`evaluating ${model.name}`);
  const storing = progress.task(`storing ${model.name}`);
  const trajectory: Trajectory = {
    teacher: model.name,
    dataFingerprint: dataset.fingerprint,
    checkpoints: fitted.checkpoints,
    observed: await rankObserved(k, model, train, Math.min(train.nItems, LIST_LENGTH), step),
  };
  const rankings = await rankAll(k, model, evaluator.mask.test, evaluator.depth, {
    step,
    ...defined({ foldIn: evaluator.foldIn }),
  });
  const tested = repeated?.evaluation ?? (await runInParts(evaluator.parts.test(rankings), evaluation));
  const hidden = await runInParts(evaluator.parts.hidden(rankings), evaluation);
  const tables = servableOf(f.spec, model);
  const bytes = 4 * (2 * model.size + train.indices.length);
  const makeStudent = () =>
    madeStudent(tables, dataset, tested, {
      ...{ model: model.name, method, teachers: f.teachers },
      licence: licenceNote(String(f.source?.data ?? '')),
      ...(repeated ? { repeated: repeatedOf(repeated) } : {}),
    });
  const student = await busy(makeStudent, { bytes });
  const problem =
    f.spec.kind === 'trained' && student ? await busy(() => sizeProblem(student.model), { bytes }) : undefined;
  if (problem !== undefined) fail('diverged', { model: model.name, method, problem, bestEpoch: fitted.bestEpoch });
  const result: JobResult = {
    model: model.name,
    method,
    options,
    bestEpoch: fitted.bestEpoch,
    epochs: fitted.epochs,
    parameters: model.size,
    bytes: model.size * 4,
    ...(student ? { bundleBytes: await runInParts(countingBundle(student.model, student.notes), storing) } : {}),
    latencyMicroseconds: await latencyOf(k, model, train, progress.task(`timing ${model.name}`)),
    seconds: fitted.secondsBefore + (performance.now() - f.began) / 1000,
    ...(repeated
      ? {
          metrics: repeated.result.metrics,
          ...defined({ hidden: repeated.result.hidden }),
          repeated: repeatedOf(repeated),
        }
      : { metrics: withMeasured(metricsOf(tested), f), ...(hidden ? { hidden: metricsOf(hidden) } : {}) }),
    ...defined({ ensemble: f.ensemble?.(), sample: tested.sample }),
  };
  use?.(model, { result, evaluation: tested });
  const teacher = {
    ...{ trajectory, hash: f.hash, parameters: model.size, tested: () => rankings },
    ...knownTables(tables),
  };
  const evaluated = { evaluation: tested, ...(hidden ? { hidden } : {}) };
  const job: Job = { result, ...evaluated, rankings, teacher, reused: false };
  if (run) {
    run.confirm();
    await runInParts(storingJob(f, run, { ...job, trajectory }, student), storing);
  }
  return job;
}

/** If it is stopped between two parts, the run is not finished, and the same command continues from its last checkpoint. */
function* storingJob(
  { dataset, model, hash }: Finishing,
  run: RunFolder,
  job: Pick<Job, 'result' | 'rankings'> & { readonly trajectory: Trajectory },
  student: MadeStudent | undefined,
): Generator<number, void> {
  yield* within(writingStudent(run.path, student, dataset, hash), 0, 0.4);
  yield* within(keepingModel(run, model), 0.4, 0.5);
  yield* within(keeping(run, job), 0.5, 1);
}

/** @throws RecdistillError `broken-unit` if the method measured a metric of the evaluation itself */
function withMeasured(
  metrics: Readonly<Record<string, number>>,
  { metrics: measured = {}, method }: Finishing,
): Record<string, number> {
  const twice = Object.keys(measured).find((name) => name in metrics);
  if (twice !== undefined)
    brokenUnit('method', method, `measure returned "${twice}", which the evaluation measures; choose another name`);
  return { ...metrics, ...measured };
}
