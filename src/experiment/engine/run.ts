/** Runs the jobs of a graph that the store does not have, in the order of the graph, as many at a time as the executor takes. */
import { storeDataset } from '../../data/index.js';
import { fail, RecdistillError } from '../../errors.js';
import type { Trial } from '../search/index.js';
import type { Finished } from './events.js';
import { loadsData, readsStored } from './kinds/index.js';
import { type PreparedGraph, type PreparedJob, refuseDiffering } from './prepare.js';
import { createJobRunner, type RunOptions } from './run-job.js';
import { createTemporaryParts, neededJobs } from './shards/temporary.js';

export interface JobFailure {
  readonly job: string;
  readonly error: unknown;
}

export interface GraphResult {
  /** Of the jobs that did not fail and were not skipped, in the order of the graph. */
  readonly results: readonly Finished[];
  /** Of each search, by its job. */
  readonly trials: ReadonlyMap<string, readonly Trial[]>;
  readonly failed: readonly JobFailure[];
  readonly skipped: readonly { readonly job: string; readonly because: string }[];
}

/** Errors of this process or its disk, not of a job. They end the plan. */
const FATAL: readonly string[] = ['interrupted', 'write-failed', 'worker-failed'];

/** @throws RecdistillError `interrupted`, `write-failed`; before any job runs: `run-differs`, `run-format`, `artifact-damaged` */
export async function runGraph(prepared: PreparedGraph, options: RunOptions): Promise<GraphResult> {
  const { jobs, graph } = prepared;
  const { executor, listen } = options;
  const loads = jobs.some(({ job }) => loadsData(job));
  const isStored = prepared.held.every(({ folder }) => folder !== undefined);
  if (executor.remote && !(prepared.store && (graph.setting.data || !loads) && isStored)) {
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
  const reads = loads || jobs.some(({ job }) => readsStored(job));
  const added = await executor.begin?.({ jobs: jobs.length, ...(reads ? { dataset: prepared.dataset } : {}) });
  const runner = createJobRunner(prepared, { ...options, added }, stop.signal);
  const needed = neededJobs(prepared);
  const waiting = new Set(jobs.filter((job) => needed.has(job)));
  // What no other job needs counts as done.
  const ended = new Map<string, 'finished' | 'failed'>(
    jobs.flatMap((job) => (needed.has(job) ? [] : [[job.job.name, 'finished'] as const])),
  );
  const temporary = createTemporaryParts(prepared, needed);
  const { store } = prepared;
  if (store && !added?.stored && [...needed].some(({ job }) => readsStored(job)))
    storeDataset(store.folder, prepared.dataset);
  const active = new Map<string, Promise<void>>();
  const failed: JobFailure[] = [];
  const skipped: { job: string; because: string }[] = [];
  let fatal: unknown;
  let started = 0;
  let wake = (): void => {};

  const begin = async (job: PreparedJob): Promise<void> => {
    const { name, kind } = job.job;
    let begun = false;
    const begin = (): void => {
      if (!begun) listen?.({ type: 'started', job: name, kind, at: ++started, of: needed.size });
      begun = true;
    };
    try {
      await runner.run(job, begin);
      ended.set(name, 'finished');
      temporary.done(job);
    } catch (error) {
      ended.set(name, 'failed');
      if (error instanceof RecdistillError && FATAL.includes(error.code)) {
        fatal ??= error;
        return stop.abort();
      }
      failed.push({ job: name, error });
      listen?.({ type: 'failed', job: name, error });
    } finally {
      active.delete(name);
      wake();
    }
  };
  /** Skips the jobs that learn from a job that failed. */
  const skipFailed = (): void => {
    for (const prepared of waiting) {
      const because = prepared.after.find((need) => ended.get(need) === 'failed');
      if (because === undefined) continue;
      const job = prepared.job.name;
      waiting.delete(prepared);
      ended.set(job, 'failed');
      skipped.push({ job, because });
      listen?.({ type: 'skipped', job, because });
    }
  };

  try {
    while (waiting.size + active.size > 0) {
      if (!stop.signal.aborted) skipFailed();
      const ready = [...waiting].find((job) => job.after.every((need) => ended.get(need) === 'finished'));
      if (ready && active.size < executor.atOnce && !stop.signal.aborted) {
        waiting.delete(ready);
        active.set(ready.job.name, begin(ready));
      } else if (active.size > 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      else break;
    }
  } finally {
    options.signal?.removeEventListener('abort', forward);
  }
  if (fatal !== undefined) throw fatal;
  const [next] = waiting;
  if (next)
    fail('interrupted', { what: `the plan${graph.name === '' ? '' : ` ${graph.name}`}, before ${next.job.name},` });
  const names = jobs.map(({ job }) => job.name);
  const results = [...runner.finished].sort((a, b) => names.indexOf(a.job) - names.indexOf(b.job));
  const trials = new Map([...runner.trials].sort(([a], [b]) => names.indexOf(a) - names.indexOf(b)));
  return { results, trials, failed, skipped };
}

/** @throws the error of the only job that failed; RecdistillError `jobs-failed` for several failed jobs */
export function refuseFailures({ failed, skipped }: GraphResult, of: number): void {
  if (failed.length === 0) return;
  if (failed.length === 1) throw failed[0]!.error;
  const problems = failed.map(({ job, error }) => `${job} (${error instanceof Error ? error.message : String(error)})`);
  fail('jobs-failed', { failed: failed.length + skipped.length, jobs: of, problems: problems.join('; ') });
}
