/** Ctrl-C: the first one asks the work to stop at a clean checkpoint, the second one ends the process at once. */

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `work` with a signal that the first SIGINT or SIGTERM sets off. In a child process the end of the channel to the parent does, too:
 * so a parent stops its children on every system, and none goes on alone.
 */
export async function interruptible<T>(
  say: (text: string) => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    say('\nStopping at the next clean checkpoint. Press Ctrl-C again to stop at once.');
    controller.abort();
    // Without listeners the system's own handling is back, which needs no turn of a busy event loop.
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

/** True in a child process whose parent closed the channel before anybody listened. */
const isOrphan = (): boolean => process.send !== undefined && !process.connected;
