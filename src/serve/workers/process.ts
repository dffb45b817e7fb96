/** The process of a server with several workers: reads bundles, passes them to its threads, sums their metrics. It answers no requests itself. */
import { Worker } from 'node:worker_threads';
import type { About } from '../about.js';
import { limitOf } from '../close.js';
import { type HistoriesSource, historiesSource, keyOf } from '../histories.js';
import { type Counts, createProcessMetrics } from '../metrics.js';
import { oneAtATime } from '../one-at-a-time.js';
import type { ServeOptions } from '../options.js';
import { createRateTable } from '../rate-table.js';
import { readSteadyBundle, reloading } from '../served.js';
import { type Calls, createCalls } from './calls.js';
import { shared } from './shared-bundle.js';
import type { ThreadStart } from './thread.js';

/** Start parameters of the process. */
export interface ProcessStart {
  readonly folder: string;
  readonly options: ServeOptions;
  readonly token?: string;
  /** File descriptors of open sockets on the same port, one per thread. */
  readonly sockets: readonly number[];
}

const whole = createProcessMetrics();
let threads: readonly Calls[] = [];
let beats = new Int32Array(new SharedArrayBuffer(0));
let folder = '';
let histories: HistoriesSource | undefined;
/** Of the time to end. */
let limits: Pick<ServeOptions, 'drain' | 'grace'> = { drain: 0, grace: 0 };
let serving = '';

const all = (name: string, given?: unknown): Promise<unknown[]> =>
  Promise.all(threads.map((thread) => thread.call(name, given)));

const metricsText = async (): Promise<string> => whole.merged((await all('counts')) as Counts[]);

/** Two phases: no thread switches to the new bundle before all threads have prepared it. */
const reload = oneAtATime(() =>
  reloading(whole, async () => {
    const bundle = shared(await readSteadyBundle(folder, histories));
    if (keyOf(bundle) !== serving) await all('prepare', bundle);
    serving = keyOf(bundle);
    const [about] = await all('swap', serving);
    return about as About;
  }),
);

async function start(given: ProcessStart): Promise<About> {
  const { options, token, sockets } = given;
  folder = given.folder;
  limits = options;
  histories = historiesSource(options);
  const bundle = shared(await readSteadyBundle(folder, histories));
  serving = keyOf(bundle);
  const rates = createRateTable();
  beats = new Int32Array(new SharedArrayBuffer(4 * sockets.length));
  const started = sockets.map((fd, place) => startThread({ bundle, options, rates, token, fd, beats, place }));
  threads = started.map(({ calls }) => calls);
  const [about] = await Promise.all(started.map(({ listening }) => listening));
  return about!;
}

function startThread(workerData: ThreadStart): { calls: Calls; listening: Promise<About> } {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData });
  let calls!: Calls;
  const listening = new Promise<About>((resolve, reject) => {
    worker.once('error', reject);
    calls = createCalls(
      { post: (message) => worker.postMessage(message), onMessage: (take) => worker.on('message', take) },
      {
        reload: () => reload(),
        metricsText,
        listening: (about: About) => resolve(about),
      },
    );
  });
  // The socket of a dead thread is lost. The process ends, and the supervisor starts another one.
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
/** The process ends once all threads have ended and the channel is closed. */
async function close(): Promise<void> {
  closing ??= all('close');
  await closing;
}

/** The process that started this one has died. It cannot end this one anymore if a thread hangs. */
function closeAlone(): void {
  setTimeout(() => process.exit(1), limitOf(limits)).unref();
  void close();
}

// Ctrl-C in a terminal also reaches this process. The supervisor decides what to do.
process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('disconnect', closeAlone);
createCalls(
  {
    // Whether the other process has died is told by 'disconnect'.
    post: (message) => process.connected && process.send!(message, undefined, undefined, () => undefined),
    onMessage: (take) => process.on('message', take),
  },
  {
    start,
    reload: () => reload(),
    close,
    metricsText,
    /** How often each thread gave a sign of life. */
    beats: () => [...beats].map((_, n) => Atomics.load(beats, n)),
  },
);
