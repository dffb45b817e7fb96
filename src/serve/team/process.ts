/** The process of a server with several workers: reads bundles, hands them to its threads, adds up their counts. It answers no request itself. */
import { Worker } from 'node:worker_threads';
import { inTurn } from '../in-turn.js';
import { type Counts, createProcessMetrics } from '../metrics.js';
import type { ServeOptions } from '../options.js';
import { createRateTable } from '../rate-table.js';
import { readSteadyBundle, reloading } from '../served.js';
import { type Calls, createCalls } from './calls.js';
import { shared } from './shared-bundle.js';
import type { ThreadStart } from './thread.js';

/** What the process starts with. */
export interface ProcessStart {
  readonly folder: string;
  readonly options: ServeOptions;
  readonly token?: string;
  /** The numbers of open sockets on the same port, one for each thread. */
  readonly sockets: readonly number[];
}

const whole = createProcessMetrics();
let threads: readonly Calls[] = [];
let folder = '';
let serving = '';

const all = (name: string, given?: unknown): Promise<unknown[]> =>
  Promise.all(threads.map((thread) => thread.call(name, given)));

/** In two steps: no thread goes over to the new bundle before all have it ready. */
const reload = inTurn(() =>
  reloading(whole, async () => {
    const bundle = shared(await readSteadyBundle(folder));
    if (bundle.manifest.sha256 !== serving) await all('prepare', bundle);
    serving = bundle.manifest.sha256;
    const [about] = await all('swap');
    return about as object;
  }),
);

async function start(given: ProcessStart): Promise<void> {
  const { options, token, sockets } = given;
  folder = given.folder;
  const bundle = shared(await readSteadyBundle(folder));
  serving = bundle.manifest.sha256;
  const rates = createRateTable();
  const started = sockets.map((fd) => startThread({ bundle, options, rates, token, fd }));
  threads = started.map(({ calls }) => calls);
  await Promise.all(started.map(({ listening }) => listening));
}

function startThread(workerData: ThreadStart): { calls: Calls; listening: Promise<void> } {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData });
  let calls!: Calls;
  const listening = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    calls = createCalls(
      { post: (message) => worker.postMessage(message), onMessage: (take) => worker.on('message', take) },
      {
        reload: () => reload(),
        metricsText: async () => whole.merged((await all('counts')) as Counts[]),
        listening: () => resolve(),
      },
    );
  });
  // The socket of a thread that died is lost with it: the process ends, and whoever watches it starts another one.
  worker.on('error', (error) => {
    if (threads.length === 0) return;
    process.stderr.write(
      `${JSON.stringify({ level: 60, time: Date.now(), msg: `a worker failed: ${error.message}` })}\n`,
    );
    process.exit(1);
  });
  return { calls, listening };
}

let closing: Promise<unknown> | undefined;
/** Once all threads have ended and the channel is closed, nothing keeps the process. */
async function close(): Promise<void> {
  closing ??= all('close');
  await closing;
}

// Ctrl-C on a terminal reaches this process, too; the one that watches it decides what follows.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('disconnect', () => void close());
createCalls(
  { post: (message) => process.connected && process.send!(message), onMessage: (take) => process.on('message', take) },
  { start, reload: () => reload(), close },
);
