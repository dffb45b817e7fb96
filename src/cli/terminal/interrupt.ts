/**
 * Ctrl-C: the first one stops the work at the next checkpoint, or after two seconds; the second one ends the process immediately. While the work is
 * busy, the first one does.
 */
import { fail } from '../../errors.js';
import { type BusyHandler, onBusy } from '../../progress.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Milliseconds after which work that has not stopped is ended. What is on disk is complete at any time. */
const MOST_MS = 1800;

const TEXT = 'Stopping at the next checkpoint. Press Ctrl-C again to stop immediately.';

export interface InterruptOptions {
  readonly most?: number;
  readonly end?: () => void;
  /** What is said at the first signal. */
  readonly text?: string;
}

/** Work that a signal interrupts. Of nested ones, only the innermost handles signals. */
interface Interruptible {
  suspend(): void;
  /** @param aborted whether the one within was interrupted */
  resume(aborted: boolean): void;
}

let innermost: Interruptible | undefined;

/**
 * Runs `work` with an abort signal that the first SIGINT or SIGTERM triggers. In a child process the end of the channel to the parent triggers it,
 * too, so that no child outlives its parent.
 */
export async function interruptible<T>(
  say: (text: string) => void,
  work: (signal: AbortSignal) => Promise<T>,
  { most = MOST_MS, end = endNow, text = TEXT }: InterruptOptions = {},
): Promise<T> {
  const outer = innermost;
  const controller = new AbortController();
  let late: NodeJS.Timeout | undefined;
  const stop = () => {
    say(`\n${text}`);
    controller.abort();
    // Without listeners the default handling ends the process, even while the event loop is busy.
    release();
    late = setTimeout(end, most);
  };
  /** Whether signals are for this work. Busy work may end after it. */
  let active = true;
  const listen = () => {
    ignore();
    for (const signal of SIGNALS) process.on(signal, stop);
  };
  const ignore = () => {
    for (const signal of SIGNALS) process.removeListener(signal, stop);
  };
  const release = () => {
    active = false;
    ignore();
    process.removeListener('disconnect', stop);
  };
  const handler: BusyHandler = {
    begin(finishing) {
      if (controller.signal.aborted && !finishing) fail('interrupted', { what: 'the command', unkept: true });
      ignore();
    },
    end() {
      if (active) listen();
    },
  };
  let noLongerBusy = onBusy(handler);
  const own: Interruptible = {
    suspend() {
      release();
      noLongerBusy();
    },
    resume(aborted) {
      if (aborted) return controller.abort();
      noLongerBusy = onBusy(handler);
      active = true;
      listen();
      process.on('disconnect', stop);
    },
  };
  outer?.suspend();
  innermost = own;
  listen();
  process.on('disconnect', stop);
  if (isOrphan()) stop();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(late);
    release();
    noLongerBusy();
    innermost = outer;
    outer?.resume(controller.signal.aborted);
  }
}

/** Nothing waits for this error, so it ends the process. */
function endNow(): never {
  return fail('interrupted', { what: 'the command', unkept: true });
}

/** True in a child process whose parent closed the channel before the listener was added. */
const isOrphan = (): boolean => process.send !== undefined && !process.connected;
