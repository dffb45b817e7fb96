/** One job at a worker: it is done in a child process, while this process renews its lock in the queue and listens for its cancellation. */
import { relative, sep } from 'node:path';
import type { Job } from 'bullmq';
import { RecdistillError } from '../../../../errors.js';
import { paced } from '../../../../formats/pace.js';
import { type Executor, LostProcess, type Task } from '../../executor.js';
import { sentError } from '../messages.js';
import type { Directory } from './directory.js';
import { isDone } from './finished.js';
import { atStore, type QueuedJob, type QueuedResult, toJson } from './message.js';
import { localModules } from './own.js';
import { createSender, type Sender } from './sender.js';

export interface Work {
  readonly job: Job<QueuedJob, QueuedResult>;
  /** Of the lock in the queue. */
  readonly token: string;
  readonly lockMs: number;
  readonly directory: Directory;
  readonly executor: Executor;
  readonly store: string;
  /** Name of the worker for people. */
  readonly worker: string;
  /** The worker is to end. */
  readonly stop: AbortSignal;
}

export interface End {
  readonly how: 'done' | 'failed' | 'returned';
  /** In words, after the name of the job. */
  readonly text: string;
  /** An error of this machine, after which the worker must end. */
  readonly broken?: unknown;
}

/** How often a job is tried again after its process has died. */
const RETRIES = 2;
/** The first pause before another attempt; each further one is twice as long. */
const BACKOFF_MS = 1000 * paced(5);
/** Between two looks for a cancellation, and at the lock of a run that another process has. */
const POLL_MS = 1000;

/** Does not throw: every end is reported. */
export async function workOn(work: Work): Promise<End> {
  const { job, token, lockMs, stop, directory } = work;
  const stopped = new AbortController();
  let cancelled = false;
  const abort = () => stopped.abort();
  stop.addEventListener('abort', abort);
  if (stop.aborted) abort();
  const renewal = setInterval(() => void job.extendLock(token, lockMs).catch(() => {}), lockMs / 3);
  const looking = setInterval(() => {
    const found = (is: boolean): void => {
      if (!is) return;
      cancelled = true;
      abort();
    };
    void directory.isCancelled(job.id!).then(found, () => {});
  }, POLL_MS);
  try {
    return await attempt(work, stopped.signal, () => cancelled);
  } catch (error) {
    // A command to the queue has failed: the job is no longer this worker's. Its result, if there is one, is in the store.
    return { how: 'returned', text: `is left to the queue (${error instanceof Error ? error.message : error})` };
  } finally {
    clearInterval(renewal);
    clearInterval(looking);
    stop.removeEventListener('abort', abort);
  }
}

async function attempt(work: Work, signal: AbortSignal, isCancelled: () => boolean): Promise<End> {
  const { job, token, store, worker, executor } = work;
  const send = createSender((progress) => job.updateProgress(toJson(progress)));
  let task: Task;
  try {
    task = atStore(job.data.task, store, localModules(job.data.uses));
  } catch (error) {
    return failed(work, send, error);
  }
  if (job.deferredFailure) return failed(work, send, lost(task, 'a lost worker', job.stalledCounter));
  send({ worker });
  const complete = async (reused: boolean): Promise<End> => {
    const folder = relative(store, task.folder!).split(sep).join('/');
    await send.last();
    await job.moveToCompleted({ reused, folder, worker }, token, false);
    return { how: 'done', text: reused ? 'was finished already' : 'is done' };
  };
  for (;;) {
    if (isDone(task, task.folder!)) return complete(true);
    const ended = await executor
      .run(task, {
        ...{ signal, teacher: () => undefined, saved: () => undefined },
        listen: send.event,
      })
      .catch((error: unknown) => ({ error }));
    // An error of the queue is none of the job: only what the executor throws makes it fail.
    if (!('error' in ended)) return complete(ended.reused);
    const { error } = ended;
    if (isCancelled()) return failed(work, send, new RecdistillError('job-cancelled', { job: job.name }));
    if (signal.aborted) return giveBack(work, 'goes back to the queue');
    if (isLockedElsewhere(error)) await sleep(POLL_MS);
    else if (error instanceof LostProcess || codeOf(error) === 'out-of-memory') {
      const end = error instanceof LostProcess ? error.end : (error as Error).message;
      const losses = job.data.losses + 1;
      if (losses > RETRIES)
        return failed(work, send, error instanceof LostProcess ? lost(task, error.end, losses) : error);
      send({ retry: { attempt: losses, most: RETRIES, end } });
      await job.updateData({ ...job.data, losses });
      await sleep(BACKOFF_MS * 2 ** (losses - 1));
      return giveBack(work, `goes back to the queue: its process ended with ${end}`);
    } else if (codeOf(error) === 'lock-lost') return giveBack(work, 'was taken over by another worker');
    else if (codeOf(error) === 'write-failed')
      return { ...(await giveBack(work, `goes back to the queue: ${(error as Error).message}`)), broken: error };
    else return failed(work, send, error);
  }
}

/** Returns a job at once, so that its lock need not expire. */
async function giveBack({ job, token }: Work, text: string): Promise<End> {
  await job.moveToWait(token);
  return { how: 'returned', text };
}

async function failed({ job, token }: Work, send: Sender, error: unknown): Promise<End> {
  send({ error: sentError(error) });
  await send.last();
  const message = error instanceof Error ? error.message : String(error);
  await job.moveToFailed(new Error(message), token, false);
  return { how: 'failed', text: `failed: ${message}` };
}

const lost = ({ job }: Task, end: string, times: number): RecdistillError =>
  new RecdistillError('job-lost', { job: job.name, end, times });

const codeOf = (error: unknown): string | undefined => (error instanceof RecdistillError ? error.code : undefined);

/** The run is locked by a process that may still be working on it: that of a worker that does not answer. Its lock ends with it. */
const isLockedElsewhere = (error: unknown): boolean =>
  error instanceof RecdistillError && error.code === 'run-locked' && error.details.other === true;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
