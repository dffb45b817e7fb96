/** The whole chain, as the YAML file of `recdistill run` and the library's `runPipeline` describe it. */
import { join } from 'node:path';
import {
  type Dataset,
  type ExternalRankings,
  type LoadedDataset,
  loadDataset,
  type RankingReport,
  readExternalRankings,
} from '../../data/index.js';
import { fusing } from '../../distill/ensemble/index.js';
import { methodOf } from '../../distill/index.js';
import { fail } from '../../errors.js';
import { createEvaluator, type Evaluator, LIST_LENGTH } from '../../eval/evaluation.js';
import type { Evaluation } from '../../eval/index.js';
import type { Kernels } from '../../kernels/index.js';
import { modelOf } from '../../models/index.js';
import { parseOptions } from '../../options/options.js';
import { createProgress, type Step as ProgressStep, runInParts } from '../../progress.js';
import { coTrain } from '../../runs/co-train.js';
import { coTrainedOnly, planCoTraining } from '../../runs/co-train-plan.js';
import { checkMemory } from '../../runs/estimate.js';
import { importTeachers } from '../../runs/external.js';
import { runJob } from '../../runs/job.js';
import type { Cost, Outcome } from '../../runs/outcome.js';
import { readSavedModel, type SavedModel, savedModelOf, untrainedModel } from '../../runs/saved-model.js';
import type { TrainEvent } from '../../train/index.js';
import { checkPresetData, readPreset } from '../presets/index.js';
import {
  type CoTrainStep,
  checkStudents,
  dataOf,
  type ModelStep,
  namedTeachers,
  type PipelineOptions,
  pipelineOptions,
  planOf,
  profilesOf,
  type Role,
  type Step,
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

export type PipelineEvent =
  | { readonly type: 'data'; readonly dataset: LoadedDataset }
  | { readonly type: 'job'; readonly role: Role; readonly name: string; readonly at: number; readonly of: number }
  | { readonly type: 'train'; readonly name: string; readonly event: TrainEvent }
  | { readonly type: 'rankings'; readonly name: string; readonly report: RankingReport }
  | { readonly type: 'row'; readonly row: PipelineRow; readonly reused: boolean };

export interface PipelineContext {
  readonly kernels: Kernels;
  /** Folder of all runs; absent: nothing is kept on disk. */
  readonly runs?: string;
  /** Whether runs of other options or data, or of teachers that are others now, are started anew. */
  readonly overwrite?: boolean;
  readonly listen?: (event: PipelineEvent) => void;
  readonly signal?: AbortSignal;
}

export interface PipelineResult {
  readonly dataset: Dataset;
  readonly rows: readonly PipelineRow[];
}

/** Says what can be known to be wrong with a pipeline before any data is read. @throws RecdistillError */
export function checkPipeline(input: unknown): void {
  planOf(withPreset(parseOptions(pipelineOptions, input, 'pipeline')));
}

/** @throws RecdistillError for anything that is wrong with the options, before any work; else as `runJob` */
export async function runPipeline(input: unknown, context: PipelineContext): Promise<PipelineResult> {
  const o = parseOptions(pipelineOptions, input, 'pipeline');
  const preset = o.preset === undefined ? undefined : readPreset(o.preset);
  const plan = planOf(withPreset(o));
  const source = dataOf(o);
  const dataset = await loadDataset(source);
  if (preset) checkPresetData(preset, dataset, Object.keys(preset.models));
  context.listen?.({ type: 'data', dataset });
  const evaluator = createEvaluator(dataset, o.evaluation);
  for (const step of plan) if (step.kind === 'model') checkMemory(modelOf(step.model), step.modelOptions, dataset);
  checkJoint(plan, dataset);
  const external = await readFiles(plan, dataset, evaluator.depth);
  const rows: PipelineRow[] = [];
  const lent = savedModels(plan, context.runs === undefined ? undefined : join(context.runs, o.name));
  const teachers: { name: string; outcome: Outcome; row: PipelineRow }[] = [];
  const tell = (row: PipelineRow, reused: boolean) => {
    rows.push(row);
    context.listen?.({ type: 'row', row, reused });
  };
  const teach = (row: PipelineRow, outcome: Outcome) => {
    teachers.push({ name: row.name, outcome, row });
    tell(row, outcome.reused);
  };

  for (const [at, step] of plan.entries()) {
    if (context.signal?.aborted) fail('interrupted', { what: `the pipeline, before ${step.name},` });
    context.listen?.({ type: 'job', role: step.role, name: step.name, at: at + 1, of: plan.length });
    if (step.kind === 'ensemble') {
      const progress = createProgress({
        onAdvance: (advance) =>
          context.listen?.({ type: 'train', name: step.name, event: { type: 'progress', ...advance } }),
        ...(context.signal ? { signal: context.signal } : {}),
      });
      tell(await ensembleRow(teachers, evaluator, o.ensemble, progress.task('fusing rankings')), false);
      continue;
    }
    const folder = context.runs === undefined ? undefined : join(context.runs, o.name, step.name);
    const shared = {
      ...{ dataset, evaluation: o.evaluation, source, overwrite: context.overwrite ? ('differing' as const) : false },
      ...(folder ? { folder } : {}),
    };
    if (step.kind === 'rankings') {
      const read = external.get(step)!;
      context.listen?.({ type: 'rankings', name: step.name, report: read.report });
      for (const t of importTeachers({ ...shared, external: read, name: step.name }))
        teach(rowOf(step.role, t.name, t.outcome, t.folder), t.outcome);
      continue;
    }
    const training = {
      ...{ ...shared, testCurve: o.testCurve, kernels: context.kernels, options: step.options },
      trajectory: { checkpoints: o.checkpoints, spread: o.spread },
      ...(context.signal ? { signal: context.signal } : {}),
    };
    if (step.kind === 'co-train') {
      const [before] = namedTeachers(step.teachers, teachers);
      const { teacher, student } = await coTrain({
        ...{ ...training, method: step.method, teacher: lent.of(before!.name), student: lent.of(step.start) },
        listen: (role, event) => {
          if (role === 'student') context.listen?.({ type: 'train', name: step.name, event });
        },
      });
      const within = (role: string) => folder && join(folder, role);
      tell(rowOf('co-trained teacher', `${step.name}/teacher`, teacher, within('teacher')), teacher.reused);
      tell(rowOf('student', step.name, student, within('student')), student.reused);
      continue;
    }
    const job = await runJob(
      {
        ...{ ...training, model: step.model, method: step.method },
        teachers: step.method === 'none' ? [] : namedTeachers(step.teachers, teachers).map((t) => t.outcome.teacher),
        listen: (event) => context.listen?.({ type: 'train', name: step.name, event }),
      },
      (model, { result }) => lent.keep(step.name, () => savedModelOf(model, result, dataset.fingerprint)),
    );
    const row = rowOf(step.role, step.name, job, folder);
    if (step.role === 'teacher') teach(row, job);
    else if (step.role !== 'start') tell(row, job.reused);
  }
  return { dataset, rows };
}

/** Says what the joint trainings of a plan would refuse, before anything is trained. @throws RecdistillError as `planCoTraining` */
function checkJoint(plan: readonly Step[], dataset: Dataset): void {
  const models = plan.filter((s) => s.kind === 'model');
  const untrained = ({ model, modelOptions }: ModelStep) => untrainedModel(model, modelOptions, dataset.fingerprint);
  for (const step of plan) {
    if (step.kind !== 'co-train') continue;
    const [teacher] = namedTeachers(
      step.teachers,
      models.filter((s) => s.role === 'teacher'),
    );
    const start = models.find((s) => s.name === step.start);
    if (!teacher || !start) continue;
    const pair = { teacher: untrained(teacher), student: untrained(start) };
    planCoTraining(coTrainedOnly(methodOf(step.method)), pair, step.options, dataset);
  }
}

/** Models with their parameters that joint trainings start from: those of runs are read, others kept in memory where a step will ask for them. */
function savedModels(plan: readonly Step[], folder: string | undefined) {
  const joint = plan.filter((step) => step.kind === 'co-train');
  const kept = new Map<string, SavedModel>();
  const isWanted = ({ teachers, start }: CoTrainStep, name: string) =>
    name === start || (teachers?.includes(name) ?? plan.some((s) => s.role === 'teacher' && s.name === name));
  return {
    keep(name: string, saved: () => SavedModel): void {
      if (folder === undefined && joint.some((step) => isWanted(step, name))) kept.set(name, saved());
    },
    of: (name: string): SavedModel => (folder === undefined ? kept.get(name)! : readSavedModel(join(folder, name))),
  };
}

/** Reads all files of rankings: what is wrong with the last is told before the first model is trained. */
async function readFiles(
  plan: readonly Step[],
  dataset: Dataset,
  depth: number,
): Promise<ReadonlyMap<Step, ExternalRankings>> {
  const read = new Map<Step, ExternalRankings>();
  for (const step of plan)
    if (step.kind === 'rankings') read.set(step, await readExternalRankings(step.file, dataset, depth, step.options));
  const found = plan.flatMap((step) => (read.get(step)?.teachers.length === 0 ? [] : profilesOf(step)));
  checkStudents(plan, found);
  return read;
}

function rowOf(
  role: Role,
  name: string,
  { result, evaluation, hidden }: Outcome,
  folder: string | undefined,
): PipelineRow {
  return {
    ...{ role, name, model: result.model, evaluation },
    ...costOf((what) => result[what]),
    ...(hidden ? { hidden } : {}),
    ...(role === 'student' || role === 'co-trained teacher' ? { method: result.method } : {}),
    ...(folder ? { folder } : {}),
  };
}

/** What is known of the cost. */
function costOf(value: (what: keyof Cost) => number | undefined): Partial<Cost> {
  const all = ['parameters', 'bytes', 'latencyMicroseconds', 'seconds'] as const;
  return Object.fromEntries(all.map((what) => [what, value(what)]).filter(([, v]) => v !== undefined));
}

/** The ensemble needs all its teachers to answer: it costs what they cost together, if that is known of each. */
async function ensembleRow(
  teachers: readonly { outcome: Outcome; row: PipelineRow }[],
  evaluator: Evaluator,
  o: PipelineOptions['ensemble'],
  step: ProgressStep,
): Promise<PipelineRow> {
  const rankings = teachers.map((t) => t.outcome.rankings);
  const fused = await runInParts(fusing(rankings, o, Math.max(LIST_LENGTH, rankings[0]!.depth)), step);
  const hidden = evaluator.hidden(fused);
  return {
    role: 'ensemble',
    name: 'ensemble',
    model: teachers.map((t) => t.row.name).join(' + '),
    ...costOf((what) => {
      const known = teachers.flatMap((t) => t.row[what] ?? []);
      return known.length === teachers.length ? known.reduce((a, b) => a + b, 0) : undefined;
    }),
    evaluation: evaluator.test(fused),
    ...(hidden ? { hidden } : {}),
  };
}
