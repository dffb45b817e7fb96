/** Recognises a data set in a store, given as the option `data`. */
import { basename, dirname, resolve } from 'node:path';
import { fail } from '../errors.js';
import { parseOptions } from '../options/options.js';
import { type DataOptions, dataOptions } from './options.js';
import { writtenBy } from './own-folders.js';
import { dataWithin } from './stored/manifest.js';

/**
 * The folder of the stored data set that the options name: STORE/data/FINGERPRINT, or a folder in it. Undefined for other data.
 * @throws RecdistillError `usage` for options that it cannot follow any more
 */
export async function storedData(options: DataOptions): Promise<string | undefined> {
  const [data, second] = [options.data].flat();
  if (data === undefined || second !== undefined) return undefined;
  const folder = dataWithin(resolve(data));
  const isOwn = folder === resolve(data) || /^[0-9a-f]{64}$/.test(basename(dirname(folder)));
  if (!isOwn || (await writtenBy(folder)) !== 'data') return undefined;
  const defaults = parseOptions(dataOptions, {}, 'data');
  for (const name of Object.keys(dataOptions.shape) as (keyof DataOptions)[]) {
    if (name === 'data' || JSON.stringify(options[name]) === JSON.stringify(defaults[name])) continue;
    fail('usage', {
      problem: `${name} does not apply to ${data}, a stored data set`,
      hint: 'Leave it out. Options of reading, filtering and splitting are those with which the data was stored.',
    });
  }
  return folder;
}
