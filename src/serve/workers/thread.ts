/** One worker of a server: a thread with its own application, on the shared socket and model parameters. */
import { parentPort, workerData } from 'node:worker_threads';
import type { StudentBundle } from '../../student/index.js';
import { createApp } from '../app.js';
import { closeApp, listen } from '../listen.js';
import { createMetrics } from '../metrics.js';
import type { ServeOptions } from '../options.js';
import type { RateTable } from '../rate-table.js';
import { aboutBundle } from '../routes.js';
import { createHolder, prepare, type Served } from '../served.js';
import { createCalls } from './calls.js';

/** Start parameters of a thread. */
export interface ThreadStart {
  readonly bundle: StudentBundle;
  readonly options: ServeOptions;
  readonly rates: RateTable;
  readonly token: string | undefined;
  /** File descriptor of this thread's open socket. */
  readonly fd: number;
}

const { bundle, options, rates, token, fd } = workerData as ThreadStart;
const port = parentPort!;
const holder = createHolder(prepare(bundle));
const metrics = createMetrics(() => holder.current);
let stopping = false;
/** The prepared bundle, until all threads have prepared it. */
let next: Served | undefined;

const calls = createCalls(
  { post: (message) => port.postMessage(message), onMessage: (take) => port.on('message', take) },
  {
    prepare(given: StudentBundle) {
      next = prepare(given);
    },
    swap() {
      if (next) holder.swap(next);
      next = undefined;
      return aboutBundle(holder.current);
    },
    counts: () => metrics.counts(),
    async close() {
      stopping = true;
      await closeApp(app, options.grace);
      // Closed after the response has been sent, so that the thread can end.
      setImmediate(() => port.close());
    },
  },
);
const operations = {
  reload: () => calls.call('reload') as Promise<object>,
  metricsText: () => calls.call('metricsText') as Promise<string>,
  stopping: () => stopping,
};
const app = await createApp({
  ...{ options, holder, metrics, operations, rates },
  ...(token !== undefined && { token }),
});
await listen(app.server, { fd });
await calls.call('listening');
