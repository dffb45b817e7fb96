/**
 * Runs the jobs of one or several models: opens their run folders, resumes or reads back, trains them in the training loop (or computes
 * them), evaluates each once on test, and stores what later commands read. `runJob` drives one model, `coTrain` two.
 */

import { join } from 'node:path';
import type { Interactions } from '../data/index.js';
import { defined } from '../defined.js';
import type { EnsembleChoice } from '../distill/index.js';
import { createEvaluator, type EvaluationOptions, type Evaluator } from '../eval/evaluation.js';
import { type Model, rankAll } from '../models/index.js';
import type { Unit } from '../options/registry.js';
import { createProgress, runInParts } from '../progress.js';
import type { Listener, TrajectoryOptions } from '../train/index.js';
import { finishModel } from './finish.js';
import { forgetTraining, jobFiles, readingBack } from './finished.js';
import { nameAgain } from './names.js';
import { type Job, type JobResult, listenerOf, type RepeatedRun, type Use } from './outcome.js';
import type { RunRequest } from './request.js';
import { revisionsOf } from './revisions.js';
import { openRunFolder, type RunFolder } from './run-folder.js';
import { type RunSpec, recordedArithmetic, runHash } from './run-manifest.js';
import { createSweeps, type RankAndEvaluate, type Sweeps } from './sweeps.js';
import { type MadeModel, type MadeModels, type ModelsTask, type ModelTask, withModels } from './train-models.js';
import { tellUnusedWeights } from './unused-weights.js';
import { changedUses, usesOf } from './uses.js';
import { type Fitted, watchModel } from './watch.js';

/** A model whose run is driven. */
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
  /** Said before it is trained; not for a run that is read back. */
  readonly note?: string;
  /** Whether the last epoch is kept instead of the best one on valid. */
  readonly keepsLast?: boolean;
  /** Additional test metrics, reported with each evaluation. They select nothing. */
  readonly measure?: (model: Model) => Readonly<Record<string, number>>;
  /** The weights of the teachers, if the hooks of the method chose them. */
  readonly ensemble?: () => EnsembleChoice | undefined;
}

export interface DriveTask
  extends Omit<ModelsTask<DrivenModel>, 'hooks'>,
    Pick<ModelsTask<Kept>, 'hooks'>,
    Pick<RunRequest, 'testCurve' | 'overwrite' | 'source'> {
  /** Name of the method. */
  readonly method: string;
  readonly evaluation: EvaluationOptions;
  readonly trajectory: TrajectoryOptions;
  /** Of a final fit: the run that it repeats. */
  readonly repeated?: RepeatedRun;
}

/** The run folder of a model, its event listener, and the checkpoints of its sweeps. */
export type Kept = DrivenModel & { readonly run: RunFolder | undefined; readonly sweeps: Sweeps };

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
      const [run, listen] = [runs[at], listenerOf(runs[at], m.listen)];
      tellUnusedWeights(m.spec, dataset.train, listen);
      if (m.note !== undefined) listen({ type: 'note', message: m.note });
      // A computed model has no checkpoints to resume from. After a kill this removes the lines of evaluations that are made again.
      if (m.spec.kind === 'computed') run?.loadLatestCheckpoint();
      const sweeps = createSweeps(task.trajectory, rankedAndEvaluated(task, evaluator, listen));
      return { ...m, run, listen, sweeps, swept: sweeps.swept };
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
  { dataset, source, models, repeated, signal }: DriveTask,
  runs: readonly RunFolder[],
  evaluator: Evaluator,
): Promise<readonly Job[]> {
  for (const [at, run] of runs.entries()) {
    const named = await nameAgain(run, dataset, source);
    if (named) models[at]!.listen({ type: 'note', message: 'item labels were added' });
    forgetTraining(run);
  }
  const jobs: Job[] = [];
  for (const [at, run] of runs.entries()) {
    const { listen } = models[at]!;
    const progress = createProgress({
      onAdvance: (advance) => listen({ type: 'progress', ...advance }),
      ...defined({ signal }),
    });
    const reading = readingBack<JobResult>(run, dataset, evaluator, repeated?.evaluation);
    jobs.push(await runInParts(reading, progress.task('reading the finished run')));
  }
  return jobs;
}

async function trainAndFinish(
  task: DriveTask,
  made: MadeModels<Kept>,
  evaluator: Evaluator,
  began: number,
  use: Use | undefined,
): Promise<readonly Job[]> {
  const { dataset, kernels, method, source, repeated } = task;
  const fitted = await fit(task, made, evaluator);
  const jobs: Job[] = [];
  for (const [at, driven] of made.models.entries()) {
    const { spec, model, run, recorded: options, measure, teachers, ensemble } = driven;
    const hash = runHash(specOf(driven, task));
    const finishing = {
      kernels,
      dataset,
      evaluator,
      run,
      hash,
      spec,
      model,
      method,
      options,
      teachers,
      source,
      began,
      ...defined({ repeated }),
    };
    const more = { fitted: fitted[at]!, metrics: measure?.(model) ?? {}, progress: made.progress };
    jobs.push(await finishModel({ ...finishing, ...more, ...defined({ ensemble }) }, use));
  }
  // Only when all are finished: until then each may be needed to resume.
  for (const { run } of made.models) if (run) forgetTraining(run);
  for (const f of fitted) f.forget();
  return jobs;
}

async function fit(task: DriveTask, made: MadeModels<Kept>, evaluator: Evaluator): Promise<readonly Fitted[]> {
  const { kernels: k, trajectory, testCurve = false, repeated } = task;
  const { progress, models } = made;
  const [first] = models;
  if (first?.spec.kind === 'computed') return [await evaluateComputed(task, first, made, evaluator)];
  const watches = new Map(
    models.map((m) => {
      const { model, run, listen, measure, keepsLast: keepLast = false } = m;
      if (!evaluator.selects && !repeated)
        listen({ type: 'note', message: 'there is no valid part, so the last epoch is kept' });
      const { selectBy } = task.evaluation;
      const evaluateEvery = Number(m.options.evaluateEvery);
      const repeats = repeated && { bestEpoch: repeated.result.bestEpoch, checkpoints: repeated.checkpoints };
      const watching = { run, evaluator, evaluateEvery, trajectory, selectBy, listen, progress, testCurve, keepLast };
      const setting = { ...watching, ...defined({ repeats }) };
      return [m, watchModel(k, model, { ...setting, ...(measure ? { measure: () => measure(model) } : {}) })] as const;
    }),
  );
  const outcomes = await made.fit((m) => {
    const { validate, evaluated, store } = watches.get(m)!;
    return { validate, evaluated, store };
  });
  const fitted: Fitted[] = [];
  for (const [at, m] of models.entries()) fitted.push(await watches.get(m)!.fitted(outcomes[at]!));
  return fitted;
}

/** Ranks a computed model and evaluates it on valid. */
const rankedAndEvaluated =
  ({ kernels: k, testCurve }: DriveTask, evaluator: Evaluator, listen: Listener): RankAndEvaluate =>
  async (model, epoch, progress, last) => {
    const began = performance.now();
    const step = progress.task(`ranking for ${model.name}`, 'users');
    const evaluation = progress.task(`evaluating ${model.name}`);
    const ranked = (mask: Interactions) =>
      rankAll(k, model, mask, evaluator.depth, { step, ...defined({ foldIn: evaluator.foldIn }) });
    const rankings = await ranked(evaluator.mask.valid);
    const valid = evaluator.selects ? await runInParts(evaluator.parts.valid(rankings), evaluation) : undefined;
    const metrics = valid?.means ?? {};
    listen({ type: 'evaluation', epoch, metrics, best: last, seconds: (performance.now() - began) / 1000 });
    // A model without sweeps has no curve.
    if (testCurve && epoch > 0) {
      const test = await runInParts(evaluator.parts.test(await ranked(evaluator.mask.test)), evaluation);
      listen({ type: 'test', epoch, metrics: test.means });
    }
    return { epoch, metrics, rankings: evaluator.taught(rankings) };
  };

/** A computed model has one checkpoint, or those of its sweeps. */
async function evaluateComputed(
  task: DriveTask,
  { model, listen, sweeps }: MadeModel<Kept>,
  { progress }: MadeModels<Kept>,
  evaluator: Evaluator,
): Promise<Fitted> {
  const { selectBy } = task.evaluation;
  const epochs = sweeps.count();
  const last = await rankedAndEvaluated(task, evaluator, listen)(model, epochs, progress, true);
  const checkpoints = sweeps.choose(last, (c) => c.metrics[selectBy] ?? 1);
  return { ...{ bestEpoch: epochs, epochs, secondsBefore: 0, checkpoints }, forget() {} };
}

/** The folder of one of several runs within a folder. */
export const folderWithin = (folder: string | undefined, name: string): { readonly folder?: string } =>
  folder === undefined ? {} : { folder: join(folder, name) };
