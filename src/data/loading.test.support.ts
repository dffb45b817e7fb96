/** Loading in tests: nothing is filtered, and refusals are text. */
import assert from 'node:assert/strict';
import { RecdistillError } from '../errors.js';
import { count } from './interactions.js';
import { type LoadedDataset, loadDataset } from './load.js';
import type { DataOptions } from './options.js';

/** A data set without filters, so that every row counts. */
export const load = (data: DataOptions['data'], more: Partial<DataOptions> = {}): Promise<LoadedDataset> =>
  loadDataset({ minUser: 1, coldItems: 'keep', ratios: [0.5, 0, 0.5], ...more, data });

export const size = (d: LoadedDataset): number => count(d.train) + count(d.valid) + count(d.test);

export async function refusal(data: DataOptions['data'], more: Partial<DataOptions> = {}): Promise<string> {
  try {
    await load(data, more);
  } catch (error) {
    assert.ok(error instanceof RecdistillError, String(error));
    return `${error.code}: ${error.message} | ${error.hint}`;
  }
  return assert.fail('it was accepted');
}

/** 200 users with 12 different items of 119 each. */
export const ratings = Array.from({ length: 2400 }, (_, k) => {
  const [user, n] = [Math.floor(k / 12), k % 12];
  return { user: user + 1, item: ((user * 7 + n * 10) % 119) + 1, rating: (k % 5) + 1, time: 1_300_000_000 + k * 60 };
});
export const table = (fields: (r: (typeof ratings)[number]) => (string | number)[], delimiter: string): string =>
  ratings.map((r) => `${fields(r).join(delimiter)}\n`).join('');
