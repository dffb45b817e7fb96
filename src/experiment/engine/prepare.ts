/** A graph before it runs: every job checked against the data, every result named by its content, what the store has of it. */
import { join } from 'node:path';
import type { Dataset } from '../../data/index.js';
import { createEvaluator, type Evaluator } from '../../eval/index.js';
import {
  isFinishedRun,
  type Overwrite,
  readTeacher,
  type SavedModel,
  SEARCH_LOG,
  type Teacher,
} from '../../runs/index.js';
import { readTrials, type Trial } from '../search/index.js';
import type { PlanListener } from './events.js';
import { type Graph, isResultOf, needsOf, ownerOf } from './graph.js';
import { isShipped, type JobSpec } from './job.js';
import {
  type ImportPlan,
  isFinished,
  type JobPlan,
  planImportJob,
  planShipped,
  type ResultPlan,
} from './kinds/index.js';
import { openStore, type ResultState, refuseRunAsFolder, type Store } from './store.js';

export interface PreparedJob {
  readonly job: JobSpec;
  readonly plan: JobPlan | ImportPlan;
  /** Results that it learns from, in the order of the graph. */
  readonly inputs: readonly ResultPlan[];
  /** Names of jobs that have to be done before; beside those that it learns from an earlier one with the same content. */
  readonly after: readonly string[];
  /** Of the job; absent: in memory only. */
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
  /** Folder of all runs; absent: nothing is kept on disk. */
  readonly runs?: string | undefined;
  readonly overwrite?: Overwrite | undefined;
  /** Whether finished runs of other names are used. True if absent. */
  readonly reuse?: boolean | undefined;
  readonly listen?: PlanListener | undefined;
  /** Finished results from elsewhere that the graph names as given. */
  readonly held?: readonly HeldResult[] | undefined;
}

/** A finished result that this process holds: the teacher of a distillation, or a model with its parameters. */
export interface HeldResult {
  readonly name: string;
  readonly hash: string;
  readonly teacher?: Teacher;
  readonly saved?: SavedModel;
}

/** @throws RecdistillError for anything that can be known to be wrong before any work */
export async function prepareGraph(graph: Graph, options: PrepareOptions): Promise<PreparedGraph> {
  const { dataset, runs, overwrite = false, reuse = true, listen, held = [] } = options;
  const evaluator = createEvaluator(dataset, graph.setting.evaluation);
  if (runs !== undefined && graph.name !== '') refuseRunAsFolder(join(runs, graph.name));
  const results: (ResultPlan & { readonly job?: string })[] = held.map(({ name, hash, teacher, saved }) => ({
    ...{ name, hash, place: '', teacher: teacher?.trajectory.teacher ?? saved?.model ?? name },
    spec: { kind: 'train', options: saved?.options ?? {}, dataFingerprint: dataset.fingerprint },
    ...(saved ? { saved } : {}),
  }));
  const makers = new Map<string, string>();
  const jobs: PreparedJob[] = [];
  for (const job of graph.jobs) {
    const inputs = results.filter(({ name, job: maker }) =>
      job.teachers.some((wanted) =>
        maker === undefined ? wanted === name : maker === ownerOf(wanted, graph.jobs)?.name && isResultOf(name, wanted),
      ),
    );
    const folder = runs === undefined ? undefined : join(runs, graph.name, job.name);
    const plan = await planOf(job, { ...{ dataset, evaluator, setting: graph.setting }, inputs }, folder);
    if ('external' in plan) listen?.({ type: 'rankings', job: job.name, report: plan.external.report });
    const needs = needsOf(job, graph.jobs, graph.given).map((need) => need.name);
    const key = plan.results.map(({ hash }) => hash).join();
    const twin = runs === undefined || key === '' ? undefined : makers.get(key);
    if (key !== '' && twin === undefined) makers.set(key, job.name);
    results.push(...plan.results.map((result) => ({ ...result, job: job.name })));
    const after = [...needs, ...(twin === undefined ? [] : [twin])];
    jobs.push({ job, plan, inputs, after, ...(folder === undefined ? {} : { folder }) });
  }
  const store = runs === undefined ? undefined : openStore(runs, { overwrite, reuse });
  return { graph, dataset, evaluator, jobs, held, ...(store ? { store } : {}) };
}

async function planOf(
  job: JobSpec,
  context: Parameters<typeof planShipped>[1],
  folder: string | undefined,
): Promise<JobPlan | ImportPlan> {
  if (isShipped(job)) return planShipped(job, context);
  return job.kind === 'import' ? planImportJob(job, context, folder) : { results: [] };
}

/** Where each result of a job is, if all are finished; what else is known of the job. */
export type JobState =
  | { readonly state: 'finished'; readonly results: readonly { readonly folder: string; readonly from?: string }[] }
  | Exclude<ResultState, { readonly state: 'finished' }>;

/** What the store has of a job now. An ensemble and jobs in memory are always new. */
export function stateOf({ job, plan, folder }: PreparedJob, store: Store | undefined): JobState {
  if (!store || folder === undefined || plan.results.length === 0) return { state: 'new' };
  const complete = (path: string) => (isShipped(job) ? isFinished(path, job) : isFinishedRun(path));
  const states = plan.results.map((result) => store.stateOf(result, join(folder, result.place), complete));
  const refused = states.find((s) => s.state === 'refused');
  if (refused) return refused;
  const finished = states.flatMap((s) => (s.state === 'finished' ? [s] : []));
  if (finished.length === states.length) return { state: 'finished', results: finished };
  return states.find((s) => s.state === 'begun') ?? { state: 'new' };
}

/** Trials of the searches that are finished, by their jobs; nothing is run. @throws RecdistillError as `readTrials` */
export const storedTrials = ({ jobs, store }: PreparedGraph): ReadonlyMap<string, readonly Trial[]> =>
  new Map(
    jobs.flatMap((job) => {
      const state = job.job.kind === 'search' ? stateOf(job, store) : undefined;
      return state?.state === 'finished'
        ? [[job.job.name, readTrials(join(state.results[0]!.folder, SEARCH_LOG))]]
        : [];
    }),
  );

/** Metrics on valid of the results that are finished, by their names. @throws RecdistillError as `readTeacher` */
export const storedMetrics = ({ jobs, store }: PreparedGraph): ReadonlyMap<string, Readonly<Record<string, number>>> =>
  new Map(
    jobs.flatMap((job) => {
      const state = stateOf(job, store);
      if (state.state !== 'finished') return [];
      return job.plan.results.map(({ name }, at) => {
        const { checkpoints } = readTeacher(state.results[at]!.folder).trajectory;
        return [name, checkpoints.at(-1)?.metrics ?? {}] as const;
      });
    }),
  );

/** @throws RecdistillError `run-differs`, `run-format`, `artifact-damaged` for the first job whose folder holds another run */
export function refuseDiffering({ jobs, store }: PreparedGraph): void {
  for (const job of jobs) {
    const state = stateOf(job, store);
    if (state.state === 'refused') throw state.error;
  }
}
