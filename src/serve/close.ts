/** Ends an application: `/ready` answers 503, then no connections are accepted, then each ends once its client has everything. */
import { performance } from 'node:perf_hooks';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { App } from './app.js';
import type { Phase } from './operation.js';
import type { ServeOptions } from './options.js';

/** Milliseconds between two checks for idle connections. */
const SWEEP = 50;
/** Milliseconds after the grace time, when all connections are closed, for the application to end. */
const LAST = 1000;

/** Milliseconds after which a process that was told to end is killed. It should have ended by itself before. */
export const limitOf = ({ drain, grace }: Pick<ServeOptions, 'drain' | 'grace'>): number => 1000 * (drain + grace + 2);

/**
 * Waits `drain` seconds while requests are still accepted, then at most `grace` seconds for the answers to reach their clients.
 * @param enter called with each phase when it begins
 */
export async function closeApp(
  { app, connections }: App,
  { drain, grace }: Pick<ServeOptions, 'drain' | 'grace'>,
  enter: (phase: Phase) => void,
): Promise<void> {
  enter('draining');
  if (drain > 0) await wait(1000 * drain);
  enter('closing');
  // Connections that the system has accepted already are taken over first; they would be reset with the listener.
  await turn();
  await turn();
  const since = performance.now();
  const closed = app.close();
  const sweep = setInterval(() => connections.endIdle(since), SWEEP);
  const over = new AbortController();
  const late = async (): Promise<void> => {
    await wait(1000 * grace, undefined, { signal: over.signal });
    connections.destroyAll();
    await wait(LAST, undefined, { signal: over.signal });
  };
  try {
    await Promise.race([closed, late()]);
  } finally {
    over.abort();
    clearInterval(sweep);
  }
}
