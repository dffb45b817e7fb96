/** Metrics for Prometheus. Every thread counts on its own; `merged` sums them. */
import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Basis } from './basis.js';
import type { Served } from './served.js';

/** Values of one thread, as sent between threads. */
export type Counts = readonly object[];

export interface Metrics {
  answered(route: string, method: string, status: number, seconds: number): void;
  listed(basis: Basis | 'similar'): void;
  /** `unread`: a connection was closed, because its client did not read or send. The others: a request got 503. */
  refused(reason: 'pending' | 'delay' | 'memory' | 'buffered' | 'unread'): void;
  counts(): Promise<Counts>;
}

/** @param current returns the bundle that is currently served */
export function createMetrics(current: () => Served): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'recdistill_requests_total',
    help: 'Number of answered requests.',
    labelNames: ['route', 'method', 'status'],
    registers,
  });
  const seconds = new Histogram({
    name: 'recdistill_request_seconds',
    help: 'Time from the arrival of a request to the end of its response.',
    labelNames: ['route'],
    buckets: [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const lists = new Counter({
    name: 'recdistill_lists_total',
    help: 'Number of lists, by basis.',
    labelNames: ['basis'],
    registers,
  });
  const refusals = new Counter({
    name: 'recdistill_refused_total',
    help: 'Number of requests answered with 503, and of connections closed for others (unread), by reason.',
    labelNames: ['reason'],
    registers,
  });
  new Gauge({
    name: 'recdistill_bundle_info',
    help: 'The bundle that is served. The value is always 1.',
    labelNames: ['bundle', 'kind', 'precision', 'dim'],
    aggregator: 'first',
    registers,
    collect() {
      const { id, manifest } = current();
      this.reset();
      const { kind = 'users-and-items', precision = 'f32', dim } = manifest;
      this.labels(id, kind, precision, String(dim)).set(1);
    },
  });
  for (const part of ['users', 'items'] as const) {
    new Gauge({
      name: `recdistill_bundle_${part}`,
      help: part === 'users' ? 'Number of users that a request can name.' : 'Number of items in the bundle.',
      aggregator: 'first',
      registers,
      collect() {
        const { users, manifest } = current();
        this.set(part === 'users' ? users : manifest.items);
      },
    });
  }
  return {
    answered(route, method, status, time) {
      requests.labels(route, method, String(status)).inc();
      seconds.labels(route).observe(time);
    },
    listed: (basis) => lists.labels(basis).inc(),
    refused: (reason) => refusals.labels(reason).inc(),
    counts: () => registry.getMetricsAsJSON(),
  };
}

export interface ProcessMetrics {
  reloaded(outcome: 'done' | 'failed'): void;
  /** The text for Prometheus, from the counts of all threads and the metrics of the process. */
  merged(threads: readonly Counts[]): Promise<string>;
}

/** Metrics of the whole process: memory, CPU time, event loop delay of the main thread, reloads. */
export function createProcessMetrics(): ProcessMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const reloads = new Counter({
    name: 'recdistill_reloads_total',
    help: 'Number of reloads, successful and failed.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  return {
    reloaded: (outcome) => reloads.labels(outcome).inc(),
    async merged(threads) {
      const sum = AggregatorRegistry.aggregate(threads.map((counts) => [...counts]));
      return `${await sum.metrics()}${await registry.metrics()}`;
    },
  };
}

export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE;
