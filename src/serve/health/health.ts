/** Starts the health port, a thread of its own, and keeps what it answers from up to date. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { fail } from '../../errors.js';
import { urlOf } from '../listen.js';
import type { ServeOptions } from '../options.js';
import type { Serving } from '../serving.js';
import { createStatus, type HealthStatus } from './status.js';
import type { HealthMetrics, HealthStart, HealthStarted } from './thread.js';

export interface Health {
  readonly status: HealthStatus;
  /** Where it answers. Empty if the server has no port for its health. */
  readonly place: Pick<Serving, 'healthPort' | 'healthUrl'>;
  /** Ends the thread. It answers until then. */
  close(): Promise<void>;
}

/** Milliseconds between two copies of the metrics. */
const METRICS_EVERY = 2000;

/**
 * Opens the health port, if the options have one. `/ready` answers 503 until the status has the phase `serving`.
 * @param metricsText the text for Prometheus
 * @throws RecdistillError `cannot-listen`
 */
export async function startHealth(
  { host, healthPort, allowedHosts, hangTimeout }: ServeOptions,
  token: string | undefined,
  metricsText: () => Promise<string>,
): Promise<Health> {
  const status = createStatus();
  if (healthPort === undefined) return { status, place: {}, close: async () => undefined };
  const { memory } = status;
  const start: HealthStart = { host, port: healthPort, allowedHosts, hangTimeout, token, memory };
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: start, execArgv: [] });
  const [started] = (await once(worker, 'message')) as [HealthStarted];
  if ('problem' in started) {
    await worker.terminate();
    return fail('cannot-listen', { host, port: healthPort, option: 'health-port', problem: started.problem });
  }
  worker.unref();
  let busy = false;
  const copy = async (): Promise<void> => {
    // Metrics that are not there yet are waited for, not asked for again.
    if (busy) return;
    busy = true;
    const text = await metricsText().catch(() => undefined);
    busy = false;
    if (text !== undefined) worker.postMessage({ text } satisfies HealthMetrics);
  };
  const timer = setInterval(() => void copy(), METRICS_EVERY);
  timer.unref();
  return {
    status,
    place: { healthPort: started.port, healthUrl: urlOf({ host, port: started.port }) },
    async close() {
      clearInterval(timer);
      await worker.terminate();
    },
  };
}
