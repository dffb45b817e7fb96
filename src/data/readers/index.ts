/** The registry of readers: one line adds one. A ready split folder is three files, each read by one of these. */

import { brokenUnit, createRegistry, type NameOr, type Registry } from '../../options/registry.js';
import { fieldProblem, shown } from '../../options/unit-check.js';
import type { Database } from '../duckdb.js';
import { type Column, type Reader, type ReadRequest, reader, type Table } from './_reader.js';
import { csv, tsv } from './delimited.js';
import { duckdb } from './duckdb.js';
import { jsonl } from './json-lines.js';
import { lists } from './lists.js';
import { parquet } from './parquet.js';
import { userLists } from './user-lists.js';

/** The readers of recdistill, by the name of their format. */
export const readers = {
  csv: reader({ name: 'csv', summary: 'delimited text; the delimiter is detected', read: csv }),
  tsv: reader({ name: 'tsv', summary: 'tab-separated text', read: tsv }),
  jsonl: reader({ name: 'jsonl', summary: 'JSON lines, or one JSON array of objects', read: jsonl }),
  parquet: reader({ name: 'parquet', summary: 'Apache Parquet', read: parquet }),
  duckdb: reader({ name: 'duckdb', summary: 'a table or view of a DuckDB database', read: duckdb }),
  lists: reader({ name: 'lists', summary: 'line k has the number of items of user k, then the items', read: lists }),
  'user-lists': reader({ name: 'user-lists', summary: 'each line has a user, then their items', read: userLists }),
} as const satisfies Record<string, Reader>;

export type Format = keyof typeof readers;

/** Built-in readers, and those that users add. */
export const readerRegistry: Registry<Reader> = createRegistry<Reader>('reader', 'format', readers, (given) =>
  fieldProblem(given, { summary: 'text', read: 'function', suffixes: 'list?' }),
);

/** The reader of this format, or the reader itself. @throws as `Registry.find` */
export const readerOf = (given: NameOr<Format> | Reader): Reader => readerRegistry.find(given);

/** Reads a file in a format. @throws RecdistillError `unknown-name`, `bad-data`, `broken-unit` if the reader does not describe a table */
export async function readTable(format: string, db: Database, request: ReadRequest): Promise<Table> {
  const { name, read } = readerOf(format);
  const table: Table | undefined = await read(db, request);
  const problem =
    typeof table === 'object' && table !== null
      ? (fieldProblem(table, { columns: 'list', named: 'boolean', sql: 'text' }) ?? columnsProblem(table.columns))
      : `it is ${shown(table)}`;
  if (problem !== undefined || table === undefined) return brokenUnit('reader', name, `the result of read: ${problem}`);
  // A column without a name, such as the index that pandas writes, is called by its position.
  const columns = table.columns.map((column, k) =>
    column.name.trim() === '' ? { ...column, name: String(k + 1) } : column,
  );
  return { ...table, columns };
}

const columnsProblem = (columns: readonly Column[]): string | undefined =>
  columns
    .map((column) => fieldProblem(Object(column), { name: 'string', sql: 'text' }))
    .find((problem) => problem !== undefined);

export { type Column, type Reader, type ReadRequest, reader, type Table } from './_reader.js';
