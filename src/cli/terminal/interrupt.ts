/** Ctrl-C: the first one stops the work at the next checkpoint, the second one ends the process immediately. */

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `work` with an abort signal that the first SIGINT or SIGTERM triggers. In a child process the end of the channel to the parent triggers it,
 * too, so that no child outlives its parent.
 */
export async function interruptible<T>(
  say: (text: string) => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    say('\nStopping at the next checkpoint. Press Ctrl-C again to stop immediately.');
    controller.abort();
    // Without listeners the default handling ends the process, even while the event loop is busy.
    release();
  };
  const release = () => {
    for (const signal of SIGNALS) process.removeListener(signal, stop);
    process.removeListener('disconnect', stop);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  process.on('disconnect', stop);
  if (isOrphan()) stop();
  try {
    return await work(controller.signal);
  } finally {
    release();
  }
}

/** True in a child process whose parent closed the channel before the listener was added. */
const isOrphan = (): boolean => process.send !== undefined && !process.connected;
