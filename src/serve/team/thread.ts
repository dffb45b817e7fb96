/** One worker of a server: a thread with an application of its own, on the socket and the weights of all. */
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

/** What a thread starts with. */
export interface ThreadStart {
  readonly bundle: StudentBundle;
  readonly options: ServeOptions;
  readonly rates: RateTable;
  readonly token: string | undefined;
  /** The number of an open socket that is this thread's own. */
  readonly fd: number;
}

const { bundle, options, rates, token, fd } = workerData as ThreadStart;
const port = parentPort!;
const holder = createHolder(prepare(bundle));
const metrics = createMetrics(() => holder.current);
let stopping = false;
/** Ready to be served, until all threads are so far. */
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
      // With nothing left to wait for, the thread ends once the answer has gone.
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
