/**
 * Runs the jobs of a plan on workers of any machine, by a queue in Redis. A job in the queue is named by its content, so that plans with the
 * same job wait for the same one. The store is the truth: every few seconds it is asked for what the queue has not reported.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { storeDataset } from '../../../../data/index.js';
import { fail, RecdistillError } from '../../../../errors.js';
import { paced } from '../../../../formats/pace.js';
import { type ArithmeticWord, arithmeticOf } from '../../../../kernels/index.js';
import { plannedThreads } from '../../../../memory/index.js';
import { SEARCH_LOG } from '../../../../runs/index.js';
import { readTrials } from '../../../search/index.js';
import type { Control, Done, Executor, Task } from '../../executor.js';
import { storeId } from '../../store-id.js';
import { receivedError } from '../messages.js';
import { directoryOf, HEARTBEAT_SECONDS, type PresentWorker } from './directory.js';
import { isDone } from './finished.js';
import { jobIdOf } from './job-id.js';
import { createJobQueues, type JobQueue } from './job-queues.js';
import { fromJson, type QueuedResult, withinStore } from './message.js';
import { ownCode, ownModules } from './own.js';
import { isFull, isLost, openQueue, type QueueAddress, queueError } from './redis.js';
import { type Requirement, roundedMemory, singleThreaded } from './requirement.js';
import { unservedText } from './unserved.js';
import { createCopyCheck } from './worker-files.js';

export interface QueueOptions {
  readonly address: QueueAddress;
  /** The runs folder, which all workers share. */
  readonly store: string;
  /** Name of the plan, for `queue status` and `queue cancel`. */
  readonly plan: string;
  readonly arithmetic?: ArithmeticWord | undefined;
  /** Least number of threads of a worker. Default: 1. */
  readonly minThreads?: number | undefined;
  readonly say: (text: string) => void;
}

/** Most jobs of a plan, and most of them in the queue at the same time. */
const [MOST_JOBS, AT_ONCE] = [10_000, 500];
/** Between two comparisons with the store and the queue. */
const COMPARE_MS = 1000 * paced(5);
/** A comparison that takes longer waits for an answer that does not come. */
const UNANSWERED_MS = 1000 * paced(20);
/** How long a result may take to appear in the store after its worker has said that it is there: network file systems cache folders. */
const APPEAR_MS = 60_000;
/** Between two attempts to open a queue while Redis does not answer. */
const RETRY_MS = 500;
/** Done jobs are kept for people who look: at most a day and 1,000 of each queue; failed ones a week. */
const KEEP = { removeOnComplete: { age: 86_400, count: 1000 }, removeOnFail: { age: 7 * 86_400, count: 1000 } };

interface Pending {
  readonly id: string;
  readonly task: Task;
  readonly control: Control;
  readonly queue: JobQueue;
  readonly resolve: (done: Done) => void;
  readonly reject: (error: unknown) => void;
  /** Comparisons in a row in which the store had its results. */
  seen: number;
  settling: boolean;
}

/** @throws RecdistillError `queue-failed`, `write-failed` */
export async function queueExecutor(options: QueueOptions): Promise<Executor> {
  const { address, store, plan, say, minThreads = 1 } = options;
  const arithmetic = arithmeticOf(options.arithmetic);
  const own = { ...ownCode(), store: storeId(store), arithmetic, threads: minThreads, uses: ownModules() };
  const link = await openQueue(address, { say });
  const directory = directoryOf(link.redis);
  const refuseCopies = createCopyCheck({ store, id: own.store, plan, directory, say });
  const id = randomUUID();
  const pending = new Map<string, Pending>();
  const counts = { done: 0, failed: 0 };
  let closed = false;
  let cancelled = false;
  const queues = createJobQueues(link, directory, {
    active: (job) => pending.get(job)?.control.begun?.(),
    progress: (job, data) => report(pending.get(job), data),
    completed: (job) => void settle(pending.get(job)),
    failed: (job, reason) => void refuse(pending.get(job), reason),
    stalled: (job) =>
      note(pending.get(job), 'its worker does not answer; it continues on another one, from its last checkpoint'),
  });
  const announce = () =>
    directory.plans.announce({
      ...{ id, plan, store: own.store, host: hostname(), pid: process.pid },
      ...{ waiting: pending.size, ...counts },
    });

  try {
    await announce();
  } catch (error) {
    await link.close();
    throw queueError(link.shown, error);
  }
  const timers = [
    setInterval(() => void announce().catch(() => {}), HEARTBEAT_SECONDS * 1000),
    setInterval(() => void compareOnce().catch(() => {}), COMPARE_MS),
  ];

  function report(job: Pending | undefined, data: unknown): void {
    if (!job) return;
    const progress = fromJson(data);
    if ('events' in progress) for (const event of progress.events) job.control.listen(event);
    if ('worker' in progress) note(job, `on ${progress.worker}`);
    if ('retry' in progress) {
      const { attempt, most, end } = progress.retry;
      note(job, `its process ended with ${end}; it continues from the last checkpoint (retry ${attempt} of ${most})`);
    }
  }

  const note = (job: Pending | undefined, message: string): void => job?.control.listen({ type: 'note', message });

  /** Ends the wait for a job. @returns false if it has ended before */
  function end(job: Pending, how: 'done' | 'failed', act: () => void): void {
    if (pending.get(job.id) !== job) return;
    pending.delete(job.id);
    counts[how]++;
    void directory.unwatch(job.id, id).catch(() => {});
    act();
  }

  /** A worker says that the job is done. */
  async function settle(job: Pending | undefined): Promise<void> {
    if (!job || job.settling) return;
    job.settling = true;
    try {
      const queued = await job.queue.bull.getJob(job.id);
      const { reused = true, folder, worker = 'a worker' } = (queued?.returnvalue ?? {}) as Partial<QueuedResult>;
      const there = folder === undefined ? undefined : join(store, folder);
      for (const deadline = performance.now() + APPEAR_MS; ; await sleep(500)) {
        if (isDone(job.task, job.task.folder!)) return resolveWith(job, reused);
        if (there !== undefined && isDone(job.task, there))
          return end(job, 'done', () => job.resolve({ reused, elsewhere: true }));
        if (closed || performance.now() > deadline) break;
      }
      if (!queued) return;
      const problem = `${worker} has finished ${job.task.job.name}, but ${store} does not have the result`;
      const hint = 'Check that this folder and the --store of the worker are the same folder, not a copy.';
      end(job, 'failed', () => job.reject(new RecdistillError('queue-failed', { problem, hint })));
    } catch {
      // Redis does not answer. The next comparison tries again.
    } finally {
      job.settling = false;
    }
  }

  function resolveWith(job: Pending, reused: boolean): void {
    const { kind } = job.task.job;
    const trials = kind === 'search' ? { trials: readTrials(join(job.task.folder!, SEARCH_LOG)) } : {};
    end(job, 'done', () => job.resolve({ reused, ...trials }));
  }

  async function refuse(job: Pending | undefined, reason: string): Promise<void> {
    if (!job) return;
    const queued = await job.queue.bull.getJob(job.id).catch(() => undefined);
    const progress = fromJson(queued?.progress);
    const error =
      'error' in progress
        ? receivedError(progress.error)
        : new RecdistillError('job-lost', { job: job.task.job.name, end: reason, times: 'several' });
    end(job, 'failed', () => job.reject(error));
  }

  /** When the comparison with the queue began that has not ended. */
  let comparing: number | undefined;

  /**
   * One comparison with the queue at a time: it takes long while Redis does not answer. Of commands that were sent when the connection was lost, some
   * are never answered; then a new connection is made. The comparison with the store waits for none.
   */
  async function compareOnce(): Promise<void> {
    compareWithStore();
    const now = performance.now();
    if (!link.isUp()) return;
    if (comparing !== undefined) {
      if (now - comparing > UNANSWERED_MS) {
        comparing = undefined;
        link.reconnect();
      }
      return;
    }
    comparing = now;
    try {
      await compareWithQueue();
    } finally {
      if (comparing === now) comparing = undefined;
    }
  }

  function compareWithStore(): void {
    for (const job of [...pending.values()]) {
      job.seen = isDone(job.task, job.task.folder!) ? job.seen + 1 : 0;
      // The first time its worker may be about to say so.
      if (job.seen > 1) resolveWith(job, false);
    }
  }

  async function compareWithQueue(): Promise<void> {
    if (!cancelled && (await directory.isCancelled(id))) {
      cancelled = true;
      for (const job of [...pending.values()])
        await withdraw(job, new RecdistillError('job-cancelled', { job: job.task.job.name }));
    }
    for (const queue of queues.all()) await directory.addQueue(queue.name, queue.requirement);
    for (const job of [...pending.values()]) {
      const state = await job.queue.bull.getJobState(job.id);
      if (state === 'completed') void settle(job);
      else if (state === 'failed') void refuse(job, 'a lost worker');
      else if (state === 'unknown' && pending.get(job.id) === job) {
        note(job, 'the queue has lost it; it is added again');
        await add(job).catch(() => {});
      }
    }
    const workers = await directory.workers.list();
    await refuseCopies(workers);
    reportWaiting(workers);
  }

  let reported = '';

  /** Says which jobs no worker can take, when that changes. */
  function reportWaiting(workers: readonly PresentWorker[]): void {
    const jobs = [...pending.values()].map(({ queue, task }) => ({ queue, name: task.job.name }));
    const text = unservedText(jobs, workers, link.shown);
    if (text !== reported && text !== '') say(text);
    reported = text;
  }

  async function add({ id: jobId, task, queue: { bull } }: Pending): Promise<void> {
    const state = await bull.getJobState(jobId);
    // An earlier end of the same job: its result has been removed since, or it failed.
    if (state === 'completed' || state === 'failed') await bull.remove(jobId).catch(() => 0);
    await directory.uncancel(jobId);
    await directory.watch(jobId, id);
    const data = { plan, task: withinStore(task, store), uses: own.uses, losses: 0 };
    await bull.add(task.job.name, data, { jobId, ...KEEP });
  }

  /** Takes a job back, unless another plan waits for it: at once if it waits, else at its next checkpoint. */
  async function withdraw(job: Pending, error: RecdistillError): Promise<void> {
    if (pending.get(job.id) !== job) return;
    try {
      if (link.isUp() && (await directory.unwatch(job.id, id))) {
        await directory.cancel(job.id);
        const removed = await job.queue.bull.remove(job.id).catch(() => 0);
        while (removed !== 1 && link.isUp() && (await job.queue.bull.getJobState(job.id)) === 'active')
          await sleep(200);
      }
    } catch {
      // Without Redis its worker goes on to the end, and the result is kept.
    }
    end(job, 'failed', () => job.reject(error));
  }

  /** The queue of a requirement. A loss of the connection meanwhile is waited out. */
  async function queueOf(requirement: Requirement, signal: AbortSignal): Promise<JobQueue> {
    for (;;) {
      try {
        return await queues.of(requirement);
      } catch (error) {
        if (!isLost(error) || signal.aborted || closed) throw error;
        await sleep(RETRY_MS);
      }
    }
  }

  const listening = new WeakSet<AbortSignal>();

  /** One listener for all jobs of a plan. */
  function listenTo(signal: AbortSignal): void {
    if (listening.has(signal)) return;
    listening.add(signal);
    signal.addEventListener('abort', () => interrupt(signal));
  }

  function interrupt(signal: AbortSignal): void {
    for (const job of pending.values())
      if (job.control.signal === signal)
        void withdraw(job, new RecdistillError('interrupted', { what: job.task.job.name }));
  }

  return {
    ...{ atOnce: AT_ONCE, remote: true, queues: true },
    async begin({ dataset, jobs }) {
      if (jobs > MOST_JOBS)
        fail('usage', {
          problem: `the plan has ${jobs} jobs; at most ${MOST_JOBS} go over a queue`,
          hint: 'Divide it into several plans with the same runs folder: they share their results.',
        });
      return dataset ? { stored: storeDataset(store, dataset) } : {};
    },
    async run(task, control) {
      withinStore(task, store);
      const requirement: Requirement = {
        ...own,
        kind: task.job.kind,
        memory: roundedMemory(singleThreaded(task.memory ?? 0, task.job.kind === 'part' ? 1 : plannedThreads())),
      };
      listenTo(control.signal);
      const queue = await queueOf(requirement, control.signal);
      return new Promise<Done>((resolve, reject) => {
        const id = jobIdOf(task, own.store, store);
        const job: Pending = { id, task, control, queue, resolve, reject, seen: 0, settling: false };
        pending.set(id, job);
        add(job).then(
          () => control.signal.aborted && interrupt(control.signal),
          (error: unknown) => {
            // A command that was not answered is repeated by the next comparison.
            if ((link.isUp() && !isLost(error)) || isFull(String(error)))
              end(job, 'failed', () => reject(queueError(link.shown, error)));
          },
        );
      });
    },
    async close() {
      closed = true;
      for (const timer of timers) clearInterval(timer);
      if (link.isUp()) await directory.plans.leave(id).catch(() => {});
      await queues.close();
      await link.close();
    },
  };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
