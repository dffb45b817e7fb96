/**
 * Runs what of a graph is not in the store yet. As many jobs at a time as the executor takes, in the order of the graph where nothing else
 * decides. A job that fails takes those with it that learn from it; the others go on.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, RecdistillError } from '../../errors.js';
import { usedModules } from '../../options/use.js';
import { createProgress } from '../../progress.js';
import {
  nameFinished,
  type Outcome,
  type Overwrite,
  type RunResult,
  readBack,
  removeLink,
  resolveRun,
  SEARCH_LOG,
  writeLink,
} from '../../runs/index.js';
import { readTrials, type Trial } from '../search/index.js';
import type { Finished, PlanListener } from './events.js';
import { type Control, type Done, type Executor, LostProcess, type Task } from './executor.js';
import type { ShippedJob } from './job.js';
import { type ImportPlan, performFuse, performImport } from './kinds/index.js';
import { type JobState, type PreparedGraph, type PreparedJob, refuseDiffering, stateOf } from './prepare.js';

export interface RunOptions {
  readonly executor: Executor;
  /** Runs of other options, data or inputs are made anew. */
  readonly overwrite?: Overwrite | undefined;
  readonly listen?: PlanListener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How often a job is given to another process after one has died. Default: 2. */
  readonly retries?: number | undefined;
}

export interface JobFailure {
  readonly job: string;
  readonly error: unknown;
}

export interface GraphResult {
  /** In the order of the graph, without those of jobs that failed or were skipped. */
  readonly results: readonly Finished[];
  /** Of each search, by its job. */
  readonly trials: ReadonlyMap<string, readonly Trial[]>;
  readonly failed: readonly JobFailure[];
  readonly skipped: readonly { readonly job: string; readonly because: string }[];
}

const RETRIES = 2;
/** Between two looks at a run that another process makes. */
const LOOK_MS = 1000;
/** Errors that are about this process or its disk: no other job would fare better. */
const FATAL: readonly string[] = ['interrupted', 'write-failed', 'worker-failed'];

/** @throws RecdistillError `interrupted`, `write-failed`; `run-differs`, `run-format`, `artifact-damaged` before any work */
export async function runGraph(prepared: PreparedGraph, options: RunOptions): Promise<GraphResult> {
  const { jobs, graph } = prepared;
  const { executor, listen } = options;
  if (executor.ships && !(prepared.store && graph.setting.data && prepared.held.length === 0)) {
    fail('usage', {
      problem: 'other processes cannot do these jobs: they need a folder of runs and a data set that they can load',
      hint: 'Name a folder of runs and the options of the data, or let this process do the jobs.',
    });
  }
  refuseDiffering(prepared);
  const stop = new AbortController();
  const forward = () => stop.abort();
  options.signal?.addEventListener('abort', forward);
  if (options.signal?.aborted) stop.abort();
  const run = createRun(prepared, options, stop.signal);
  const waiting = [...jobs];
  const ended = new Map<string, 'finished' | 'failed'>();
  const active = new Map<string, Promise<void>>();
  const failed: JobFailure[] = [];
  const skipped: { job: string; because: string }[] = [];
  let fatal: unknown;
  let started = 0;

  const begin = async (prepared: PreparedJob, at: number): Promise<void> => {
    const { name, kind } = prepared.job;
    listen?.({ type: 'started', job: name, kind, at, of: jobs.length });
    try {
      await run.job(prepared);
      ended.set(name, 'finished');
    } catch (error) {
      ended.set(name, 'failed');
      if (error instanceof RecdistillError && FATAL.includes(error.code)) {
        fatal ??= error;
        stop.abort();
        return;
      }
      failed.push({ job: name, error });
      listen?.({ type: 'failed', job: name, error });
    }
  };
  const skip = (job: PreparedJob, because: string): void => {
    waiting.splice(waiting.indexOf(job), 1);
    ended.set(job.job.name, 'failed');
    skipped.push({ job: job.job.name, because });
    listen?.({ type: 'skipped', job: job.job.name, because });
  };

  try {
    while (waiting.length + active.size > 0) {
      for (const job of [...waiting]) {
        const because = job.after.find((need) => ended.get(need) === 'failed');
        if (because !== undefined && !stop.signal.aborted) skip(job, because);
      }
      const ready = waiting.find((job) => job.after.every((need) => ended.get(need) === 'finished'));
      if (ready && active.size < executor.atOnce && !stop.signal.aborted) {
        waiting.splice(waiting.indexOf(ready), 1);
        const { name } = ready.job;
        active.set(
          name,
          begin(ready, ++started).finally(() => active.delete(name)),
        );
        continue;
      }
      if (active.size === 0) break;
      await Promise.race(active.values());
    }
  } finally {
    options.signal?.removeEventListener('abort', forward);
  }
  if (fatal !== undefined) throw fatal;
  const [next] = waiting;
  if (next)
    fail('interrupted', { what: `the plan${graph.name === '' ? '' : ` ${graph.name}`}, before ${next.job.name},` });
  const order = new Map(jobs.map(({ job }, at) => [job.name, at]));
  const results = [...run.finished].sort((a, b) => order.get(a.job)! - order.get(b.job)!);
  const trials = new Map(
    jobs.flatMap(({ job }) => (run.trials.has(job.name) ? [[job.name, run.trials.get(job.name)!]] : [])),
  );
  return { results, trials, failed, skipped };
}

/** @throws the error of the only job that failed; RecdistillError `jobs-failed` where there are several */
export function refuseFailures({ failed, skipped }: GraphResult, of: number): void {
  if (failed.length === 0) return;
  if (failed.length === 1) throw failed[0]!.error;
  const problems = failed.map(({ job, error }) => `${job} (${error instanceof Error ? error.message : String(error)})`);
  fail('jobs-failed', { failed: failed.length + skipped.length, jobs: of, problems: problems.join('; ') });
}

/** One job after the other, and what remains of each. */
function createRun(prepared: PreparedGraph, options: RunOptions, signal: AbortSignal) {
  const { graph, dataset, evaluator, store, jobs, held } = prepared;
  const { executor, listen, overwrite = false, retries = RETRIES } = options;
  const { setting } = graph;
  const finished: Finished[] = [];
  const trials = new Map<string, readonly Trial[]>();
  /** What other jobs still learn from; on disk it can be read again. */
  const outcomes = new Map<string, Outcome>();
  const folders = new Map<string, string>();
  /** Models in memory that other jobs begin from. */
  const saved = new Map(held.flatMap((h) => (h.saved ? [[h.name, h.saved] as const] : [])));
  const teachers = new Map(held.flatMap((h) => (h.teacher ? [[h.name, h.teacher] as const] : [])));
  const settled = new Set<string>();

  const isNeeded = (name: string): boolean =>
    jobs.some(({ job, inputs }) => !settled.has(job.name) && inputs.some((input) => input.name === name));
  const beginsFrom = (name: string): boolean =>
    jobs.some(({ job, inputs }) => 'start' in job && inputs.some((input) => input.name === name));
  const rankingsOf = (name: string) =>
    (outcomes.get(name) ?? readBack({ path: folders.get(name)! }, dataset, evaluator)).rankings;

  const progress = (job: string) =>
    createProgress({
      onAdvance: (advance) => listen?.({ type: 'progress', job, event: { type: 'progress', ...advance } }),
      signal,
    });

  /** Keeps what is left of the results of a job, and tells of them. */
  function settle({ job, plan }: PreparedJob, ends: readonly (End | undefined)[], reused: boolean): void {
    settled.add(job.name);
    const own = plan.results.flatMap((result, at): Finished[] => {
      const end = ends[at];
      if (end?.folder !== undefined) {
        folders.set(result.name, end.folder);
        if (!reused) store?.made(end.folder);
      }
      if (!end?.outcome) return [];
      if (isNeeded(result.name)) outcomes.set(result.name, end.outcome);
      return [finishedOf(result.name, job.name, end, end.outcome)];
    });
    finish(job.name, own, reused, ends.find((end) => end?.from !== undefined)?.from);
  }

  function finish(job: string, own: readonly Finished[], reused: boolean, from?: string): void {
    finished.push(...own);
    for (const name of outcomes.keys()) if (!isNeeded(name)) outcomes.delete(name);
    listen?.({ type: 'finished', job, results: own, reused, ...(from === undefined ? {} : { from }) });
  }

  /** Takes what the store has. */
  async function takeFinished(job: PreparedJob, state: JobState & { readonly state: 'finished' }): Promise<void> {
    const ends: (End | undefined)[] = [];
    for (const [at, result] of job.plan.results.entries()) {
      const { folder, from } = state.results[at]!;
      if (from !== undefined) writeLink(join(job.folder!, result.place), folder, result.hash);
      if (job.job.kind === 'search') trials.set(job.job.name, readTrials(join(folder, SEARCH_LOG)));
      else if (await nameFinished(folder, dataset, setting.data))
        listen?.({
          type: 'progress',
          job: job.job.name,
          event: { type: 'note', message: 'it has the names of items now' },
        });
      const outcome = job.job.kind === 'search' ? undefined : readBack<RunResult>({ path: folder }, dataset, evaluator);
      ends.push({ folder, ...(outcome ? { outcome } : {}), ...(from === undefined ? {} : { from }) });
    }
    settle(job, ends, true);
  }

  async function make(job: PreparedJob): Promise<void> {
    const { job: what, plan, folder, inputs } = job;
    if (folder !== undefined) for (const { place } of plan.results) removeLink(join(folder, place));
    if (what.kind === 'fuse') {
      const rankings = inputs.map((input) => rankingsOf(input.name));
      const fused = await performFuse(what, rankings, evaluator, progress(what.name).task('fusing rankings'));
      settled.add(what.name);
      return finish(what.name, [{ name: what.name, job: what.name, ...fused, reused: false }], false);
    }
    if (what.kind === 'import') {
      const made = performImport(what, plan as ImportPlan, { dataset, setting }, folder, overwrite);
      const place = (at: number) => (folder === undefined ? {} : { folder: join(folder, plan.results[at]!.place) });
      return settle(
        job,
        made.map((outcome, at) => ({ outcome, ...place(at) })),
        made.every((o) => o.reused),
      );
    }
    const done = await withRetries(what, taskOf(job, what));
    if (done.trials) trials.set(what.name, done.trials);
    if (done.saved) saved.set(what.name, done.saved);
    const ends = plan.results.map(({ place }, at): End => {
      const path = folder === undefined ? undefined : resolveRun(join(folder, place));
      const isSearch = what.kind === 'search';
      const outcome = done.outcomes?.[at] ?? (isSearch || !path ? undefined : { ...read(path), reused: done.reused });
      return { ...(path === undefined ? {} : { folder: path }), ...(outcome ? { outcome } : {}) };
    });
    settle(job, ends, done.reused);
  }

  const read = (folder: string): Outcome => readBack<RunResult>({ path: folder }, dataset, evaluator);

  function taskOf({ folder, inputs }: PreparedJob, job: ShippedJob): Task {
    return {
      ...{ job, setting, overwrite, dataFingerprint: dataset.fingerprint, uses: usedModules() },
      ...(folder === undefined ? {} : { folder }),
      inputs: inputs.map(({ name }) => ({ name, ...(folders.has(name) ? { folder: folders.get(name)! } : {}) })),
      lends: folder === undefined && beginsFrom(job.name),
    };
  }

  async function withRetries(job: ShippedJob, task: Task): Promise<Done> {
    const control: Control = {
      signal,
      listen: (event) => listen?.({ type: 'progress', job: job.name, event }),
      teacher: (name) => outcomes.get(name)?.teacher ?? teachers.get(name),
      saved: (name) => saved.get(name),
    };
    for (let attempt = 1; ; attempt++) {
      try {
        return await executor.run(task, control);
      } catch (error) {
        if (!(error instanceof LostProcess)) throw error;
        if (signal.aborted) fail('interrupted', { what: job.name });
        if (attempt > retries) return fail('job-lost', { job: job.name, end: error.end, times: attempt }, error);
        listen?.({ type: 'retry', job: job.name, attempt, most: retries, end: error.end });
      }
    }
  }

  return {
    finished: finished as readonly Finished[],
    trials: trials as ReadonlyMap<string, readonly Trial[]>,
    async job(job: PreparedJob): Promise<void> {
      for (let told = false; ; told = true) {
        const state = stateOf(job, store);
        if (state.state === 'refused') throw state.error;
        if (state.state === 'finished') return takeFinished(job, state);
        try {
          return await make(job);
        } catch (error) {
          const held = heldElsewhere(error);
          if (!held) throw error;
          if (!told) listen?.({ type: 'waiting', job: job.job.name, ...held });
          await sleep(LOOK_MS, undefined, { signal }).catch(() =>
            fail('interrupted', { what: `waiting for ${held.path}` }),
          );
        }
      }
    },
  };
}

interface End {
  readonly folder?: string;
  readonly outcome?: Outcome;
  readonly from?: string;
}

function finishedOf(name: string, job: string, { folder, from }: End, outcome: Outcome): Finished {
  const { result, evaluation, hidden, teacher, reused } = outcome;
  const valid = teacher.trajectory.checkpoints.at(-1)?.metrics;
  return {
    ...{ name, job, result, evaluation, reused },
    ...(folder === undefined ? {} : { folder }),
    ...(hidden ? { hidden } : {}),
    ...(valid ? { valid } : {}),
    ...(from === undefined ? {} : { from }),
  };
}

/** The lock of another process of this machine: whether it still lives can be told, so that waiting ends. */
function heldElsewhere(error: unknown): { path: string; pid: unknown; since: unknown } | undefined {
  if (!(error instanceof RecdistillError) || error.code !== 'run-locked' || !isOfThisMachine(error)) return undefined;
  const { path, pid, since } = error.details;
  return { path: String(path), pid, since };
}

const isOfThisMachine = ({ details }: RecdistillError): boolean =>
  details.host === hostname() && details.pid !== process.pid;
