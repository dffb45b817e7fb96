/**
 * From a data set to the smallest model that is nearly as good as everything together: simple models, trained teachers, their greedy ensemble,
 * students of several sizes, and models of the same sizes without teachers. A plan of the experiment engine: every stage is a graph of jobs below
 * one folder of runs, so it resumes, reuses, and runs on any executor.
 *
 * Everything is selected on valid. Runs record their values on test, as always; they are read for the rows of the result only.
 */
import type { DataOptions, Dataset } from '../../data/index.js';
import { defined } from '../../defined.js';
import { type ErrorCode, fail, RecdistillError } from '../../errors.js';
import { createEvaluator, type EvaluationOptions, evaluationFor } from '../../eval/index.js';
import { modelOf } from '../../models/index.js';
import { parseOptions } from '../../options/index.js';
import { trajectoryOptions } from '../../train/index.js';
import {
  createGraph,
  type Finished,
  type GraphResult,
  type JobSpec,
  type PlanListener,
  prepareGraph,
} from '../engine/index.js';
import { type PlanContext, runPrepared } from '../plans/context.js';
import { type FinalOfPlan, finalOfBest } from '../plans/final.js';
import { bestOf } from '../search/index.js';
import { type AutoCandidate, candidateOf, type Evaluating, withoutCopies } from './candidate.js';
import { type AutoChoice, choose, frontierOf } from './choose.js';
import { type Alone, type Best, type BestEnsemble, ensembleJob, ensembleOf, singleOf } from './ensemble.js';
import { type AutoLimits, type AutoOptions, checkAuto, limitsOf } from './options.js';
import { type AloneJob, type Rung, rungsOf, studentJob, trainJob, withinBudget } from './rungs.js';

/** Errors of a model on these data. It is left out. Others, such as a damaged file, stop the work: they would change the result. */
const OF_MODELS: readonly ErrorCode[] = ['diverged', 'not-positive-definite', 'out-of-memory', 'needs-not-met'];

export interface AutoRequest {
  readonly dataset: Dataset;
  /** How the data set was loaded, so that other processes can load it. */
  readonly data?: Partial<DataOptions>;
  readonly evaluation: EvaluationOptions;
  readonly options?: unknown;
}

export interface AutoContext extends PlanContext {
  /** Folder of all runs. */
  readonly runs: string;
}

/** The work that the budget allows, before anything runs. */
export interface PlannedAuto extends AutoRequest {
  readonly options: AutoOptions;
  readonly limits: AutoLimits;
  /** All rungs for these data. */
  readonly rungs: readonly Rung[];
  /** Number of rungs that the budget allows. */
  readonly within: number;
}

export interface AutoResult extends Omit<PlannedAuto, 'data'> {
  readonly choice: AutoChoice<AutoCandidate>;
  /** The best ensemble on valid. */
  readonly ensemble: BestEnsemble;
  /** The best single model on valid, tested against the ensemble. */
  readonly single: Best;
  /** The list of popular items, and its value on valid; absent if it failed. */
  readonly popular?: { readonly result: Finished; readonly value: number };
  /** All models that can be shipped. */
  readonly candidates: readonly AutoCandidate[];
  /** Those that are better on valid than all smaller ones. */
  readonly frontier: readonly AutoCandidate[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
  /** The final fit of the chosen model, if it was asked for. */
  readonly final?: FinalOfPlan;
}

/** @throws RecdistillError `unknown-option`, `bad-option`; `needs-not-met` without a valid part, or if the budget is too small */
export function planAuto(request: AutoRequest): PlannedAuto {
  const options = checkAuto(request.options);
  const limits = limitsOf(options);
  const { dataset } = request;
  const evaluation = evaluationFor(request.evaluation, dataset.train);
  if (!createEvaluator(dataset, evaluation).selects) {
    fail('needs-not-met', {
      problem: `${dataset.name} has no valid part, on which everything is chosen`,
      hint: 'Split the data with a share for valid, or take more data: a user needs enough interactions for all parts.',
    });
  }
  const rungs = rungsOf(dataset, options.seed);
  return {
    ...request,
    evaluation,
    options,
    limits,
    rungs,
    within: withinBudget(rungs, limits.budget, options.final).length,
  };
}

/**
 * Does the work, or what is left of it, and chooses.
 * @throws RecdistillError as `prepareGraph` and `runGraph`; `needs-not-met` if no model has a hit on valid, or none is within the limits
 */
export async function runAuto(plan: PlannedAuto, context: AutoContext): Promise<AutoResult> {
  const { dataset, data, evaluation, options, limits, rungs, within } = plan;
  const evaluating: Evaluating = { dataset, evaluator: createEvaluator(dataset, evaluation), evaluation };
  const notes: string[] = [];
  const listen = context.listen && withoutRepeats(context.listen);
  const setting = { evaluation, trajectory: parseOptions(trajectoryOptions, {}, 'trajectory'), ...defined({ data }) };
  const stage = async (jobs: readonly JobSpec[]): Promise<GraphResult> => {
    const graph = createGraph(options.name, setting, jobs);
    const prepared = await prepareGraph(graph, { ...context, dataset });
    const result = await runPrepared(prepared, { ...context, ...defined({ listen }) });
    for (const { job, error } of result.failed) {
      if (!(error instanceof RecdistillError) || !OF_MODELS.includes(error.code)) throw error;
      const note = `${job} is left out: ${error instanceof Error ? error.message : String(error)}`;
      if (!notes.includes(note)) notes.push(note);
    }
    return result;
  };

  /** All finished models without teachers, with their jobs. */
  const pool: Alone[] = [];
  const candidates: AutoCandidate[] = [];
  let ensemble: BestEnsemble | undefined;
  let popular: Finished | undefined;
  for (const rung of rungs.slice(0, within)) {
    const found = await searched(rung, stage);
    const jobOf = (alone: AloneJob) => trainJob(alone, alone.search === undefined ? {} : found.get(alone.search));
    const teachers = rung.teachers.map(jobOf);
    const alone = [...teachers, ...rung.directs.map(jobOf)];
    const trained = await stage(alone);
    for (const result of trained.results) {
      const kind = teachers.some(({ name }) => name === result.job) ? 'single' : 'direct';
      const job = alone.find(({ name }) => name === result.job)!;
      if (modelOf(job.model).cannotTeach === undefined) pool.push({ job, result });
      else popular = result;
      candidates.push(...candidateOf(result, kind, evaluating));
    }
    if (pool.length === 0) throw trained.failed[0]!.error;
    if (!ensemble || alone.length > 0) {
      const jobs = [...pool.map(({ job }) => job), ensembleJob(rung.at, pool)];
      const made = await ensembleOf(
        pool.length > 1 ? await stage(jobs) : undefined,
        pool,
        rung.at,
        evaluating,
        context,
      );
      if (!ensemble || made.value > ensemble.value) ensemble = made;
    }
    const members = ensemble.members.map(({ job }) => job);
    const names = members.map(({ name }) => name);
    const students = rung.students.map((student) => studentJob(student, names));
    const taught = students.length > 0 ? await stage([...members, ...students]) : undefined;
    for (const result of taught?.results ?? [])
      if (students.some(({ name }) => name === result.job))
        candidates.push(...candidateOf(result, 'student', evaluating));
  }
  const all = withoutCopies(candidates);
  const best = ensemble!;
  if (!(best.value > 0) || all.length === 0) {
    fail('needs-not-met', {
      problem: `no model has an item of valid in its lists: ${evaluation.selectBy} is 0 for all of them`,
      hint: 'There is nothing to choose by. Take more data, or longer lists (--at 50 --select-by recall@50).',
    });
  }
  const choice = choose(all, best.value, limits);
  const single = singleOf(pool, best, evaluating);
  const { name, value: valid, result } = choice.chosen;
  const final = options.final
    ? await finalOfBest([{ name, valid, folder: result.folder! }], dataset, { ...context, ...defined({ listen }) })
    : undefined;
  return {
    ...{ dataset, evaluation, options, limits, rungs, within, choice, ensemble: best, single, notes },
    ...defined({ popular: popular && { result: popular, value: popular.valid?.[evaluation.selectBy] ?? 0 } }),
    ...{ candidates: all, frontier: frontierOf(all) },
    ...defined({ final }),
  };
}

/** The best options of each search of the rung. A search without a finished trial has none: its model keeps its defaults. */
async function searched(
  { searches }: Rung,
  stage: (jobs: readonly JobSpec[]) => Promise<GraphResult>,
): Promise<ReadonlyMap<string, AloneJob['options']>> {
  if (searches.length === 0) return new Map();
  const { trials } = await stage(searches);
  return new Map(
    searches.flatMap(({ name, rule }) => {
      // The same search may be in the store with more trials. They must not change the result.
      const best = bestOf((trials.get(name) ?? []).filter(({ trial }) => trial < rule.trials));
      return best ? [[name, best.options] as const] : [];
    }),
  );
}

/** Later stages repeat jobs of earlier ones, which the store has. Each is reported once. */
function withoutRepeats(listen: PlanListener): PlanListener {
  const finished = new Set<string>();
  return (event) => {
    if (event.type !== 'data' && finished.has(event.job)) return;
    if (event.type === 'finished') finished.add(event.job);
    listen(event);
  };
}
