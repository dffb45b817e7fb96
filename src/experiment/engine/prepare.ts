/** Prepares a graph to run: checks every job against the data and computes the hash of every result. */
import { join } from 'node:path';
import { type Dataset, storedFolderOf } from '../../data/index.js';
import { defined } from '../../defined.js';
import { fail } from '../../errors.js';
import { createEvaluator, type Evaluator } from '../../eval/index.js';
import { isWholePart } from '../../formats/index.js';
import { type Arithmetic, type ArithmeticWord, arithmeticOf, type Kernels } from '../../kernels/index.js';
import { memoryForAll, totalOf } from '../../memory/index.js';
import {
  checkWeighing,
  chosenKind,
  isFinishedRun,
  jobFiles,
  type Overwrite,
  readTrajectoryMetrics,
  resolveRun,
  type SavedModel,
  SEARCH_LOG,
  type Teacher,
} from '../../runs/index.js';
import { readTrials, type Trial } from '../search/index.js';
import type { PlanListener } from './events.js';
import { createGraph, type Graph, isResultOf, needsOf, ownerOf } from './graph.js';
import { isPortable, type JobSpec } from './job.js';
import {
  type ImportPlan,
  isFinished,
  type JobPlan,
  planImportJob,
  planPortable,
  type ResultPlan,
} from './kinds/index.js';
import { expandShards } from './shards/expand.js';
import { openStore, type ResultState, refuseRunAsFolder, type Store } from './store.js';
import { partFolder, refuseStoreName } from './store-folders.js';

export interface PreparedJob {
  readonly job: JobSpec;
  readonly plan: JobPlan | ImportPlan;
  /** The results that it learns from, in the order of the graph; of a part, in the order of its job. */
  readonly inputs: readonly ResultPlan[];
  /** Names of the jobs that come before it: those that it learns from, and an earlier job with the same content. */
  readonly after: readonly string[];
  /** Folder of the job; absent if nothing is kept on disk. */
  readonly folder?: string;
}

export interface PreparedGraph {
  readonly graph: Graph;
  readonly dataset: Dataset;
  readonly evaluator: Evaluator;
  readonly jobs: readonly PreparedJob[];
  readonly store?: Store;
  readonly held: readonly HeldResult[];
}

export interface PrepareOptions {
  readonly dataset: Dataset;
  /** Folder of all runs. Without it nothing is kept on disk. */
  readonly runs?: string | undefined;
  /** Whether runs with other options, data or inputs are made again (`differing`), or all runs (true). Default: false. */
  readonly overwrite?: Overwrite | undefined;
  /** Whether finished runs under other names are used. Default: true. */
  readonly reuse?: boolean | undefined;
  /** Bytes that each process with a job may take. Default: what this process may take besides its data. */
  readonly memoryPerJob?: number | undefined;
  /** Computes in this process; its arithmetic takes precedence over `arithmetic`. */
  readonly kernels?: Kernels | undefined;
  /** The arithmetic of the kernels that run the jobs. Default: `auto`. */
  readonly arithmetic?: ArithmeticWord | undefined;
  readonly listen?: PlanListener | undefined;
  /** The finished results that the graph names in `given`. */
  readonly held?: readonly HeldResult[] | undefined;
}

/** A finished result in memory: the teacher of a distillation, or a model with its parameters. */
export interface HeldResult {
  readonly name: string;
  readonly hash: string;
  readonly teacher?: Teacher;
  readonly saved?: SavedModel;
  /** Its folder, from which parts read it. */
  readonly folder?: string;
}

/** @throws RecdistillError for anything that can be checked before a job runs */
export async function prepareGraph(asked: Graph, options: PrepareOptions): Promise<PreparedGraph> {
  const { dataset, runs, overwrite = false, reuse = true, listen, held = [] } = options;
  const arithmetic = options.kernels?.arithmetic ?? arithmeticOf(options.arithmetic);
  const graph = inShards(asked, options, arithmetic);
  const evaluator = createEvaluator(dataset, graph.setting.evaluation);
  if (runs !== undefined && graph.name !== '') refuseRunAsFolder(join(runs, graph.name));
  const results: (ResultPlan & { readonly job?: string })[] = held.map(({ name, hash, teacher, saved, folder }) => ({
    ...{ name, hash, place: '', teacher: teacher?.trajectory.teacher ?? saved?.model ?? name },
    spec: { kind: 'train', options: saved?.options ?? {}, dataFingerprint: dataset.fingerprint },
    ...defined({ saved, folder }),
  }));
  const makers = new Map<string, string>();
  const byName = new Map(graph.jobs.map((job) => [job.name, job]));
  const jobs: PreparedJob[] = [];
  for (const job of graph.jobs) {
    const cut = job.kind === 'part' || job.kind === 'join';
    const owners = job.teachers.map((wanted) => ({
      wanted,
      owner: byName.get(wanted)?.name ?? ownerOf(wanted, graph.jobs)?.name,
    }));
    const isInput = ({ name, job: maker }: (typeof results)[number]) =>
      owners.some(({ wanted, owner }) =>
        maker === undefined ? wanted === name : maker === owner && isResultOf(name, wanted),
      );
    const inputs = cut ? inOrder(results, job.teachers) : results.filter(isInput);
    const named = runs === undefined ? undefined : join(runs, graph.name, job.name);
    if (named !== undefined && job.kind !== 'part') refuseStoreName(graph.name === '' ? job.name : graph.name);
    const plan = await planOf(job, { ...{ dataset, evaluator, arithmetic, setting: graph.setting }, inputs }, named);
    const folder = job.kind === 'part' ? partFolder(runs ?? needsStore(job.name), plan.results[0]!.hash) : named;
    if ('external' in plan) listen?.({ type: 'rankings', job: job.name, report: plan.external.report });
    const needs = needsOf(job, graph.jobs, graph.given).map((need) => need.name);
    const key = plan.results.map(({ hash }) => hash).join();
    const same = runs === undefined || key === '' ? undefined : makers.get(key);
    if (key !== '' && same === undefined) makers.set(key, job.name);
    results.push(...plan.results.map((result) => ({ ...result, job: job.name })));
    const after = [...needs, ...(same === undefined ? [] : [same])];
    jobs.push({ job, plan, inputs, after, ...(folder === undefined ? {} : { folder }) });
  }
  const store = runs === undefined ? undefined : openStore(runs, { overwrite, reuse });
  return { graph, dataset, evaluator, jobs, held, ...(store ? { store } : {}) };
}

/** What a part reads, in the order in which its job names it. Several results of one job stay together. */
function inOrder(results: readonly ResultPlan[], names: readonly string[]): ResultPlan[] {
  const exact = new Map(results.map((result) => [result.name, result]));
  return names.flatMap((wanted) => exact.get(wanted) ?? results.filter(({ name }) => isResultOf(name, wanted)));
}

/** A process that also plans its jobs takes more than one that is given them: 241 MB for ials instead of 221 MB. */
const PLANNING = 20e6;

/** What this process keeps of a data set, and of its reading, while it does jobs. V8 frees arrays when about 64 MB of them were allocated. */
function heldBytes(dataset: Dataset): number {
  const { memory } = dataset;
  // Jobs in shards do not read a data set that is in a store.
  if (!memory || storedFolderOf(dataset) !== undefined) return PLANNING;
  return totalOf(memory.held) + Math.min(64e6, memory.reading);
}

/** The graph with models in shards replaced by their parts. */
function inShards(
  graph: Graph,
  { dataset, runs, memoryPerJob, listen }: PrepareOptions,
  arithmetic: Arithmetic,
): Graph {
  const jobs = expandShards(graph.jobs, {
    ...{ setting: graph.setting, dataset, arithmetic, hasStore: runs !== undefined },
    limit: memoryPerJob ?? memoryForAll(),
    held: memoryPerJob === undefined ? heldBytes(dataset) : 0,
    tell: (job, message) => listen?.({ type: 'progress', job, event: { type: 'note', message } }),
  });
  return jobs.length === graph.jobs.length ? graph : createGraph(graph.name, graph.setting, jobs, graph.given);
}

const needsStore = (job: string): never =>
  fail('usage', {
    problem: `${job} is a part of a larger computation and is kept in a folder`,
    hint: 'Name a folder of runs.',
  });

async function planOf(
  job: JobSpec,
  context: Parameters<typeof planPortable>[1],
  folder: string | undefined,
): Promise<JobPlan | ImportPlan> {
  if (isPortable(job)) return planPortable(job, context);
  if (job.kind === 'import') return planImportJob(job, context, folder);
  const kind = chosenKind(job.options.weights, context.inputs.length);
  if (kind) checkWeighing(kind, context.evaluator, context.dataset);
  return { results: [] };
}

/** The state of a job in the store, with the folders of its results if all of them are finished. */
export type JobState =
  | { readonly state: 'finished'; readonly results: readonly { readonly folder: string; readonly from?: string }[] }
  | Exclude<ResultState, { readonly state: 'finished' }>;

/** The current state of a job in the store. Ensembles and jobs in memory are always new. */
export function stateOf({ job, plan, folder }: PreparedJob, store: Store | undefined): JobState {
  if (!store || folder === undefined || plan.results.length === 0) return { state: 'new' };
  if (job.kind === 'part')
    return isWholePart(folder, plan.results[0]!.hash) ? { state: 'finished', results: [{ folder }] } : { state: 'new' };
  const complete = (path: string) => (isPortable(job) ? isFinished(path, job) : isFinishedRun(path));
  const states = plan.results.map((result) => store.stateOf(result, join(folder, result.place), complete));
  const refused = states.find((s) => s.state === 'refused');
  if (refused) return refused;
  const finished = states.flatMap((s) => (s.state === 'finished' ? [s] : []));
  if (finished.length === states.length) return { state: 'finished', results: finished };
  const because = states.flatMap((s) => (s.state === 'new' && s.because !== undefined ? [s.because] : []))[0];
  return states.find((s) => s.state === 'begun') ?? { state: 'new', ...(because === undefined ? {} : { because }) };
}

/** Trials of the finished searches, by job. @throws RecdistillError as `readTrials` */
export const storedTrials = ({ jobs, store }: PreparedGraph): ReadonlyMap<string, readonly Trial[]> =>
  new Map(
    jobs.flatMap((job) => {
      const state = job.job.kind === 'search' ? stateOf(job, store) : undefined;
      return state?.state === 'finished'
        ? [[job.job.name, readTrials(join(state.results[0]!.folder, SEARCH_LOG))]]
        : [];
    }),
  );

/** Metrics on valid of the finished results, by name. @throws RecdistillError as `readTrajectory` */
export const storedMetrics = ({ jobs, store }: PreparedGraph): ReadonlyMap<string, Readonly<Record<string, number>>> =>
  new Map(
    jobs.flatMap((job) => {
      const state = stateOf(job, store);
      if (state.state !== 'finished' || job.job.kind === 'part') return [];
      return job.plan.results.map(({ name }, at) => {
        const folder = resolveRun(state.results[at]!.folder);
        return [name, readTrajectoryMetrics(join(folder, jobFiles.trajectory))] as const;
      });
    }),
  );

/** @throws RecdistillError `run-differs`, `run-format`, `artifact-damaged` for the first job whose folder has another run */
export function refuseDiffering({ jobs, store }: PreparedGraph): void {
  for (const job of jobs) {
    const state = stateOf(job, store);
    if (state.state === 'refused') throw state.error;
  }
}
