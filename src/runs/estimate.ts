/** The estimated cost of a run, before it starts. */
import { freemem } from 'node:os';
import type { Dataset } from '../data/index.js';
import { fail } from '../errors.js';
import type { ModelSpec } from '../models/index.js';
import { brokenUnit } from '../options/registry.js';
import { returned } from '../options/unit-check.js';

/** Besides kernel memory: Node.js, the data set and rankings. */
const BASE_BYTES = 150e6;

/** Estimated upper bound of the bytes that training this model takes. @throws RecdistillError `broken-unit` */
export function memoryNeeded(spec: ModelSpec, options: Readonly<Record<string, unknown>>, dataset: Dataset): number {
  const { nUsers, nItems, indices, weights } = dataset.train;
  const sizes = { nUsers, nItems, interactions: indices.length, weighted: weights !== undefined };
  const kernel = bytesOf('model', spec.name, spec.memory(sizes, options));
  // Ranking needs a block of scores (at most 64 MB) and a list of 100 per user, twice.
  return BASE_BYTES + kernel + 64e6 + nUsers * 800;
}

/** What the function `memory` of a unit returned. @throws RecdistillError `broken-unit` if it is no number of bytes */
export function bytesOf(unit: 'model' | 'method', name: string, bytes: unknown): number {
  if (typeof bytes === 'number' && bytes >= 0) return bytes;
  return brokenUnit(unit, name, `memory ${returned(bytes)}; expected bytes, a number >= 0`);
}

/** Bytes available to this process: free memory of the system, or less in a container with a limit. */
export function memoryAvailable(): number {
  const limit = (process as { constrainedMemory?: () => number }).constrainedMemory?.() ?? 0;
  const room = limit > 0 && limit < 2 ** 50 ? limit - process.memoryUsage.rss() : Number.POSITIVE_INFINITY;
  return Math.min(room, (process as { availableMemory?: () => number }).availableMemory?.() ?? freemem());
}

/** @throws RecdistillError `out-of-memory` */
export function checkMemory(
  spec: ModelSpec,
  options: Readonly<Record<string, unknown>>,
  dataset: Dataset,
  available = memoryAvailable(),
): void {
  refuseBeyond(
    available,
    memoryNeeded(spec, options, dataset),
    `${spec.name} on ${dataset.train.nUsers} users x ${dataset.train.nItems} items`,
    'Nothing was started. Lower dim, hidden or batchSize, drop rare items with minItem, or free memory.',
  );
}

/** @throws RecdistillError `out-of-memory` if more bytes are needed than are available */
export function refuseBeyond(available: number, needed: number, what: string, hint: string): void {
  if (needed <= available) return;
  const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  fail('out-of-memory', { what, needed: mb(needed), available: mb(available), hint });
}
