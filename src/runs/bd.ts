/**
 * Bidirectional distillation from two finished models to two better ones: they train on together, each is judged as every model is, and each gets a
 * run folder of its own. Interrupted, it goes on where it was; finished, it is read back.
 */
import { join } from 'node:path';
import { openRun, type Run } from './run-folder.js';
import { parseOptions } from '../options/options.js';
import { avoiding, type Dataset } from '../data/index.js';
import { type BdOptions, createBd } from '../distill/index.js';
import { fail } from '../errors.js';
import type { Kernels } from '../kernels/index.js';
import type { TrainableModel } from '../models/index.js';
import { createProgress } from '../progress.js';
import { type TrainEvent, type TrajectoryOptions, trainTogether, trajectoryOptions } from '../train/index.js';
import { type BdRole, type BdSide, bdRoles, planBd, readBdOptions } from './bd-plan.js';
import { publishedMetrics } from './bd-published.js';
import { memoryAvailable, memoryNeeded, refuseBeyond } from './estimate.js';
import { createEvaluator, type EvaluationOptions, evaluationOptions } from '../eval/evaluation.js';
import { finishModel } from './finish.js';
import { forgetCheckpoints, isRun, jobFiles, readBack } from './finished.js';
import type { Fitted } from './watch.js';
import { type Job } from './outcome.js';
import { listenerOf } from './outcome.js';
import { type SavedModel, loadParameters } from './saved-model.js';
import { nameAgain } from './names.js';
import { tellUnusedWeights } from './unused-weights.js';
import { storeOf, type WatchSetting, watchModel } from './watch.js';

export interface BdRequest {
  readonly dataset: Dataset;
  readonly kernels: Kernels;
  /** Where they begin: finished models of the same data. */
  readonly teacher: SavedModel;
  readonly student: SavedModel;
  /** `bdOptions`. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly evaluation?: Partial<EvaluationOptions>;
  readonly trajectory?: Partial<TrajectoryOptions>;
  /** The runs are kept in the folders `teacher` and `student` within it; absent: in memory only. */
  readonly folder?: string;
  readonly overwrite?: boolean;
  /** How the data set was loaded; kept in the run folders. */
  readonly source?: Readonly<Record<string, unknown>>;
  readonly listen?: (role: BdRole, event: TrainEvent) => void;
  readonly signal?: AbortSignal;
}

/** Both as finished jobs, `method` `bd`. */
export type BdOutcome = Readonly<Record<BdRole, Job>>;

/**
 * @throws RecdistillError `unknown-option`, `bad-option`, `needs-not-met`, `out-of-memory`, `usage`, `run-locked`, `run-differs`, `artifact-damaged`,
 *   `write-failed`, `diverged`, `interrupted`
 */
export async function runBd(request: BdRequest): Promise<BdOutcome> {
  const { dataset, teacher, student } = request;
  const o = readBdOptions(request.options);
  const evaluation = parseOptions(evaluationOptions, request.evaluation, 'evaluation');
  const trajectory = parseOptions(trajectoryOptions, request.trajectory, 'trajectory');
  const sides = planBd({ teacher, student }, o, dataset);
  const evaluator = createEvaluator(dataset, evaluation);
  checkTogether(sides, o, dataset);
  const recorded = sides.map(({ role, spec, options }) => ({
    ...{ model: spec.name, method: 'bd', role },
    ...{ ...options, ...o, ...evaluation, ...trajectory },
  }));
  const runs = openRuns(request, recorded);
  try {
    if (runs?.every((run) => run.isFinished())) {
      for (const run of runs) await nameAgain(run, dataset, request.source);
      return outcomeOf(runs.map((run) => readBack(run, dataset, evaluator) as Job));
    }
    for (const run of runs ?? []) if (request.source) run.writeResult(jobFiles.source, request.source);
    const setting = { evaluator, selectBy: evaluation.selectBy, trajectory, evaluateEvery: o.evaluateEvery };
    return await trainBoth(
      request,
      sides.map((side, at) => ({ ...side, run: runs?.[at], recorded: recorded[at]! })),
      o,
      setting,
    );
  } finally {
    for (const run of runs ?? []) run.close();
  }
}

/** One of the two, with what is kept of it. */
interface KeptSide extends BdSide {
  readonly run: Run | undefined;
  /** The options that its run records. */
  readonly recorded: Readonly<Record<string, unknown>>;
}

async function trainBoth(
  request: BdRequest,
  sides: readonly KeptSide[],
  o: BdOptions,
  setting: Omit<WatchSetting, 'run' | 'listen' | 'progress'>,
): Promise<BdOutcome> {
  const { dataset, kernels: k } = request;
  const began = performance.now();
  // The same of both sides, or the plan was refused.
  const train = avoiding(dataset, sides[0]!.options.avoid);
  const models: TrainableModel[] = [];
  let method: ReturnType<typeof createBd> | undefined;
  try {
    const progress = createProgress({
      onAdvance: (advance) => {
        for (const role of bdRoles) request.listen?.(role, { type: 'progress', ...advance });
      },
      ...(request.signal ? { signal: request.signal } : {}),
    });
    const both = sides.map((side) => {
      const context = { kernels: k, train, seed: o.seed };
      const model = side.spec.create(context, side.options) as TrainableModel;
      models.push(model);
      loadParameters(model, side.saved);
      const listen = listenerOf(side.run, (event) => request.listen?.(side.role, event));
      tellUnusedWeights(side.spec, train, listen);
      const measure = () => (o.protocol === 'reference' ? publishedMetrics(k, model, dataset) : {});
      const watch = watchModel(k, model, {
        ...setting,
        run: side.run,
        keepLast: o.keep === 'last',
        measure,
        listen,
        progress,
      });
      return { ...side, model, listen, measure, watch };
    });
    const [teacher, student] = both.map(({ model, options: { batchSize, negatives = 1 } }) => {
      return { model, batchSize, negatives };
    });
    const outcomes = await trainTogether({
      ...{ kernels: k, train, evaluateStart: true, progress },
      learners: both.map(({ model, options, listen, run, watch: { validate, evaluated } }) => ({
        ...{ model, options, listen, validate, evaluated },
        ...(run ? { store: storeOf(run, listen) } : {}),
      })),
      hooks() {
        const tell = (epoch: number, details: Readonly<Record<string, unknown>>) => {
          for (const { listen } of both) listen({ type: 'method', epoch, method: 'bd', details });
        };
        const context = { kernels: k, train, userIds: dataset.users.ids, tell, step: progress.task('drawing items') };
        method = createBd({ ...context, teacher: teacher!, student: student! }, o);
        return method;
      },
      ...(request.signal ? { signal: request.signal } : {}),
    });
    const finished: { readonly job: Job; readonly run: Run | undefined; readonly fitted: Fitted }[] = [];
    for (const [at, { model, run, recorded, watch, measure }] of both.entries()) {
      const fitted = watch.fitted(outcomes[at]!);
      const job = await finishModel({
        ...{ kernels: k, dataset, evaluator: setting.evaluator, run, model, fitted, began, method: 'bd', options: recorded },
        ...{ source: request.source, metrics: measure(), teachers: [both[1 - at]!.model.name], progress },
      });
      finished.push({ job, run, fitted });
    }
    // Only when both are finished: until then either may be needed to go on.
    for (const { run, fitted } of finished) {
      if (run) forgetCheckpoints(run);
      fitted.forget();
    }
    return outcomeOf(finished.map(({ job }) => job));
  } finally {
    method?.close();
    for (const model of models) model.close();
  }
}

const outcomeOf = ([teacher, student]: readonly Job[]): BdOutcome => ({ teacher: teacher!, student: student! });

function openRuns(request: BdRequest, options: readonly Readonly<Record<string, unknown>>[]): Run[] | undefined {
  const { folder, dataset, kernels, teacher, student } = request;
  if (folder === undefined) return undefined;
  if (isRun(folder)) {
    fail('usage', {
      problem: `${folder} is a run itself, and those of teacher and student would be runs within it`,
      hint: 'Choose another --name, or delete that run first.',
    });
  }
  const inputs = { 'teacher before': teacher.hash, 'student before': student.hash };
  const runs: Run[] = [];
  try {
    for (const [at, role] of bdRoles.entries()) {
      const spec = { kind: 'bd', options: options[at]!, dataFingerprint: dataset.fingerprint, inputs };
      runs.push(openRun(join(folder, role), spec, { threads: kernels.threads, overwrite: request.overwrite ?? false }));
    }
  } catch (cause) {
    for (const run of runs) run.close();
    throw cause;
  }
  return runs;
}

/** Scores and ranks of a block of users, in bytes: see distill/bd-draws.ts. */
const LOOK_BYTES = 48e6;

/** @throws RecdistillError `out-of-memory` */
function checkTogether(sides: readonly BdSide[], o: BdOptions, dataset: Dataset): void {
  const { nUsers, nItems, indices } = dataset.train;
  const each = sides.reduce((sum, { options }) => sum + (o.samples ?? options.negatives ?? 1), 0);
  const needed =
    sides.reduce((sum, { spec, options }) => sum + memoryNeeded(spec, { ...options }, dataset), 0) +
    each * indices.length * o.update * 4 +
    Math.max(LOOK_BYTES, nItems * 12);
  refuseBeyond(
    memoryAvailable(),
    needed,
    `${sides.map((s) => s.spec.name).join(' and ')} on ${nUsers} users x ${nItems} items`,
    'Nothing was started. Lower update or samples, or free memory.',
  );
}
