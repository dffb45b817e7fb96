/** One worker of a server: a thread with its own application, on the shared socket and model parameters. */
import { parentPort, workerData } from 'node:worker_threads';
import { type About, aboutBundle } from '../about.js';
import { createApp } from '../app.js';
import { closeApp } from '../close.js';
import type { ServedBundle } from '../histories.js';
import { listen } from '../listen.js';
import { createMetrics } from '../metrics.js';
import type { Phase } from '../operation.js';
import type { ServeOptions } from '../options.js';
import type { RateTable } from '../rate-table.js';
import { createHolder, prepare, type Served } from '../served.js';
import { createCalls } from './calls.js';

/** Start parameters of a thread. */
export interface ThreadStart {
  readonly bundle: ServedBundle;
  readonly options: ServeOptions;
  readonly rates: RateTable;
  readonly token: string | undefined;
  /** File descriptor of this thread's open socket. */
  readonly fd: number;
  /** Signs of life of all threads, and the place of this one's. */
  readonly beats: Int32Array;
  readonly place: number;
}

/** Milliseconds between two signs of life. */
const BEAT = 250;

const { bundle, options, rates, token, fd, beats, place } = workerData as ThreadStart;
const port = parentPort!;
const holder = createHolder(prepare(bundle));
const metrics = createMetrics(() => holder.current);
let phase: Phase = 'serving';
/** The prepared bundle, until all threads have prepared it. */
let next: Served | undefined;

const calls = createCalls(
  { post: (message) => port.postMessage(message), onMessage: (take) => port.on('message', take) },
  {
    prepare(given: ServedBundle) {
      next = prepare(given);
    },
    swap(key: string) {
      // A bundle that another thread could not prepare may be left from an earlier call.
      if (next?.key === key) holder.swap(next);
      next = undefined;
      return aboutBundle(holder.current);
    },
    counts: () => metrics.counts(),
    async close() {
      await closeApp(made, options, (now) => {
        phase = now;
      });
      // Closed after the response has been sent, so that the thread can end.
      setImmediate(() => port.close());
    },
  },
);
const operations = {
  reload: () => calls.call('reload') as Promise<About>,
  metricsText: () => calls.call('metricsText') as Promise<string>,
  phase: () => phase,
};
const made = await createApp({
  ...{ options, holder, metrics, operations, rates },
  ...(token !== undefined && { token }),
});
await listen(made.app.server, { fd });
// Without it, the thread counts as hung.
setInterval(() => Atomics.add(beats, place, 1), BEAT).unref();
await calls.call('listening', aboutBundle(holder.current));
