/** One job of a graph: its results are read from the store, or made by the executor. What later jobs need stays in memory. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { defined } from '../../defined.js';
import { fail, RecdistillError } from '../../errors.js';
import { usedModules } from '../../options/use.js';
import { createProgress, runInParts } from '../../progress.js';
import {
  changedUses,
  nameFinished,
  type Outcome,
  type Overwrite,
  type RunResult,
  readBack,
  readingBack,
  readingTeacher,
  readRunManifest,
  removeLink,
  resolveRun,
  SEARCH_LOG,
  type Teacher,
  tidyFinished,
  writeLink,
} from '../../runs/index.js';
import { readTrials, type Trial } from '../search/index.js';
import type { Finished, PlanListener } from './events.js';
import { type Control, type Done, type Executor, LostProcess, type Task } from './executor.js';
import { isPortable, type PortableJob } from './job.js';
import { type ImportPlan, performFuse, performImport } from './kinds/index.js';
import { finishedLazily, isLazy, readLazily } from './lazy-outcome.js';
import { type JobState, type PreparedGraph, type PreparedJob, stateOf } from './prepare.js';

/** How often a job is given to another process after its process died. */
const RETRIES = 2;
/** Between two checks of a run that another process is making. */
const POLL_MS = 1000;

export interface RunOptions {
  readonly executor: Executor;
  /** Whether runs with other options, data or inputs are made again (`differing`), or all runs (true). Default: false. */
  readonly overwrite?: Overwrite | undefined;
  readonly listen?: PlanListener | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What the executor adds to each task. */
  readonly added?: Pick<Task, 'stored'> | undefined;
}

export interface JobRunner {
  /** In the order in which the jobs finished. */
  readonly finished: readonly Finished[];
  /** Of each search, by its job. */
  readonly trials: ReadonlyMap<string, readonly Trial[]>;
  /**
   * @param begun called when work on the job begins
   * @throws what the job throws; RecdistillError `job-lost`, `interrupted`
   */
  run(job: PreparedJob, begun: () => void): Promise<void>;
}

/** One result of a job. */
interface End {
  readonly folder: string | undefined;
  /** Absent for a search and for a part. */
  readonly outcome: Outcome | undefined;
  readonly from?: string | undefined;
}

export function createJobRunner(prepared: PreparedGraph, options: RunOptions, signal: AbortSignal): JobRunner {
  const { graph, dataset, evaluator, store, jobs, held } = prepared;
  const { executor, listen, overwrite = false } = options;
  const { setting } = graph;
  const finished: Finished[] = [];
  const trials = new Map<string, readonly Trial[]>();
  /** Results that later jobs learn from. */
  const outcomes = new Map<string, Outcome>();
  const folders = new Map(held.flatMap((h) => (h.folder === undefined ? [] : [[h.name, h.folder] as const])));
  /** Models in memory that other jobs start from. */
  const saved = new Map(held.flatMap((h) => (h.saved ? [[h.name, h.saved] as const] : [])));
  const teachers = new Map(held.flatMap((h) => (h.teacher ? [[h.name, h.teacher] as const] : [])));
  const ended = new Set<string>();

  const isNeeded = (name: string): boolean =>
    jobs.some(({ job, inputs }) => !ended.has(job.name) && inputs.some((input) => input.name === name));
  const isStart = (name: string): boolean =>
    jobs.some(({ job, inputs }) => 'start' in job && inputs.some((input) => input.name === name));
  const readNow = (path: string): Outcome => readBack<RunResult>({ path }, dataset, evaluator);
  const read = (path: string, job: string): Promise<Outcome> =>
    runInParts(readingBack<RunResult>({ path }, dataset, evaluator), progress(job).task('reading the finished run'));
  const rankingsOf = async (name: string, job: string) =>
    (outcomes.get(name) ?? (await read(folders.get(name)!, job))).rankings;
  const teacherOf = async (name: string, job: string): Promise<Teacher> =>
    outcomes.get(name)?.teacher ??
    teachers.get(name) ??
    (await runInParts(readingTeacher(folders.get(name)!), progress(job).task(`reading ${name}`)));
  const note = (job: string, message: string): void =>
    listen?.({ type: 'progress', job, event: { type: 'note', message } });
  const progress = (job: string) =>
    createProgress({
      onAdvance: (advance) => listen?.({ type: 'progress', job, event: { type: 'progress', ...advance } }),
      signal,
    });

  function finish({ job, plan }: PreparedJob, ends: readonly End[], reused: boolean): void {
    ended.add(job.name);
    const results = plan.results.flatMap(({ name }, at): Finished[] => {
      const end = ends[at]!;
      if (end.folder !== undefined) {
        folders.set(name, end.folder);
        if (!reused) store?.made(end.folder);
      }
      if (!end.outcome) return [];
      if (isNeeded(name)) outcomes.set(name, end.outcome);
      return [finishedOf(name, job.name, end, end.outcome)];
    });
    report(job.name, results, reused, ends.find(({ from }) => from !== undefined)?.from);
  }

  function report(job: string, results: readonly Finished[], reused: boolean, from?: string): void {
    finished.push(...results);
    for (const name of outcomes.keys()) if (!isNeeded(name)) outcomes.delete(name);
    listen?.({ type: 'finished', job, results, reused, ...(from === undefined ? {} : { from }) });
  }

  /** Reads the results of a finished job. */
  async function reuse(prepared: PreparedJob, state: JobState & { readonly state: 'finished' }): Promise<void> {
    const { job, plan, folder: own } = prepared;
    if (job.kind === 'part') return finish(prepared, [{ folder: own, outcome: undefined }], true);
    const outcomeOf = (folder: string) =>
      job.kind === 'join' ? readLazily(folder, readNow, true) : read(folder, job.name);
    const ends: End[] = [];
    for (const [at, { folder, from }] of state.results.entries()) {
      const { place, hash } = plan.results[at]!;
      if (from !== undefined) writeLink(join(own!, place), folder, hash);
      tidyFinished(folder);
      const changed = changedUses(readRunManifest(folder), true);
      if (changed !== undefined) note(job.name, changed);
      if (job.kind === 'search') trials.set(job.name, readTrials(join(folder, SEARCH_LOG)));
      else if (await nameFinished(folder, dataset, setting.data)) note(job.name, 'it has the names of items now');
      ends.push({ folder, from, outcome: job.kind === 'search' ? undefined : await outcomeOf(folder) });
    }
    finish(prepared, ends, true);
  }

  /** @returns false if the results are elsewhere in the store */
  async function make(prepared: PreparedJob, begun: () => void): Promise<boolean> {
    const { job, plan, folder, inputs } = prepared;
    const { name } = job;
    const paths = plan.results.map(({ place }) => (folder === undefined ? undefined : join(folder, place)));
    for (const path of paths) if (path !== undefined && job.kind !== 'part') removeLink(path);
    if (job.kind === 'fuse') {
      const rankings: Outcome['rankings'][] = [];
      for (const input of inputs) rankings.push(await rankingsOf(input.name, name));
      const members = async () => {
        const all: (Teacher & { name: string })[] = [];
        for (const { name: own } of inputs) all.push({ ...(await teacherOf(own, name)), name: own });
        return all;
      };
      const fusing = { dataset, evaluator, rankings, members, progress: progress(name) };
      const fused = await performFuse(job, fusing);
      ended.add(name);
      report(name, [{ name, job: name, ...fused, reused: false }], false);
      return true;
    }
    if (job.kind === 'import') {
      const importing = performImport(job, plan as ImportPlan, { dataset, setting }, folder, overwrite);
      const made = await runInParts(importing, progress(name).task('importing'));
      const ends = made.map((outcome, at) => ({ outcome, folder: paths[at] }));
      finish(
        prepared,
        ends,
        made.every((outcome) => outcome.reused),
      );
      return true;
    }
    const done = await withRetries(job, taskOf(prepared, job), begun);
    if (done.elsewhere) return false;
    if (done.trials) trials.set(name, done.trials);
    if (done.saved) saved.set(name, done.saved);
    const ends: End[] = [];
    for (const [at, path] of paths.entries()) {
      const folder = path === undefined || job.kind === 'part' ? path : resolveRun(path);
      const stored = folder !== undefined && job.kind !== 'search' && job.kind !== 'part';
      const found = async (): Promise<Outcome | undefined> => {
        if (folder !== undefined && job.kind === 'join') return readLazily(folder, readNow, done.reused);
        return done.outcomes?.[at] ?? (stored ? { ...(await read(folder, name)), reused: done.reused } : undefined);
      };
      ends.push({ folder, outcome: await found() });
    }
    finish(prepared, ends, done.reused);
    return true;
  }

  const taskOf = ({ folder, inputs, plan }: PreparedJob, job: PortableJob): Task => ({
    ...{ job, setting, overwrite, dataFingerprint: dataset.fingerprint, uses: usedModules() },
    ...(folder === undefined ? {} : { folder }),
    ...(job.kind === 'part' ? { hash: plan.results[0]!.hash } : {}),
    results: plan.results.map(({ place, hash }) => ({ place, hash })),
    ...defined({ memory: plan.memory }),
    ...options.added,
    inputs: inputs.map(({ name }) => ({ name, ...(folders.has(name) ? { folder: folders.get(name)! } : {}) })),
    keepsModel: folder === undefined && isStart(job.name),
  });

  async function withRetries(job: PortableJob, task: Task, begun: () => void): Promise<Done> {
    const control: Control = {
      ...{ signal, begun },
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
        if (attempt > RETRIES) return fail('job-lost', { job: job.name, end: error.end, times: attempt }, error);
        listen?.({ type: 'retry', job: job.name, attempt, most: RETRIES, end: error.end });
      }
    }
  }

  return {
    finished,
    trials,
    async run(job, begun) {
      for (let told = false; ; told = true) {
        const state = stateOf(job, store);
        if (state.state === 'refused') throw state.error;
        if (state.state === 'finished') {
          begun();
          return reuse(job, state);
        }
        if (state.state === 'new' && state.because !== undefined && !told)
          note(job.job.name, `it is made again: ${state.because}`);
        if (!executor.queues || !isPortable(job.job)) begun();
        try {
          if (await make(job, begun)) return;
          store?.refresh();
        } catch (error) {
          const lock = lockOfOther(error);
          // Another plan has made the same part meanwhile, and removed what it was made of.
          if (job.job.kind === 'part' && stateOf(job, store).state === 'finished') continue;
          if (!lock) throw error;
          if (!told) listen?.({ type: 'waiting', job: job.job.name, ...lock });
          await sleep(POLL_MS, undefined, { signal }).catch(() =>
            fail('interrupted', { what: `waiting for ${lock.path}` }),
          );
        }
      }
    },
  };
}

function finishedOf(name: string, job: string, { folder, from }: End, outcome: Outcome): Finished {
  if (folder !== undefined && isLazy(outcome))
    return finishedLazily({ name, job, folder, ...defined({ from }) }, outcome);
  const { result, evaluation, hidden, teacher, reused } = outcome;
  const valid = teacher.trajectory.checkpoints.at(-1)?.metrics;
  return {
    ...{ name, job, result, evaluation, reused },
    ...defined({ folder, hidden, valid, from }),
  };
}

/**
 * The lock of another process. It is released when that process ends, or expires if it is elsewhere, so waiting for it ends.
 * Undefined for any other error.
 */
function lockOfOther(error: unknown): { path: string; pid: unknown; since: unknown } | undefined {
  if (!(error instanceof RecdistillError) || error.code !== 'run-locked') return undefined;
  const { path, pid, since, other } = error.details;
  return other === true ? { path: String(path), pid, since } : undefined;
}
