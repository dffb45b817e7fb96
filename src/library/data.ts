/** Data sets for the calls of the library. */
import {
  type DataOptions,
  type Dataset,
  dataOptions,
  type LoadedDataset,
  loadDataset,
  portable,
} from '../data/index.js';
import { fail } from '../errors.js';
import { type OptionsInput, parseOptions } from '../options/options.js';
import { described } from './check.js';

/** How a data set is read, filtered and split. The command line uses the same names: docs/options.md. */
export type LoadOptions = Omit<OptionsInput<typeof dataOptions>, 'data'>;

/** A data set. With `source`, a run folder records how it was loaded, so that `openRun` and the command line can load it again. */
export interface Data extends Dataset {
  readonly source?: DataOptions;
  /** What was dropped: rows, users and items. */
  readonly leftOut?: readonly string[];
}

/** A data set and the report of its reader: `notes`, `warnings`, `leftOut`, `leakage`. */
export interface LoadedData extends LoadedDataset {
  readonly source: DataOptions;
}

/**
 * Loads interactions and splits them into train, valid and test.
 * @param data a file, a folder, several files or patterns, a named data set (`citeulike`), or `synthetic:USERSxITEMSxINTERACTIONS`
 * @throws RecdistillError `file-missing`, `bad-data`, `unknown-option`, `bad-option`, `usage`, `out-of-memory`; docs/data.md
 */
export async function loadData(data: string | readonly string[], options: LoadOptions = {}): Promise<LoadedData> {
  if (data === undefined || data === null) {
    fail('usage', { problem: 'loadData needs a source; it is missing', hint: "For example: loadData('clicks.csv')." });
  }
  const source = parseOptions(dataOptions, { ...options, data }, 'data');
  return { ...(await loadDataset(source)), source: portable(source) };
}

/** What runs record about their data. */
export const sourceOf = ({ source }: Data): Readonly<Record<string, unknown>> | undefined => source && { ...source };

/** Refuses a value that is not a data set. @throws RecdistillError `usage` */
export function expectData(data: Data | undefined, call: string): Data {
  if (data?.train && data.fingerprint) return data;
  const given = described(data);
  const hint =
    data instanceof Promise
      ? 'Write await: const data = await loadData(...).'
      : "Load it first: const data = await loadData('clicks.csv').";
  return fail('usage', { problem: `${call} needs a data set; data is ${given}`, hint });
}
