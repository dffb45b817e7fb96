/** Readable names of items. */
import { createReadStream, existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fail } from '../errors.js';
import type { LabelSource } from './catalog.js';
import { type Database, withDatabase } from './duckdb.js';
import { type LabelMatch, matchLabels, refuseStrangers } from './label-match.js';
import { labelFile } from './plan.js';
import { readRows } from './readers/delimited.js';
import { openSource } from './source-file.js';

/**
 * The names that a file has for `items`.
 * @param folder the folder that the file names of `source` start at
 * @returns undefined if a file of `source` is not there
 */
export async function readLabels(
  db: Database,
  folder: string,
  source: LabelSource,
  items: readonly string[],
): Promise<LabelMatch | undefined> {
  const file = resolve(folder, source.file);
  const through = source.through === undefined ? undefined : resolve(folder, source.through);
  if (!existsSync(file) || (through !== undefined && !existsSync(through))) return undefined;
  const names = source.style === 'lines' ? await fromLines(file) : await fromColumns(db, file, source.name);
  const outer = through === undefined ? undefined : await fromColumns(db, through, ([id = '']) => id);
  return matchLabels(basename(file), items, names, {
    header: source.style === 'columns',
    ...(outer ? { idOf: (item: string) => outer.get(item) ?? '' } : {}),
  });
}

/**
 * The names that the file `path` has for `items`, outside of any data set.
 * @throws RecdistillError `file-missing`, `bad-data` if it has none
 */
export async function readItemLabels(path: string, items: readonly string[]): Promise<LabelMatch> {
  const match = await withDatabase((db) => readLabels(db, '', labelFile(path), items));
  if (!match) fail('file-missing', { path });
  refuseStrangers(match);
  return match;
}

async function fromLines(path: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  let k = 0;
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) names.set(String(k++), line.trim());
  return names;
}

const joined = (fields: readonly string[]): string => fields.filter(Boolean).join(' · ');

async function fromColumns(
  db: Database,
  path: string,
  name: LabelSource['name'] = joined,
): Promise<Map<string, string>> {
  const file = await openSource(path);
  // A header row names no item, so it does no harm as data.
  const { rows } = await readRows(db, { file, header: 'no', wished: [] });
  return new Map(rows.map(([id = '', ...fields]) => [id, name(fields)]));
}
