/**
 * Runs the jobs of one or several models: opens their run folders, resumes or reads back, trains them in the training loop (or computes
 * them), evaluates each once on test, and stores what later commands read. `runJob` drives one model, `coTrain` two.
 */

import { join } from 'node:path';
import { defined } from '../defined.js';
import { createEvaluator, type EvaluationOptions, type Evaluator } from '../eval/evaluation.js';
import { type Model, rankAll } from '../models/index.js';
import type { Unit } from '../options/registry.js';
import type { TrajectoryOptions } from '../train/index.js';
import { finishModel } from './finish.js';
import { forgetTraining, jobFiles, readBack } from './finished.js';
import { nameAgain } from './names.js';
import { type Job, listenerOf, type Use } from './outcome.js';
import type { RunRequest } from './request.js';
import { revisionsOf } from './revisions.js';
import { openRunFolder, type RunFolder } from './run-folder.js';
import { type RunSpec, recordedArithmetic, runHash } from './run-manifest.js';
import { type MadeModel, type MadeModels, type ModelsTask, type ModelTask, withModels } from './train-models.js';
import { tellUnusedWeights } from './unused-weights.js';
import { changedUses, usesOf } from './uses.js';
import { type Fitted, watchModel } from './watch.js';

/** A model and its run. */
export interface DrivenModel extends ModelTask {
  /** Options recorded in the manifest: of model, method, evaluation and trajectory. */
  readonly recorded: Readonly<Record<string, unknown>>;
  /** Folder of the run. Absent: in memory only. */
  readonly folder?: string;
  /** Kind of the run in its manifest. */
  readonly kind: string;
  /** Hashes of the run's inputs, by role. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Further units that the run uses, such as a method. */
  readonly units?: readonly Unit[];
  /** Names of its teachers, for its student bundle. */
  readonly teachers: readonly string[];
  /** Whether the last epoch is kept instead of the best one on valid. */
  readonly keepsLast?: boolean;
  /** Additional test metrics, reported with each evaluation. They select nothing. */
  readonly measure?: (model: Model) => Readonly<Record<string, number>>;
}

export interface DriveTask extends ModelsTask<DrivenModel>, Pick<RunRequest, 'testCurve' | 'overwrite' | 'source'> {
  /** Name of the method. */
  readonly method: string;
  readonly evaluation: EvaluationOptions;
  readonly trajectory: TrajectoryOptions;
}

/** The run folder of a model and its event listener. */
type Kept = DrivenModel & { readonly run: RunFolder | undefined };

/**
 * The finished jobs, in the order of the models.
 * @param use called with each finished model before it is closed; not called for a job that is read back
 * @throws RecdistillError `run-locked`, `run-differs`, `artifact-damaged`, `write-failed`, `diverged`, `interrupted`
 */
export async function drive(task: DriveTask, use?: Use): Promise<readonly Job[]> {
  const { dataset, source } = task;
  const evaluator = createEvaluator(dataset, task.evaluation);
  const runs = openRuns(task);
  try {
    for (const [at, run] of runs.entries()) {
      const message = run.resumed ? changedUses(run.manifest, run.isFinished()) : undefined;
      if (message !== undefined) task.models[at]!.listen({ type: 'note', message });
    }
    if (runs.length > 0 && runs.every((run) => run.isFinished())) return await finishedJobs(task, runs, evaluator);
    for (const run of runs) if (source) run.writeResult(jobFiles.source, source);
    const models = task.models.map((m, at): Kept => {
      const kept = { ...m, run: runs[at], listen: listenerOf(runs[at], m.listen) };
      tellUnusedWeights(m.spec, dataset.train, kept.listen);
      return kept;
    });
    const began = performance.now();
    return await withModels({ ...task, models }, (made) => trainAndFinish(task, made, evaluator, began, use));
  } finally {
    for (const run of runs) run.close();
  }
}

/** What identifies the run of a model, in a folder or in memory. */
const specOf = (
  { kind, recorded, inputs, spec, units = [] }: DrivenModel,
  { dataset: { fingerprint }, kernels }: Pick<DriveTask, 'dataset' | 'kernels'>,
): RunSpec => ({
  ...{
    kind,
    options: recorded,
    dataFingerprint: fingerprint,
    inputs,
    revisions: revisionsOf([spec, ...units], recorded),
  },
  ...recordedArithmetic(kernels.arithmetic),
});

/** Empty if nothing is stored. */
function openRuns({ models, dataset, kernels, source, overwrite = false }: DriveTask): RunFolder[] {
  const runs: RunFolder[] = [];
  try {
    for (const model of models) {
      if (model.folder === undefined) continue;
      const uses = usesOf([model.spec, ...(model.units ?? [])], model.recorded, source);
      runs.push(
        openRunFolder(model.folder, specOf(model, { dataset, kernels }), {
          threads: kernels.threads,
          overwrite,
          ...uses,
        }),
      );
    }
  } catch (cause) {
    for (const run of runs) run.close();
    throw cause;
  }
  return runs;
}

async function finishedJobs(
  { dataset, source, models }: DriveTask,
  runs: readonly RunFolder[],
  evaluator: Evaluator,
): Promise<readonly Job[]> {
  for (const [at, run] of runs.entries()) {
    const named = await nameAgain(run, dataset, source);
    if (named) models[at]!.listen({ type: 'note', message: 'item labels were added' });
    forgetTraining(run);
  }
  return runs.map((run) => readBack(run, dataset, evaluator));
}

async function trainAndFinish(
  task: DriveTask,
  made: MadeModels<Kept>,
  evaluator: Evaluator,
  began: number,
  use: Use | undefined,
): Promise<readonly Job[]> {
  const { dataset, kernels, method, source } = task;
  const fitted = await fit(task, made, evaluator);
  const jobs: Job[] = [];
  for (const [at, driven] of made.models.entries()) {
    const { spec, model, run, recorded: options, measure, teachers } = driven;
    const hash = runHash(specOf(driven, task));
    const finishing = { kernels, dataset, evaluator, run, hash, spec, model, method, options, teachers, source, began };
    const more = { fitted: fitted[at]!, metrics: measure?.(model) ?? {}, progress: made.progress };
    jobs.push(await finishModel({ ...finishing, ...more }, use));
  }
  // Only when all are finished: until then each may be needed to resume.
  for (const { run } of made.models) if (run) forgetTraining(run);
  for (const f of fitted) f.forget();
  return jobs;
}

async function fit(task: DriveTask, made: MadeModels<Kept>, evaluator: Evaluator): Promise<readonly Fitted[]> {
  const { kernels: k, trajectory, testCurve = false } = task;
  const { progress, models } = made;
  const [first] = models;
  if (first?.spec.kind === 'computed') return [await judgeComputed(task, first, made, evaluator)];
  const watches = new Map(
    models.map((m) => {
      const { model, run, listen, measure, keepsLast: keepLast = false } = m;
      if (!evaluator.selects) listen({ type: 'note', message: 'there is no valid part, so the last epoch is kept' });
      const { selectBy } = task.evaluation;
      const evaluateEvery = Number(m.options.evaluateEvery);
      const setting = { run, evaluator, evaluateEvery, trajectory, selectBy, listen, progress, testCurve, keepLast };
      return [m, watchModel(k, model, { ...setting, ...(measure ? { measure: () => measure(model) } : {}) })] as const;
    }),
  );
  const outcomes = await made.fit((m) => {
    const { validate, evaluated, store } = watches.get(m)!;
    return { validate, evaluated, store };
  });
  return models.map((m, at) => watches.get(m)!.fitted(outcomes[at]!));
}

/** A computed model has one checkpoint. */
async function judgeComputed(
  { kernels: k }: DriveTask,
  { model, listen, run }: MadeModel<Kept>,
  { progress }: MadeModels<Kept>,
  evaluator: Evaluator,
): Promise<Fitted> {
  // There are no checkpoints. After a kill this removes the lines of the evaluation, which is made again.
  run?.loadLatestCheckpoint();
  const step = progress.task(`ranking for ${model.name}`);
  const rankings = await rankAll(k, model, evaluator.mask.valid, evaluator.depth, {
    step,
    ...defined({ foldIn: evaluator.foldIn }),
  });
  const metrics = evaluator.selects ? evaluator.valid(rankings).means : {};
  listen({ type: 'evaluation', epoch: 0, metrics, best: true, seconds: 0 });
  return {
    bestEpoch: 0,
    epochs: 0,
    secondsBefore: 0,
    checkpoints: [{ epoch: 0, metrics, rankings: evaluator.taught(rankings) }],
    forget() {},
  };
}

/** The folder of one of several runs within a folder. */
export const folderWithin = (folder: string | undefined, name: string): { readonly folder?: string } =>
  folder === undefined ? {} : { folder: join(folder, name) };
