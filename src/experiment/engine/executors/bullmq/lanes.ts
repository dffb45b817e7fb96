/** The queues that a plan adds jobs to, one for each requirement, with their events. */
import type { Queue, QueueEvents } from 'bullmq';
import type { Directory } from './directory.js';
import type { QueuedJob } from './message.js';
import { type QueueLink, queueError } from './redis.js';
import { queueName, type Requirement } from './requirement.js';

export interface LaneEvents {
  active(id: string): void;
  progress(id: string, data: unknown): void;
  completed(id: string): void;
  failed(id: string, reason: string): void;
  stalled(id: string): void;
}

export interface Lane {
  readonly name: string;
  readonly requirement: Requirement;
  readonly queue: Queue<QueuedJob>;
}

export interface Lanes {
  /** @throws RecdistillError `queue-failed` */
  of(requirement: Requirement): Promise<Lane>;
  all(): readonly Lane[];
  close(): Promise<void>;
}

export function createLanes(link: QueueLink, directory: Directory, events: LaneEvents): Lanes {
  const lanes = new Map<string, Promise<Lane>>();
  const open: Lane[] = [];
  const listeners: QueueEvents[] = [];

  async function start(name: string, requirement: Requirement): Promise<Lane> {
    const { Queue, QueueEvents } = link.bull;
    const queue = new Queue<QueuedJob>(name, link.shared);
    const heard = new QueueEvents(name, link.shared);
    // The connection tells of its losses itself.
    queue.on('error', () => {});
    heard.on('error', () => {});
    heard.on('active', ({ jobId }) => events.active(jobId));
    heard.on('progress', ({ jobId, data }) => events.progress(jobId, data));
    heard.on('completed', ({ jobId }) => events.completed(jobId));
    heard.on('failed', ({ jobId, failedReason }) => events.failed(jobId, failedReason));
    heard.on('stalled', ({ jobId }) => events.stalled(jobId));
    listeners.push(heard);
    await heard.waitUntilReady();
    await directory.addQueue(name, requirement);
    const lane = { name, requirement, queue };
    open.push(lane);
    return lane;
  }

  return {
    of(requirement) {
      const name = queueName(requirement);
      const lane =
        lanes.get(name) ??
        start(name, requirement).catch((error: unknown) => {
          lanes.delete(name);
          throw queueError(link.shown, error);
        });
      lanes.set(name, lane);
      return lane;
    },
    all: () => open,
    async close() {
      const closing = [...listeners, ...open.map(({ queue }) => queue)].map((one) => one.close().catch(() => {}));
      // A lost connection never answers.
      if (link.isUp())
        await Promise.race([Promise.all(closing), new Promise((resolve) => setTimeout(resolve, 2000).unref())]);
      await Promise.all(listeners.map((one) => one.disconnect().catch(() => {})));
    },
  };
}
