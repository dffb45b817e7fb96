/** Calls that must not overlap. */

/**
 * Runs `work` one call at a time. A call that comes while one runs waits for it, as that one may have begun too early to see what the caller
 * wants seen; all that wait share one further run.
 */
export function inTurn<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | undefined;
  let waiting: Promise<T> | undefined;
  const start = (): Promise<T> => {
    waiting = undefined;
    const run = work().finally(() => {
      if (running === run) running = undefined;
    });
    running = run;
    return run;
  };
  return () => {
    if (!running) return start();
    waiting ??= running.then(start, start);
    return waiting;
  };
}
