/** Ctrl-C: the first one stops the work at the next checkpoint, or after two seconds; the second one ends the process immediately. */
import { fail } from '../../errors.js';
import { onBusy } from '../../progress.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Milliseconds after which work that has not stopped is ended. What is on disk is complete at any time. */
const MOST_MS = 1800;

/**
 * Runs `work` with an abort signal that the first SIGINT or SIGTERM triggers. In a child process the end of the channel to the parent triggers it,
 * too, so that no child outlives its parent.
 */
export async function interruptible<T>(
  say: (text: string) => void,
  work: (signal: AbortSignal) => Promise<T>,
  { most = MOST_MS, end = endNow }: { readonly most?: number; readonly end?: () => void } = {},
): Promise<T> {
  const controller = new AbortController();
  let late: NodeJS.Timeout | undefined;
  const stop = () => {
    say('\nStopping at the next checkpoint. Press Ctrl-C again to stop immediately.');
    controller.abort();
    // Without listeners the default handling ends the process, even while the event loop is busy.
    release();
    late = setTimeout(end, most);
  };
  const listen = () => {
    for (const signal of SIGNALS) process.on(signal, stop);
  };
  const release = () => {
    for (const signal of SIGNALS) process.removeListener(signal, stop);
    process.removeListener('disconnect', stop);
  };
  const noLongerBusy = onBusy({
    begin() {
      if (controller.signal.aborted) fail('interrupted', { what: 'the command', unkept: true });
      for (const signal of SIGNALS) process.removeListener(signal, stop);
    },
    end() {
      if (!controller.signal.aborted) listen();
    },
  });
  listen();
  process.on('disconnect', stop);
  if (isOrphan()) stop();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(late);
    release();
    noLongerBusy();
  }
}

/** Nothing waits for this error, so it ends the process. */
function endNow(): never {
  return fail('interrupted', { what: 'the command', unkept: true });
}

/** True in a child process whose parent closed the channel before the listener was added. */
const isOrphan = (): boolean => process.send !== undefined && !process.connected;
