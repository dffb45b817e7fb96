/** The whole chain, as the YAML file of `recdistill run` and the library's `runPipeline` describe it. */
import { type LoadedDataset, loadDataset } from '../../data/index.js';
import type { Evaluation } from '../../eval/index.js';
import { parseOptions } from '../../options/options.js';
import type { Cost } from '../../runs/index.js';
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
import {
  checkStudents,
  jobsOf,
  type PipelineOptions,
  pipelineOptions,
  planOf,
  type Role,
  type Step,
  settingOf,
  withPreset,
} from './plan.js';

/** A row of the result: what it is, how good, how large, how fast. */
export interface PipelineRow extends Partial<Cost> {
  readonly role: Role;
  readonly name: string;
  readonly model: string;
  readonly method?: string;
  readonly evaluation: Evaluation;
  /** The same on the hidden interactions, in the setup generalization. */
  readonly hidden?: Evaluation;
  /** Its run folder, if runs are kept. */
  readonly folder?: string;
}

export interface PipelineResult {
  readonly dataset: LoadedDataset;
  /** Of all that is finished, in the order of the plan. */
  readonly rows: readonly PipelineRow[];
  /** Names of the rows whose runs were finished before. */
  readonly reused: readonly string[];
  readonly failed: readonly JobFailure[];
  /** Jobs that learn from one that failed. */
  readonly skipped: GraphResult['skipped'];
}

/** A pipeline whose steps are known to fit together. */
export interface PlannedPipeline {
  readonly options: PipelineOptions;
  readonly steps: readonly Step[];
  readonly graph: Graph;
}

/**
 * @param prefix before the names of all jobs, for a pipeline that is a part of another plan
 * @throws RecdistillError for anything that is wrong with the options and can be known before any data is read
 */
export function planPipeline(input: unknown, prefix = ''): PlannedPipeline {
  const options = withPreset(parseOptions(pipelineOptions, input, 'pipeline'));
  const steps = planOf(options);
  return { options, steps, graph: createGraph(options.name, settingOf(options), jobsOf(steps, options, prefix)) };
}

/** A pipeline with its data, before it runs. */
export interface PreparedPipeline extends PlannedPipeline {
  readonly dataset: LoadedDataset;
  readonly prepared: PreparedGraph;
}

/** @throws RecdistillError as `planPipeline`, `loadDataset` and `prepareGraph` */
export async function preparePipeline(input: unknown, context: PlanContext): Promise<PreparedPipeline> {
  const plan = planPipeline(input);
  const dataset = await loadFor(plan, context);
  const prepared = await prepareGraph(plan.graph, { ...context, dataset });
  checkFiles(plan.steps, prepared);
  return { ...plan, dataset, prepared };
}

/** Loads the data of a pipeline and tells of it. @throws RecdistillError as `loadDataset`, `preset-differs` */
export async function loadFor({ options, graph }: PlannedPipeline, { listen }: PlanContext): Promise<LoadedDataset> {
  const dataset = await loadDataset(graph.setting.data);
  if (options.preset !== undefined) {
    const preset = readPreset(options.preset);
    checkPresetData(preset, dataset, Object.keys(preset.models));
  }
  listen?.({ type: 'data', dataset });
  return dataset;
}

/** What the files of rankings hold decides who can learn from them. @throws RecdistillError `needs-not-met`, `unknown-name` */
export function checkFiles(steps: readonly Step[], { jobs }: PreparedGraph, prefix = ''): void {
  checkStudents(steps, (step) => {
    const { plan } = jobs.find(({ job }) => job.name === prefix + step.name)!;
    return step.kind === 'rankings' ? plan.results.map(({ name }) => name.slice(prefix.length)) : [step.name];
  });
}

/**
 * Runs what is not finished yet.
 * @returns also if jobs failed: the others go on, and `failed` says what did not
 * @throws RecdistillError for anything that is wrong with the options, before any work; `interrupted`, `write-failed`
 */
export async function runPipeline(input: unknown, context: PlanContext = {}): Promise<PipelineResult> {
  return finishPipeline(await preparePipeline(input, context), context);
}

/** As `runPipeline`, of a pipeline that is prepared. */
export async function finishPipeline(pipeline: PreparedPipeline, context: PlanContext): Promise<PipelineResult> {
  const result = await runPrepared(pipeline.prepared, context);
  const { rows, reused } = rowsOf(pipeline.steps, result.results);
  return { dataset: pipeline.dataset, rows, reused, failed: result.failed, skipped: result.skipped };
}

/** The rows of the steps that are finished. */
export function rowsOf(
  steps: readonly Step[],
  results: readonly Finished[],
  prefix = '',
): Pick<PipelineResult, 'rows' | 'reused'> {
  const found = steps.flatMap((step) =>
    // A start is the beginning of another step, and has no row.
    step.role === 'start'
      ? []
      : results
          .filter((r) => r.job === prefix + step.name)
          .map((r) => ({ step, result: r, row: rowOf(step, r, prefix) })),
  );
  const teachers = found.flatMap(({ step, row }) => (step.role === 'teacher' ? [row] : []));
  return {
    rows: found.map(({ step, row }) => (step.kind === 'ensemble' ? ensembleRow(row, teachers) : row)),
    reused: found.flatMap(({ result, row }) => (result.reused ? [row.name] : [])),
  };
}

function rowOf(step: Step, { name, result, evaluation, hidden, folder }: Finished, prefix: string): PipelineRow {
  const own = name.slice(prefix.length);
  const taught = step.kind === 'co-train' && own === `${step.name}/teacher`;
  const role = taught ? 'co-trained teacher' : step.role;
  return {
    // Of the two that train together, the student stands for the step.
    ...{ role, name: step.kind === 'co-train' && !taught ? step.name : own, model: result?.model ?? '', evaluation },
    ...costOf((what) => result?.[what]),
    ...(hidden ? { hidden } : {}),
    ...((role === 'student' || taught) && result ? { method: result.method } : {}),
    ...(folder ? { folder } : {}),
  };
}

/** What is known of the cost. */
function costOf(value: (what: keyof Cost) => number | undefined): Partial<Cost> {
  const all = ['parameters', 'bytes', 'latencyMicroseconds', 'seconds'] as const;
  return Object.fromEntries(all.map((what) => [what, value(what)]).filter(([, v]) => v !== undefined));
}

/** The ensemble needs all its teachers to answer: it costs what they cost together, if that is known of each. */
const ensembleRow = (row: PipelineRow, teachers: readonly PipelineRow[]): PipelineRow => ({
  ...row,
  model: teachers.map((t) => t.name).join(' + '),
  ...costOf((what) => {
    const known = teachers.flatMap((t) => t[what] ?? []);
    return known.length === teachers.length ? known.reduce((a, b) => a + b, 0) : undefined;
  }),
});
