/** Small bundles for the tests of the server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { writeBundle } from '../bundle/index.js';
import { createStudent, type Student, type StudentModel } from '../student/index.js';
import { aboutBundle } from './about.js';
import { createApp } from './app.js';
import { createMetrics, createProcessMetrics } from './metrics.js';
import { parseServeOptions, type ServeOptions } from './options.js';
import { createRateTable } from './rate-table.js';
import { createHolder, prepare, readSteadyBundle } from './served.js';

export const USERS = 30;
export const ITEMS = 200;

/** @param seed another one makes another student with the same ids */
export function madeUpModel(seed = 1, { seen = true } = {}): StudentModel {
  const [nUsers, nItems, dim] = [USERS, ITEMS, 6];
  const wave = (length: number, step: number) =>
    Float32Array.from({ length }, (_, j) => Math.sin((j + seed) * step + seed));
  return {
    ...{ nUsers, nItems, dim },
    userFactors: wave(nUsers * dim, 1.7),
    itemFactors: wave(nItems * dim, 2.9),
    userIds: Array.from({ length: nUsers }, (_, u) => `u${u}`),
    itemIds: Array.from({ length: nItems }, (_, i) => `i${i}`),
    labels: Array.from({ length: nItems }, (_, i) => (i % 2 === 0 ? `Item "${i}"` : '')),
    // User u has the items u, u + 1 and 50; so 50 is the most popular one.
    ...(seen && {
      seen: {
        indptr: Int32Array.from({ length: nUsers + 1 }, (_, u) => 3 * u),
        indices: Int32Array.from({ length: 3 * nUsers }, (_, n) => (n % 3 === 2 ? 50 : Math.floor(n / 3) + (n % 3))),
      },
    }),
  };
}

export function writeMadeUp(folder: string, seed = 1, parts = {}): void {
  const notes = { dataFingerprint: 'f00d', licence: 'for tests', madeBy: {}, metrics: { 'recall@10': 0.25 } };
  writeBundle(folder, madeUpModel(seed, parts), notes);
}

export const madeUpStudent = (seed = 1): Student => createStudent(madeUpModel(seed));

/** A folder for the time of a test file. */
export function createFolder(): { readonly path: (...parts: string[]) => string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-serve-'));
  return { path: (...parts) => join(folder, ...parts), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** An application that does not listen, on a made-up bundle. */
export async function appOn(folder: string, given: Partial<ServeOptions> = {}): Promise<FastifyInstance> {
  const holder = createHolder(prepare(await readSteadyBundle(folder)));
  const metrics = createMetrics(() => holder.current);
  const whole = createProcessMetrics();
  const operations = {
    reload: async () => {
      holder.swap(prepare(await readSteadyBundle(folder)));
      return aboutBundle(holder.current);
    },
    metricsText: async () => whole.merged([await metrics.counts()]),
    phase: () => 'serving' as const,
  };
  const options = parseServeOptions({ log: 'silent', ...given });
  return (await createApp({ options, holder, metrics, operations, rates: createRateTable() })).app;
}
