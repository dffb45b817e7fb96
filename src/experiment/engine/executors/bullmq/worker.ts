/** A worker: takes jobs from the queues that it can serve and runs each in a child process, so that it can always answer. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Job, Worker } from 'bullmq';
import { RecdistillError } from '../../../../errors.js';
import { paced } from '../../../../formats/pace.js';
import { type ArithmeticWord, arithmeticOf } from '../../../../kernels/index.js';
import { memoryForAll, programParts, totalOf } from '../../../../memory/index.js';
import type { Executor } from '../../executor.js';
import { STORE_ID, storeId } from '../../store-id.js';
import { processesExecutor, sharesOf } from '../processes.js';
import { type CurrentJob, directoryOf, HEARTBEAT_SECONDS } from './directory.js';
import type { QueuedJob, QueuedResult } from './message.js';
import { hasModule, ownCode, ownModules } from './own.js';
import { openQueue, type QueueAddress, queueError } from './redis.js';
import { reasonAgainst, type WorkerInfo } from './requirement.js';
import { type End, type Work, workOn } from './work.js';
import { markWorker, unmarkWorker } from './worker-files.js';

export interface WorkerOptions {
  readonly address: QueueAddress;
  /** The runs folder, which the plans share. */
  readonly store: string;
  /** Threads of all jobs together. */
  readonly threads: number;
  /** Bytes of this process and all jobs together. Default: the memory of the machine. */
  readonly memoryLimit?: number | undefined;
  readonly arithmetic?: ArithmeticWord | undefined;
  /** Jobs at the same time. Default: 1. */
  readonly jobs?: number;
  /** Kinds of jobs that it takes. Default: all. */
  readonly only?: readonly string[] | undefined;
  /** Ends after so many seconds without a job. Default: never. */
  readonly untilIdle?: number | undefined;
  readonly say: (text: string) => void;
  /** Ends the worker: its jobs stop at the next checkpoint and go back to the queue. */
  readonly signal: AbortSignal;
}

export interface WorkerResult {
  readonly done: number;
  /** Jobs that failed for good. */
  readonly failed: number;
  /** Jobs that another worker continues. */
  readonly returned: number;
}

/** Between two looks at empty queues, and between two looks at which queues there are. */
const [IDLE_MS, QUEUES_MS] = [250, 1000 * paced(1)];
/** A job whose worker does not renew its lock for so long goes to another one. */
const LOCK_MS = 1000 * paced(30);
const STALLED_MS = 1000 * paced(10);
/** How often a job may lose its worker before it counts as the cause. */
const MOST_STALLED = 10;

/** @throws RecdistillError `queue-failed`, `write-failed` if the store cannot be written any more */
export async function serveQueue(options: WorkerOptions): Promise<WorkerResult> {
  const { address, threads, memoryLimit, jobs = 1, only, untilIdle, say, signal } = options;
  const store = resolve(options.store);
  const shares = sharesOf(threads, jobs);
  const all = (memoryLimit ?? memoryForAll()) - totalOf(programParts(1));
  const info: WorkerInfo = {
    ...{ id: randomUUID(), host: hostname(), pid: process.pid, node: process.version, ...ownCode() },
    ...{ store: storeId(store), path: store, arithmetic: arithmeticOf(options.arithmetic) },
    ...{ threads: Math.min(...shares), memory: Math.floor(all / shares.length), jobs: shares.length },
    uses: ownModules().map(({ sha256 }) => sha256),
    ...(only ? { only } : {}),
  };
  const link = await openQueue(address, { say });
  const directory = directoryOf(link.redis);
  const executor: Executor = processesExecutor({ jobs, threads, memoryLimit, arithmetic: options.arithmetic });
  const consumers = new Map<string, Worker<QueuedJob, QueuedResult>>();
  const running = new Map<Promise<void>, CurrentJob>();
  const counts = { done: 0, failed: 0, returned: 0 };
  const stop = new AbortController();
  let broken: unknown;
  let taking: ReturnType<typeof take> | undefined;
  let wake = (): void => {};
  /** Waits, until a job ends or the worker is to end at the latest. */
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  stop.signal.addEventListener('abort', () => wake());
  signal.addEventListener('abort', () => stop.abort());
  if (signal.aborted) stop.abort();

  const announce = async () => {
    // Plans look for the file of every worker that is registered.
    markWorker(store, info.id);
    await directory.workers.announce({ ...info, current: [...running.values()], against });
  };
  const heartbeat = setInterval(() => void announce().catch(() => {}), HEARTBEAT_SECONDS * 1000);

  /** The queues whose jobs this worker can do, those that need most memory first. */
  let suitable: readonly string[] = [];
  /** Why it does not take the jobs that plans wait for, by queue. */
  let against: Readonly<Record<string, string>> = {};
  let reported = '';
  /** Ends the worker if a plan has found that its store is a copy. */
  async function endAsCopy(): Promise<void> {
    const plan = await directory.copyOf(info.id);
    if (plan === null) return;
    const problem = `${store} is a copy of the store of the plan ${plan}: both have the same id, but what this worker writes does not appear there`;
    const hint = `Give --store the folder of the plan. To make the copy a store of its own, delete ${join(store, STORE_ID)}.`;
    broken ??= new RecdistillError('queue-failed', { problem, hint });
    stop.abort();
  }

  async function look(): Promise<void> {
    const queues = [...(await directory.queues())].map(([name, requirement]) => ({
      name,
      requirement,
      reason: reasonAgainst(requirement, { ...info, has: hasModule }),
    }));
    await endAsCopy();
    const plans = await directory.plans.list();
    const fit = queues.filter(({ reason }) => reason === undefined);
    suitable = fit.sort((a, b) => b.requirement.memory - a.requirement.memory).map(({ name }) => name);
    const wanted = queues.filter(({ requirement }) =>
      plans.some(({ store, waiting }) => waiting > 0 && store === requirement.store),
    );
    against = Object.fromEntries(wanted.flatMap(({ name, reason }) => (reason === undefined ? [] : [[name, reason]])));
    const text = Object.entries(against)
      .map(([name, reason]) => `${name}: ${reason}`)
      .join('\n  ');
    if (text === reported) return;
    if (text !== '') say(`Jobs of these queues are not for this worker:\n  ${text}`);
    reported = text;
    // Plans show it.
    await announce();
  }
  const looking = setInterval(() => void look().catch(() => {}), QUEUES_MS);

  function consumerOf(name: string): Worker<QueuedJob, QueuedResult> {
    const known = consumers.get(name);
    if (known) return known;
    const consumer = new link.bull.Worker<QueuedJob, QueuedResult>(name, null, {
      ...link.shared,
      ...{ name: `${info.host} ${info.pid}`, autorun: false },
      ...{ lockDuration: LOCK_MS, stalledInterval: STALLED_MS, maxStalledCount: MOST_STALLED },
    });
    consumer.on('error', () => {});
    consumers.set(name, consumer);
    void consumer.startStalledCheckTimer();
    return consumer;
  }

  async function take(): Promise<{ consumer: Worker; job: Job<QueuedJob, QueuedResult>; token: string } | undefined> {
    for (const name of suitable) {
      const token = randomUUID();
      const consumer = consumerOf(name);
      const job = await consumer.getNextJob(token, { block: false });
      if (job) return { consumer, job, token };
    }
    return undefined;
  }

  function start(work: Pick<Work, 'job' | 'token'>): void {
    const { job } = work;
    say(`${job.name} (${job.data.plan})`);
    const all: Work = {
      ...work,
      directory,
      executor,
      store,
      lockMs: LOCK_MS,
      worker: `${info.host}, process ${info.pid}`,
      stop: stop.signal,
    };
    const promise = workOn(all)
      .then((end: End) => {
        counts[end.how]++;
        say(`${job.name} ${end.text}`);
        if (end.broken !== undefined) {
          broken ??= end.broken;
          stop.abort();
        }
      })
      .finally(() => {
        running.delete(promise);
        wake();
        void announce().catch(() => {});
      });
    running.set(promise, { id: job.id!, name: job.name, plan: job.data.plan });
    void announce().catch(() => {});
  }

  try {
    await Promise.all([announce(), look()]).catch((error: unknown) => {
      throw queueError(link.shown, error);
    });
    say(
      `Worker ${info.pid} on ${info.host}: ${info.jobs} jobs at a time with ${info.threads} threads and ${Math.floor(info.memory / 1e6)} MB each, store ${store}, queue ${link.shown}.`,
    );
    let idleSince = performance.now();
    while (!stop.signal.aborted) {
      let taken: Awaited<ReturnType<typeof take>> | 'waiting' = 'waiting';
      if (running.size < info.jobs) {
        taking = take().catch(() => undefined);
        void taking.then((got) => {
          taken = got;
          wake();
        });
        // Without Redis there is no answer, and the worker can end nevertheless.
        while (taken === 'waiting' && !stop.signal.aborted) await pause(IDLE_MS);
      }
      if (stop.signal.aborted) break;
      taking = undefined;
      if (taken !== 'waiting' && taken) start(taken);
      else await pause(IDLE_MS);
      if (running.size > 0) idleSince = performance.now();
      if (untilIdle !== undefined && performance.now() - idleSince > untilIdle * 1000) break;
    }
    await Promise.all(running.keys());
    // A job that arrived too late to be begun.
    const late = taking?.then((got) => got?.job.moveToWait(got.token)).catch(() => undefined);
    await Promise.race([late, sleep(1000)]);
  } finally {
    clearInterval(heartbeat);
    clearInterval(looking);
    await executor.close();
    if (link.isUp())
      await directory.workers.leave(info.id).then(
        () => unmarkWorker(store, info.id),
        () => {},
      );
    const closing = Promise.all([...consumers.values()].map((consumer) => consumer.close(true).catch(() => {})));
    await Promise.race([closing, sleep(2000)]);
    await link.close();
  }
  if (broken !== undefined) throw broken;
  return counts;
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
