/** Probes of health as an orchestrator sends them: one connection each, from a thread of their own, so that the load does not delay them. */
import { get } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createLatencies } from './latencies.js';

/** Milliseconds between two probes of one address. */
const PAUSE = 100;
/** Milliseconds after which an orchestrator calls a probe failed. */
const LIMIT = 1000;

export interface Probed {
  readonly url: string;
  readonly probes: number;
  /** Probes that were not answered with 200 within a second. */
  readonly failed: number;
  readonly milliseconds: Readonly<Record<'p50' | 'p99' | 'max', number>>;
}

/** Probes addresses until `stop` is called, which resolves to one result for each. */
export function startProbes(urls: readonly string[]): { stop(): Promise<Probed[]> } {
  const worker = new Worker(new URL(import.meta.url), { workerData: urls });
  return {
    stop: () =>
      new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.postMessage('stop');
      }),
  };
}

const ask = (url: string): Promise<number> =>
  new Promise((resolve) => {
    get(url, { agent: false }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    }).once('error', () => resolve(0));
  });

async function probe(url: string, over: () => boolean): Promise<Probed> {
  const latencies = createLatencies();
  let failed = 0;
  while (!over()) {
    const sent = performance.now();
    const status = await ask(url);
    const time = performance.now() - sent;
    latencies.add(time);
    if (status !== 200 || time > LIMIT) failed += 1;
    await wait(PAUSE);
  }
  const at = (share: number) => Number(latencies.quantile(share).toFixed(1));
  const milliseconds = { p50: at(0.5), p99: at(0.99), max: Number(latencies.largest.toFixed(1)) };
  return { url, probes: latencies.count, failed, milliseconds };
}

if (!isMainThread) {
  let over = false;
  parentPort!.once('message', () => {
    over = true;
  });
  parentPort!.postMessage(await Promise.all((workerData as string[]).map((url) => probe(url, () => over))));
}
