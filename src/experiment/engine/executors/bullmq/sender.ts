/** What a worker sends of a running job. */
import type { JobEvent } from '../../events.js';
import type { Progress } from './message.js';

export interface Sender {
  (progress: Progress): void;
  event(event: JobEvent): void;
  /** Resolves when the last message is sent, or cannot be. */
  last(): Promise<unknown>;
}

/** Least time between two messages with events. Redis, the plan and this process have to read each of them. */
const EVENTS_MS = 500;
/** Events that wait at most while Redis does not answer. Later ones are dropped. */
const MOST_EVENTS = 1000;
/** Other messages that wait at most. */
const MOST_WAITING = 100;

/**
 * Sends messages in order. Events are collected and sent together. Of reports of steps, which follow each other quickly, only the newest is kept.
 * @param post sends a message; it may fail
 */
export function createSender(post: (progress: Progress) => Promise<unknown>): Sender {
  let queue: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let events: JobEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sent = Number.NEGATIVE_INFINITY;

  function push(progress: Progress): void {
    waiting++;
    queue = queue
      .then(() => post(progress))
      .catch(() => {})
      .finally(() => waiting--);
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (events.length === 0) return;
    push({ events });
    events = [];
    sent = performance.now();
  }

  /** Events do not pile up in messages while Redis does not answer. */
  function due(): void {
    timer = undefined;
    if (waiting === 0) flush();
    else timer = setTimeout(due, EVENTS_MS);
  }

  const send = (progress: Progress): void => {
    flush();
    if (waiting <= MOST_WAITING || 'error' in progress) push(progress);
  };
  return Object.assign(send, {
    event(event: JobEvent): void {
      if (event.type === 'progress' && events.at(-1)?.type === 'progress') events.pop();
      if (events.length < MOST_EVENTS) events.push(event);
      timer ??= setTimeout(due, Math.max(0, sent + EVENTS_MS - performance.now()));
    },
    last() {
      flush();
      return queue;
    },
  });
}
