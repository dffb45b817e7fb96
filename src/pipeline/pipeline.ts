/** The whole chain, as the YAML file of `recdistill run` and the library's `runPipeline` describe it. */
import { join } from 'node:path';
import { z } from 'zod';
import { type OptionsOf, options, parseOptions, text } from '../config/options.js';
import { type Dataset, dataOptions, loadDataset, type Rankings } from '../data/index.js';
import { distillerNamed } from '../distill/index.js';
import { fuseRankings, importanceOptions } from '../ensemble/index.js';
import { fail } from '../errors.js';
import type { Evaluation } from '../eval/index.js';
import type { Kernels } from '../kernels/index.js';
import { modelNamed } from '../models/index.js';
import { type TrainEvent, trajectoryOptions } from '../train/index.js';
import { checkMemory } from './estimate.js';
import { createJudge, evaluationOptions, LIST_LENGTH } from './evaluation.js';
import { type Job, runJob } from './job.js';
import { checkStudent, splitOptions } from './method.js';

/** One model of the pipeline; further keys are options of the model (and, for a student, of its method). */
const entry = z.looseObject({
  model: z.string().describe('Registered name of the model.'),
  name: z
    .string()
    .regex(/^[\w][\w.-]*$/)
    .optional()
    .describe('Name of its run; default: the name of the model or method.'),
});
const studentEntry = entry.extend({
  method: z.string().default('hetcomp').describe('Registered name of the distillation method.'),
});

export const pipelineOptions = options({
  name: text({ default: 'pipeline', help: 'Folder of the runs, below the runs folder.' }),
  data: dataOptions.prefault({}).describe('Where the interactions come from and how they are filtered and split.'),
  evaluation: evaluationOptions.prefault({}).describe('How models are judged.'),
  baselines: z.array(entry).default([]).describe('Models for comparison that do not teach.'),
  teachers: z.array(entry).min(1).describe('Models that teach.'),
  students: z
    .array(studentEntry)
    .default([])
    .describe('Students, each with a method of distillation; none: only the teachers are trained.'),
  ensemble: importanceOptions.prefault({}).describe('How the ensemble that stands in the table is fused.'),
  ...trajectoryOptions.shape,
});

export type PipelineOptions = OptionsOf<typeof pipelineOptions>;

export type Role = 'baseline' | 'teacher' | 'ensemble' | 'student';

/** A row of the result: what it is, how good, how large, how fast. */
export interface PipelineRow {
  readonly role: Role;
  readonly name: string;
  readonly model: string;
  readonly method?: string;
  readonly parameters: number;
  readonly bytes: number;
  readonly latencyMicroseconds: number;
  readonly seconds: number;
  readonly evaluation: Evaluation;
  /** Its run folder, if runs are kept. */
  readonly folder?: string;
}

export type PipelineEvent =
  | { readonly type: 'data'; readonly dataset: Dataset }
  | { readonly type: 'job'; readonly role: Role; readonly name: string; readonly at: number; readonly of: number }
  | { readonly type: 'train'; readonly name: string; readonly event: TrainEvent }
  | { readonly type: 'row'; readonly row: PipelineRow; readonly reused: boolean };

export interface PipelineContext {
  readonly kernels: Kernels;
  /** Folder of all runs; absent: nothing is kept on disk. */
  readonly runs?: string;
  readonly overwrite?: boolean;
  readonly listen?: (event: PipelineEvent) => void;
  readonly signal?: AbortSignal;
}

export interface PipelineResult {
  readonly dataset: Dataset;
  readonly rows: readonly PipelineRow[];
}

/** @throws RecdistillError for anything that is wrong with the options, before any work; else as `runJob` */
export async function runPipeline(input: unknown, context: PipelineContext): Promise<PipelineResult> {
  const o = parseOptions(pipelineOptions, input, 'pipeline');
  const plan = planOf(o);
  const dataset = await loadDataset(o.data);
  context.listen?.({ type: 'data', dataset });
  const judge = createJudge(dataset, o.evaluation);
  for (const step of plan)
    if (step.role !== 'ensemble') checkMemory(modelNamed(step.model), step.modelOptions, dataset);
  const rows: PipelineRow[] = [];
  const teachers: { job: Job; row: PipelineRow }[] = [];
  const tell = (row: PipelineRow, reused: boolean) => {
    rows.push(row);
    context.listen?.({ type: 'row', row, reused });
  };

  for (const [at, step] of plan.entries()) {
    if (context.signal?.aborted) fail('interrupted', { what: `the pipeline, before ${step.name},` });
    context.listen?.({ type: 'job', role: step.role, name: step.name, at: at + 1, of: plan.length });
    if (step.role === 'ensemble') {
      tell(ensembleRow(teachers, judge.test, o.ensemble), false);
      continue;
    }
    const folder = context.runs === undefined ? undefined : join(context.runs, o.name, step.name);
    const job = await runJob({
      dataset,
      kernels: context.kernels,
      model: step.model,
      method: step.method,
      options: step.options,
      teachers: step.method === 'none' ? [] : teachers.map((t) => t.job.teacher),
      evaluation: o.evaluation,
      trajectory: { checkpoints: o.checkpoints, spread: o.spread },
      ...(folder ? { folder } : {}),
      source: o.data,
      overwrite: context.overwrite ?? false,
      listen: (event) => context.listen?.({ type: 'train', name: step.name, event }),
      ...(context.signal ? { signal: context.signal } : {}),
    });
    const row: PipelineRow = {
      role: step.role,
      name: step.name,
      model: step.model,
      ...(step.role === 'student' ? { method: step.method } : {}),
      parameters: job.result.parameters,
      bytes: job.result.bytes,
      latencyMicroseconds: job.result.latencyMicroseconds,
      seconds: job.result.seconds,
      evaluation: job.evaluation,
      ...(folder ? { folder } : {}),
    };
    if (step.role === 'teacher') teachers.push({ job, row });
    tell(row, job.reused);
  }
  return { dataset, rows };
}

interface Step {
  readonly role: Role;
  readonly name: string;
  readonly model: string;
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Those of `options` that are the model's, checked and with defaults. */
  readonly modelOptions: Readonly<Record<string, unknown>>;
}

/** The jobs in order: baselines, teachers, the ensemble of these, students. */
function planOf(o: PipelineOptions): Step[] {
  const step = (role: Role, given: z.output<typeof entry> & { method?: string }): Step => {
    const { model, name, method = 'none', ...rest } = given;
    const [spec, taught] = [modelNamed(model), distillerNamed(method)];
    // What the last student cannot do is told before the first teacher is trained.
    const { modelOptions } = splitOptions(spec, taught, rest);
    checkStudent(spec, taught, method === 'none' ? 0 : o.teachers.length);
    const named = name ?? (role === 'student' ? `student-${method}` : model);
    return { role, name: named, model, method, options: rest, modelOptions };
  };
  const plan = [
    ...o.baselines.map((e) => step('baseline', e)),
    ...o.teachers.map((e) => step('teacher', e)),
    {
      role: 'ensemble',
      name: 'ensemble',
      model: 'ensemble',
      method: 'none',
      options: {},
      modelOptions: {},
    } satisfies Step,
    ...o.students.map((e) => step('student', e)),
  ];
  const twice = plan.find((a, at) => plan.findIndex((b) => b.name === a.name) !== at);
  if (twice) {
    fail('usage', {
      problem: `two parts of the pipeline are called "${twice.name}"`,
      hint: 'Give one of them another name with "name:".',
    });
  }
  return plan;
}

/** The ensemble needs all its teachers to answer: it costs what they cost together. */
function ensembleRow(
  teachers: readonly { job: Job; row: PipelineRow }[],
  test: (r: Rankings) => Evaluation,
  o: PipelineOptions['ensemble'],
): PipelineRow {
  const rankings = teachers.map((t) => t.job.rankings);
  const sum = (of: (row: PipelineRow) => number) => teachers.reduce((total, t) => total + of(t.row), 0);
  return {
    role: 'ensemble',
    name: 'ensemble',
    model: teachers.map((t) => t.row.name).join(' + '),
    parameters: sum((r) => r.parameters),
    bytes: sum((r) => r.bytes),
    latencyMicroseconds: sum((r) => r.latencyMicroseconds),
    seconds: sum((r) => r.seconds),
    evaluation: test(fuseRankings(rankings, o, Math.max(LIST_LENGTH, rankings[0]!.depth))),
  };
}
