/** The queues that a plan adds jobs to, one for each requirement, with their events. */
import type { Queue, QueueEvents } from 'bullmq';
import type { Directory } from './directory.js';
import type { QueuedJob } from './message.js';
import { type QueueLink, queueError } from './redis.js';
import { queueName, type Requirement } from './requirement.js';

export interface QueueListeners {
  active(id: string): void;
  progress(id: string, data: unknown): void;
  completed(id: string): void;
  failed(id: string, reason: string): void;
  stalled(id: string): void;
}

export interface JobQueue {
  readonly name: string;
  readonly requirement: Requirement;
  readonly bull: Queue<QueuedJob>;
}

export interface JobQueues {
  /** @throws RecdistillError `queue-failed` */
  of(requirement: Requirement): Promise<JobQueue>;
  all(): readonly JobQueue[];
  close(): Promise<void>;
}

export function createJobQueues(link: QueueLink, directory: Directory, events: QueueListeners): JobQueues {
  const queues = new Map<string, Promise<JobQueue>>();
  const open: JobQueue[] = [];
  const listeners: QueueEvents[] = [];

  async function start(name: string, requirement: Requirement): Promise<JobQueue> {
    const { Queue, QueueEvents } = link.bull;
    const bull = new Queue<QueuedJob>(name, link.shared);
    const received = new QueueEvents(name, link.shared);
    // The connection reports its losses itself.
    bull.on('error', () => {});
    received.on('error', () => {});
    received.on('active', ({ jobId }) => events.active(jobId));
    received.on('progress', ({ jobId, data }) => events.progress(jobId, data));
    received.on('completed', ({ jobId }) => events.completed(jobId));
    received.on('failed', ({ jobId, failedReason }) => events.failed(jobId, failedReason));
    received.on('stalled', ({ jobId }) => events.stalled(jobId));
    try {
      await received.waitUntilReady();
      await directory.addQueue(name, requirement);
    } catch (error) {
      // Another attempt has connections of its own.
      for (const one of [received, bull]) void one.close().catch(() => {});
      throw error;
    }
    listeners.push(received);
    const queue = { name, requirement, bull };
    open.push(queue);
    return queue;
  }

  return {
    of(requirement) {
      const name = queueName(requirement);
      const queue =
        queues.get(name) ??
        start(name, requirement).catch((error: unknown) => {
          queues.delete(name);
          throw queueError(link.shown, error);
        });
      queues.set(name, queue);
      return queue;
    },
    all: () => open,
    async close() {
      const closing = [...listeners, ...open.map(({ bull }) => bull)].map((one) => one.close().catch(() => {}));
      // A lost connection never answers.
      if (link.isUp())
        await Promise.race([Promise.all(closing), new Promise((resolve) => setTimeout(resolve, 2000).unref())]);
      await Promise.all(listeners.map((one) => one.disconnect().catch(() => {})));
    },
  };
}
