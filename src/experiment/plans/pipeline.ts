/** Pipelines: data, baselines, teachers, their ensemble and students, from a YAML file or an object. */
import { type LoadedDataset, loadDataset } from '../../data/index.js';
import { defined } from '../../defined.js';
import type { EnsembleChoice } from '../../distill/index.js';
import { type Evaluation, type EvaluationOptions, evaluationFor } from '../../eval/index.js';
import { modelRegistry } from '../../models/index.js';
import { parseOptions } from '../../options/options.js';
import { type Cost, expectHeldOut, type RunResult } from '../../runs/index.js';
import {
  createGraph,
  type Finished,
  type Graph,
  type GraphResult,
  type JobFailure,
  type PreparedGraph,
  prepareGraph,
} from '../engine/index.js';
import { checkPresetData, readPreset } from '../presets/index.js';
import { type PlanContext, runPrepared } from './context.js';
import { type Candidate, checkFinalPlace, type FinalOfPlan, finalOfBest } from './final.js';
import { dimOf, matchedEntries, usableOn } from './matched.js';
import {
  checkStudents,
  type PipelineOptions,
  pipelineOptions,
  planOf,
  type Role,
  type Step,
  settingOf,
  withPreset,
} from './plan.js';

/** A row of the result: a model with its metrics and its cost. */
export interface PipelineRow extends Partial<Cost> {
  readonly role: Role;
  readonly name: string;
  readonly model: string;
  readonly method?: string;
  /** Dim of its tables; absent for a model whose scores are no inner products, and for an ensemble. */
  readonly dim?: number;
  readonly evaluation: Evaluation;
  /** The same on the hidden interactions, in the setup generalization. */
  readonly hidden?: Evaluation;
  /** The weights of an ensemble, or of the teachers of a student; absent if they are equal. */
  readonly ensemble?: EnsembleChoice;
  /** Its run folder, if runs are kept. */
  readonly folder?: string;
}

export interface PipelineResult {
  readonly dataset: LoadedDataset;
  /** With the list lengths and the metric that selects, chosen for the data unless given. */
  readonly evaluation: EvaluationOptions;
  /** Of all that is finished, in the order of the plan. */
  readonly rows: readonly PipelineRow[];
  /** Names of the rows whose runs were already finished. */
  readonly reused: readonly string[];
  readonly failed: readonly JobFailure[];
  /** Jobs that learn from one that failed. */
  readonly skipped: GraphResult['skipped'];
  /** The final fit, if the pipeline asks for it and no job failed. */
  readonly final?: FinalOfPlan;
}

/** A pipeline whose options and steps are checked. */
export interface PlannedPipeline {
  readonly options: PipelineOptions;
  readonly steps: readonly Step[];
  readonly graph: Graph;
}

/**
 * @param prefix before the names of all jobs, for a pipeline that is part of a study
 * @throws RecdistillError for anything that is wrong with the options and can be known before any data is read
 */
export function planPipeline(input: unknown, prefix = ''): PlannedPipeline {
  const options = withPreset(parseOptions(pipelineOptions, input, 'pipeline'));
  const steps = planOf(options, prefix);
  const jobs = steps.map(({ job }) => job);
  return { options, steps, graph: createGraph(options.name, settingOf(options), jobs) };
}

/** A pipeline with its data, before it runs. */
export interface PreparedPipeline extends PlannedPipeline {
  readonly dataset: LoadedDataset;
  readonly prepared: PreparedGraph;
}

/** @throws RecdistillError as `planPipeline`, `loadDataset` and `prepareGraph` */
export async function preparePipeline(input: unknown, context: PlanContext): Promise<PreparedPipeline> {
  const given = planPipeline(input);
  const dataset = await loadFor(given, context);
  const sized = { ...given.options, evaluation: evaluationFor(given.options.evaluation, dataset.train) };
  const matched = sized.matched === true ? matchedEntries(sized, usableOn(dataset)) : sized.matched;
  const plan = planPipeline({ ...sized, matched });
  if (plan.options.final) checkFinalPlace(context.runs, plan.steps);
  const prepared = await prepareGraph(plan.graph, { ...context, dataset });
  checkFiles(plan.steps, prepared);
  return { ...plan, dataset, prepared };
}

/** Loads the data of a pipeline and reports it as an event. @throws RecdistillError as `loadDataset`, `preset-differs` */
export async function loadFor({ options, graph }: PlannedPipeline, { listen }: PlanContext): Promise<LoadedDataset> {
  const dataset = await loadDataset(graph.setting.data);
  if (options.preset !== undefined) {
    const preset = readPreset(options.preset);
    checkPresetData(preset, dataset, Object.keys(preset.models));
  }
  expectHeldOut(dataset, options.name);
  listen?.({ type: 'data', dataset, evaluation: evaluationFor(options.evaluation, dataset.train) });
  return dataset;
}

/** Checks the students again, with the teachers that were found in files of rankings. @throws RecdistillError `needs-not-met`, `unknown-name` */
export function checkFiles(steps: readonly Step[], { jobs }: PreparedGraph, prefix = ''): void {
  checkStudents(steps, ({ name, job }) => {
    if (job.kind !== 'import') return [name];
    const { plan } = jobs.find((prepared) => prepared.job.name === job.name)!;
    return plan.results.map((result) => result.name.slice(prefix.length));
  });
}

/**
 * Runs what is not finished yet.
 * @returns the result even if jobs failed; `failed` and `skipped` name them
 * @throws RecdistillError for anything that is wrong with the options, before any work; `interrupted`, `write-failed`
 */
export async function runPipeline(input: unknown, context: PlanContext = {}): Promise<PipelineResult> {
  return finishPipeline(await preparePipeline(input, context), context);
}

/** As `runPipeline`, for a prepared pipeline. */
export async function finishPipeline(pipeline: PreparedPipeline, context: PlanContext): Promise<PipelineResult> {
  const result = await runPrepared(pipeline.prepared, context);
  const { rows, reused } = rowsOf(pipeline.steps, result.results);
  const { dataset, options } = pipeline;
  const final =
    options.final && result.failed.length === 0
      ? await finalOfBest(candidatesOf(rows, result.results, options.evaluation), dataset, context)
      : undefined;
  const { evaluation } = options;
  const { failed, skipped } = result;
  return { dataset, evaluation, rows, reused, failed, skipped, ...(final ? { final } : {}) };
}

/** The students among the rows. */
export const candidatesOf = (
  rows: readonly PipelineRow[],
  results: readonly Finished[],
  { selectBy }: EvaluationOptions,
): Candidate[] =>
  rows.flatMap(({ role, name, folder }) =>
    role === 'student' && folder !== undefined
      ? [{ name, folder, valid: results.find((r) => r.folder === folder)?.valid?.[selectBy] ?? 0 }]
      : [],
  );

/** The rows of the steps that are finished. */
export function rowsOf(
  steps: readonly Step[],
  results: readonly Finished[],
  prefix = '',
): Pick<PipelineResult, 'rows' | 'reused'> {
  const found = steps.flatMap((step) =>
    step.role === 'start'
      ? []
      : results.filter((r) => r.job === step.job.name).map((r) => ({ step, result: r, row: rowOf(step, r, prefix) })),
  );
  const teachers = found.flatMap(({ step, row }) => (step.role === 'teacher' ? [row] : []));
  return {
    rows: found.map(({ step, row }) => (step.role === 'ensemble' ? ensembleRow(row, teachers) : row)),
    reused: found.flatMap(({ result, row }) => (result.reused ? [row.name] : [])),
  };
}

function rowOf(
  step: Step,
  { name, result, evaluation, hidden, folder, ensemble: fused }: Finished,
  prefix: string,
): PipelineRow {
  const own = name.slice(prefix.length);
  const isPair = step.job.kind === 'co-train';
  const taught = isPair && own === `${step.name}/teacher`;
  const role = taught ? 'co-trained teacher' : step.role;
  const chosen = fused ?? result?.ensemble;
  const ensemble = chosen && {
    ...chosen,
    members: chosen.members.map((m) => ({
      ...m,
      name: m.name.startsWith(prefix) ? m.name.slice(prefix.length) : m.name,
    })),
  };
  return {
    // The student of a pair has the name of the step.
    ...{ role, name: isPair && !taught ? step.name : own, model: result?.model ?? '', evaluation },
    ...defined({ dim: result && sizeOf(result) }),
    ...costOf((what) => result?.[what]),
    ...(hidden ? { hidden } : {}),
    ...(ensemble ? { ensemble } : {}),
    ...((role === 'student' || taught) && result ? { method: result.method } : {}),
    ...(folder ? { folder } : {}),
  };
}

/** Dim of the tables of a finished run, of a model that has such. Imported rankings have none. */
function sizeOf({ model, options }: RunResult): number | undefined {
  const spec = modelRegistry.all().find((m) => m.name === model);
  return spec && dimOf({ ...options, model: spec });
}

/** The parts of the cost that are known. */
export function costOf(value: (what: keyof Cost) => number | undefined): Partial<Cost> {
  const all = ['parameters', 'bytes', 'bundleBytes', 'latencyMicroseconds', 'seconds'] as const;
  return Object.fromEntries(all.map((what) => [what, value(what)]).filter(([, v]) => v !== undefined));
}

/** The ensemble needs all of its members: its cost is the sum of theirs, if each is known. A teacher of weight 0 is no member. */
function ensembleRow(row: PipelineRow, all: readonly PipelineRow[]): PipelineRow {
  const left = row.ensemble?.members.filter((m) => m.weight === 0).map((m) => m.name) ?? [];
  const teachers = all.filter((t) => !left.includes(t.name));
  return {
    ...row,
    model: teachers.map((t) => t.name).join(' + '),
    ...costOf((what) => {
      // An ensemble has no bundle.
      if (what === 'bundleBytes') return undefined;
      const known = teachers.flatMap((t) => t[what] ?? []);
      return known.length === teachers.length ? known.reduce((a, b) => a + b, 0) : undefined;
    }),
  };
}
