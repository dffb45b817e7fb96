/** What people see of a queue, and how they cancel. */
import type { Queue } from 'bullmq';
import { fail } from '../../../../errors.js';
import { directoryOf, type PresentPlan, type PresentWorker } from './directory.js';
import { fromJson, type Progress, type QueuedJob } from './message.js';
import { openQueue, type QueueAddress, type QueueLink, queueError } from './redis.js';
import type { Requirement } from './requirement.js';

/** States that are shown. */
const STATES = ['active', 'waiting', 'completed', 'failed'] as const;

export interface QueuedState {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  readonly kind: Requirement['kind'];
  readonly state: (typeof STATES)[number];
  /** Bytes that it needs with one thread. */
  readonly memory: number;
  /** The last progress that its worker reported. */
  readonly progress?: unknown;
  /** Why it failed. */
  readonly failure?: string;
}

export interface QueueStatus {
  /** Address of the queue, without password. */
  readonly queue: string;
  readonly workers: readonly PresentWorker[];
  readonly plans: readonly PresentPlan[];
  readonly jobs: readonly QueuedState[];
}

export interface QueueRequest {
  readonly address: QueueAddress;
  readonly say: (text: string) => void;
}

/** Jobs of one state and queue that are listed. */
const MOST_LISTED = 1000;

/** @throws RecdistillError `queue-failed` */
export const queueStatus = ({ address, say }: QueueRequest): Promise<QueueStatus> =>
  withQueues(address, say, async (link, queues) => {
    const directory = directoryOf(link.redis);
    const [workers, plans] = await Promise.all([directory.workers.list(), directory.plans.list()]);
    const jobs: QueuedState[] = [];
    for (const { queue, requirement } of queues)
      for (const state of STATES)
        for (const job of await queue.getJobs([state], 0, MOST_LISTED - 1))
          if (job)
            jobs.push({
              ...{ id: job.id!, name: job.name, plan: job.data.plan, kind: requirement.kind, state },
              memory: requirement.memory,
              ...(state === 'active' ? { progress: shownOf(fromJson(job.progress)) } : {}),
              ...(job.failedReason ? { failure: job.failedReason } : {}),
            });
    return { queue: link.shown, workers, plans, jobs };
  });

/** The event that tells most: the last one with a count, or else the last one. */
function shownOf(progress: Progress): unknown {
  if (!('events' in progress)) return progress;
  const { events } = progress;
  return { event: events.findLast((event) => event.type === 'epoch' || event.type === 'progress') ?? events.at(-1) };
}

export interface Cancelled {
  /** Names of the jobs that will not begin. */
  readonly removed: readonly string[];
  /** Names of the jobs that stop at their next checkpoint. */
  readonly stopping: readonly string[];
}

/**
 * Cancels jobs for every plan that waits for them.
 * @param what name of a plan, name or id of a job; absent: everything
 * @throws RecdistillError `queue-failed`, `unknown-name`
 */
export const cancelQueued = ({ address, say }: QueueRequest, what?: string): Promise<Cancelled> =>
  withQueues(address, say, async (link, queues) => {
    const directory = directoryOf(link.redis);
    const removed: string[] = [];
    const stopping: string[] = [];
    const plans = (await directory.plans.list()).filter(({ plan }) => what === undefined || plan === what);
    // A plan adds no more jobs.
    for (const { id } of plans) await directory.cancel(id);
    const names = new Set<string>();
    for (const { queue } of queues)
      for (const job of await queue.getJobs(['active', 'waiting'])) {
        if (!job) continue;
        names.add(job.name).add(job.data.plan);
        if (what !== undefined && ![job.id, job.name, job.data.plan].includes(what)) continue;
        await directory.cancel(job.id!);
        // A job that is at work is locked: its worker sees the request.
        const gone = await queue.remove(job.id!).catch(() => 0);
        (gone === 1 ? removed : stopping).push(job.name);
      }
    if (what !== undefined && plans.length + removed.length + stopping.length === 0)
      fail('unknown-name', { kind: 'plan or job in the queue', given: what, known: [...names].join(', ') || 'none' });
    return { removed, stopping };
  });

interface OpenedQueue {
  readonly requirement: Requirement;
  readonly queue: Queue<QueuedJob>;
}

async function withQueues<T>(
  address: QueueAddress,
  say: (text: string) => void,
  use: (link: QueueLink, queues: readonly OpenedQueue[]) => Promise<T>,
): Promise<T> {
  const link = await openQueue(address, { say });
  const open: OpenedQueue[] = [];
  try {
    for (const [name, requirement] of await directoryOf(link.redis).queues()) {
      const queue = new link.bull.Queue<QueuedJob>(name, link.shared);
      queue.on('error', () => {});
      open.push({ queue, requirement });
    }
    return await use(link, open);
  } catch (error) {
    throw queueError(link.shown, error);
  } finally {
    await Promise.all(open.map(({ queue }) => queue.close().catch(() => {})));
    await link.close();
  }
}
