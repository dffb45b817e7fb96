/**
 * One student, one set of teachers, several ways of teaching, several seeds: trained, tuned with the same budget, tested once, compared with
 * significance. Everything is kept in run folders: what is finished is read back, what was stopped goes on.
 */
import { join } from 'node:path';
import type { Dataset } from '../../../data/index.js';
import type { ComparisonRow } from '../../../eval/index.js';
import type { Kernels } from '../../../kernels/index.js';
import { parseOptions } from '../../../options/index.js';
import { createProgress } from '../../../progress.js';
import { readTeacher } from '../../../runs/index.js';
import type { TuneEvent } from '../../search/index.js';
import { checkPipeline, type PipelineEvent, type PipelineRow, runPipeline } from '../pipeline.js';
import { namedTeachers } from '../plan.js';
import { entriesOf, type StudyEntries } from './entries.js';
import { type StudyEntry, type StudyOptions, studyOptions } from './options.js';
import { homogeneousOf, pipelineOf } from './plan.js';
import { rowsOver, type StudyRow, testedAgainst } from './result.js';
import { type StudyTeacher, searchMethods, type Tuned } from './search.js';

export type StudyEvent =
  | { readonly type: 'seed'; readonly seed: number; readonly at: number; readonly of: number }
  | { readonly type: 'tune'; readonly event: TuneEvent }
  | PipelineEvent;

export interface StudyContext {
  readonly kernels: Kernels;
  /** Folder of all runs. */
  readonly runs: string;
  /** As of pipelines. */
  readonly overwrite?: boolean;
  readonly listen?: (event: StudyEvent) => void;
  readonly signal?: AbortSignal;
}

export interface StudyResult {
  readonly options: StudyOptions;
  readonly dataset: Dataset;
  /** Such as `recall@50`. */
  readonly metrics: readonly string[];
  /** Baselines, teachers, ensembles, then a row for each entry. */
  readonly rows: readonly StudyRow[];
  /** Every other entry against the one that the study names, in each metric. */
  readonly comparisons: readonly ComparisonRow[];
  /** The same on the hidden interactions; empty in the setup benchmark. */
  readonly hiddenComparisons: readonly ComparisonRow[];
  /** What the search found, by method. */
  readonly tuned: Readonly<Record<string, Tuned>>;
  /** What was left out and why. */
  readonly notes: readonly string[];
}

/** What a study is to do, checked as far as it can be before any data is read. @throws RecdistillError */
export function checkStudy(input: unknown): StudyEntries & { readonly options: StudyOptions } {
  const options = parseOptions(studyOptions, input, 'study');
  const found = entriesOf(options);
  const [first = 0] = options.seeds;
  for (const plan of [pipelineOf(options, found.entries, first, {}), homogeneousOf(options, found.entries, first, {})])
    if (plan) checkPipeline(plan);
  return { ...found, options };
}

/** @throws RecdistillError for anything that is wrong with the study, before any work; else as `runPipeline` and `tune` */
export async function runStudy(input: unknown, context: StudyContext): Promise<StudyResult> {
  const { options: o, entries: asked, notes } = checkStudy(input);
  const entries = await withBestTeachers(o, asked, context);
  const tuned = o.tune.trials > 0 ? await tuneMethods(o, entries, context) : {};
  const best = Object.fromEntries(Object.entries(tuned).map(([method, t]) => [method, t.options]));
  const seeds: PipelineRow[][] = [];
  let dataset: Dataset | undefined;
  for (const [at, seed] of o.seeds.entries()) {
    context.listen?.({ type: 'seed', seed, at: at + 1, of: o.seeds.length });
    const main = await runPipeline(pipelineOf(o, entries, seed, best), context);
    const same = homogeneousOf(o, entries, seed, best);
    const more = same ? homogeneousRows((await runPipeline(same, context)).rows) : [];
    const rows = [...main.rows, ...more];
    const order = (row: PipelineRow) => entries.findIndex((e) => e.name === row.name);
    const students = rows.filter((r) => r.role === 'student').sort((a, b) => order(a) - order(b));
    const lasting = (seeds[0] ?? []).filter((r) => r.role === 'baseline' && !rows.some(({ name }) => name === r.name));
    seeds.push([...lasting, ...rows.filter((r) => r.role !== 'student'), ...students]);
    dataset = main.dataset;
  }
  const metrics = o.evaluation.at.flatMap((k) => [`recall@${k}`, `ndcg@${k}`]);
  const hides = o.setup === 'generalization';
  const step = createProgress(context.signal ? { signal: context.signal } : {}).task(
    `comparing the students of ${o.name}`,
  );
  return {
    ...{ options: o, dataset: dataset!, metrics, tuned, notes, rows: rowsOver(seeds, metrics) },
    comparisons: await testedAgainst(seeds, o.against, metrics, step),
    hiddenComparisons: hides ? await testedAgainst(seeds, o.against, metrics, step, 'hidden') : [],
  };
}

/** Its teachers are told apart by nothing but their seeds: the ensemble stands for them. */
const homogeneousRows = (rows: readonly PipelineRow[]): PipelineRow[] =>
  rows.flatMap((row) =>
    row.role === 'ensemble' ? [{ ...row, name: 'homogeneous ensemble' }] : row.role === 'student' ? [row] : [],
  );

/** The data and the teachers of the first seed, trained if they are not yet. */
async function firstTeachers(
  o: StudyOptions,
  context: StudyContext,
): Promise<{ readonly dataset: Dataset; readonly teachers: readonly StudyTeacher[] }> {
  const { dataset, rows } = await runPipeline(pipelineOf(o, [], o.seeds[0]!, {}), context);
  const teachers = rows.flatMap(({ role, name, folder }) =>
    role === 'teacher' && folder !== undefined ? [{ ...readTeacher(folder), name, folder }] : [],
  );
  return { dataset, teachers };
}

/** Entries that ask for the best of several teachers get it: by the metric that selects, on valid, in the first seed. */
async function withBestTeachers(
  o: StudyOptions,
  entries: readonly StudyEntry[],
  context: StudyContext,
): Promise<readonly StudyEntry[]> {
  if (!entries.some((e) => e.best && e.teachers!.length > 1)) return entries;
  const { teachers } = await firstTeachers(o, context);
  const valid = ({ trajectory }: StudyTeacher) =>
    trajectory.checkpoints.at(-1)?.metrics[o.evaluation.selectBy] ?? Number.NEGATIVE_INFINITY;
  return entries.map((e) => {
    if (!e.best) return e;
    const best = namedTeachers(e.teachers, teachers).reduce((a, b) => (valid(b) > valid(a) ? b : a));
    return { ...e, teachers: [best.name] };
  });
}

async function tuneMethods(
  o: StudyOptions,
  entries: readonly StudyEntry[],
  context: StudyContext,
): Promise<Readonly<Record<string, Tuned>>> {
  const { kernels, runs, overwrite = false, listen, signal } = context;
  const { dataset, teachers } = await firstTeachers(o, context);
  // By the whole set of teachers and with its plain options, if any entry has a method so; else as its first entry has it.
  const plain = (e: StudyEntry) => Object.keys(e.options).length === 0 && e.ensemble === 'given';
  const methods = [...new Set(entries.map((e) => e.method))];
  const first = methods.map(
    (m) => entries.find((e) => e.method === m && plain(e)) ?? entries.find((e) => e.method === m)!,
  );
  return searchMethods(first, {
    ...{ options: o, dataset, kernels, teachers, runs, overwrite },
    ...(listen ? { listen: (event: TuneEvent) => listen({ type: 'tune', event }) } : {}),
    ...(signal ? { signal } : {}),
  });
}

/** Folder of a study's results, below the runs folder. */
export const studyFolder = (runs: string, o: StudyOptions): string => join(runs, o.name);
