/** Resolves the option `data` to files: their parts, their format and the defaults of a named data set. */

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { defined } from '../defined.js';
import { fail } from '../errors.js';
import type { Plan } from './_plan.js';
import { type CatalogEntry, catalog, type LabelSource } from './catalog.js';
import { compressionOf, firstBytes } from './compression.js';
import { withoutEmptyFiles } from './empty-files.js';
import { kindByName, unpackedName } from './file-names.js';
import type { PlannedFile } from './files.js';
import { filesBelow } from './files-below.js';
import { folderPlan } from './folder-plan.js';
import { catalogEntry, entryFiles, getDataset, locate } from './locate.js';
import { commonFolder, isPattern, matchingFiles } from './matching-files.js';
import type { DataOptions } from './options.js';
import { keysOf } from './partition-keys.js';
import { checkEncoding } from './plain-text.js';
import { isStandardInput } from './stream-input.js';
import { refuseAddress, refuseForeign } from './unsupported-formats.js';
import { unzip } from './unzip.js';

/**
 * Resolves the data options to files. A named data set is downloaded if necessary, and a zip archive with several files
 * is unpacked.
 * @param folder a temporary folder that exists as long as the files are read
 * @throws RecdistillError `unknown-name`, `file-missing`, `download-failed`, `needs-not-met`, `usage` for a URL,
 * `bad-option` for an unknown encoding, or `bad-data` for a folder or archive without a data set
 */
export async function planSource(options: DataOptions, folder: string): Promise<Plan> {
  const { user, item, time, rating, weight, format, header, labels } = options;
  checkEncoding(options.encoding);
  const plan = await withoutEmptyFiles(await planData(options.data, labels, folder));
  if (format === 'split' && plan.parts.length < 2) {
    const hint = 'Expected a folder with the files train, valid and test (.tsv, .csv, .jsonl or .parquet).';
    fail('bad-data', { path: String(options.data), problem: 'is not a ready split', hint });
  }
  if (labels !== undefined && !existsSync(labels)) fail('file-missing', { path: labels });
  const given = Object.entries({ user, item, time, rating, weight }).filter(([, name]) => name !== undefined);
  return {
    ...plan,
    columns: { ...plan.columns, ...Object.fromEntries(given) },
    header: header === 'auto' ? plan.header : header,
    ...(format === 'auto' || format === 'split' ? {} : { format }),
    ...(labels === undefined ? {} : { labels: labelFile(labels) }),
  };
}

/** The label source that the option `labels` selects. */
export const labelFile = (path: string): LabelSource => ({
  file: resolve(path),
  style: unpackedName(path).endsWith('.txt') ? 'lines' : 'columns',
});

async function planData(
  data: string | readonly string[],
  labels: string | undefined,
  temporary: string,
): Promise<Plan> {
  if (typeof data !== 'string') return data.length === 1 ? planData(data[0]!, labels, temporary) : filesPlan(data);
  // If the named data set is not available locally, an existing folder of that name is used.
  const isNamed = Object.hasOwn(catalog, data) && ('folder' in locate(data) || !existsSync(resolve(data)));
  if (isNamed) return entryPlan(data, catalogEntry(data), resolve(await getDataset(data)));
  refuseAddress(data);
  if (isStandardInput(data)) return onePlan({ path: data, keys: {} }, 'input');
  const path = resolve(data);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    const aside = labels === undefined ? [] : [resolve(labels)];
    return folderPlan(path, withoutEnd(data), basename(path), aside);
  }
  if (found) return filePlan(data, temporary, found.isFile());
  if (isPattern(data)) return filesPlan([data]);
  // A bare word is more likely a misspelt data set name than a file, which would have a suffix.
  if (/^[\w-]+$/.test(data)) catalogEntry(data);
  return fail('file-missing', { path: data });
}

/** Removes trailing slashes. */
const withoutEnd = (path: string): string => path.replace(/(?<=.)[/\\]+$/, '');

function entryPlan(name: string, entry: CatalogEntry, folder: string): Plan {
  const { format, columns = {}, labels, minUser, terms, citation } = entry;
  const items = entry.items === undefined ? undefined : join(folder, entry.items);
  return {
    name,
    folder,
    parts: entryFiles(entry, folder)!.map((file) => [{ path: join(folder, file), keys: {} }]),
    columns,
    header: 'auto',
    ...(format ? { format } : {}),
    ...(items !== undefined && existsSync(items) ? { items } : {}),
    ...defined({ labels, minUser }),
    notes: [`terms: ${terms}`, `cite: ${citation}`],
  };
}

const onePlan = (file: PlannedFile, name: string): Plan => ({
  name,
  folder: dirname(file.path),
  parts: [[file]],
  columns: {},
  header: 'auto',
  notes: [],
});

const nameOf = (path: string): string => basename(path).replace(/\..*$/, '') || basename(path);

/** A single file. An archive with several files is treated like a folder. */
async function filePlan(data: string, temporary: string, isFile: boolean): Promise<Plan> {
  const path = resolve(data);
  const one = onePlan(
    { path, shown: data, keys: {} },
    /^\/(?:dev|proc\/self)\/fd\//.test(path) ? 'input' : nameOf(path),
  );
  const head = isFile ? await firstBytes(path) : Buffer.alloc(0);
  if (compressionOf(head) !== 'zip') return one;
  refuseForeign(data, head);
  const folder = await unzip(path, data, temporary);
  const files = await filesBelow(folder);
  const ofData = files.filter((file) => kindByName(basename(file)) !== undefined);
  const [only] = files.length === 1 ? files : ofData.length === 1 ? ofData : [];
  if (only === undefined) return folderPlan(folder, data, nameOf(path));
  return onePlan({ path: join(folder, only), shown: `${data}/${only}`, keys: keysOf(only) }, nameOf(path));
}

/** Several files and patterns. @throws RecdistillError `bad-data` if a file is given twice */
async function filesPlan(data: readonly string[]): Promise<Plan> {
  const files = await matchingFiles(data);
  const folder = commonFolder(files.map((file) => file.path));
  return { name: basename(folder) || 'files', folder, parts: [files], columns: {}, header: 'auto', notes: [] };
}
