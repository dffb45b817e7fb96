/** Refuses a staged file at its first row that cannot be used, and says what stands there. */
import { fail } from '../errors.js';
import { type Database, pathValue } from './duckdb.js';
import type { Column, Table } from './readers/_reader.js';
import type { SourceFile } from './source-file.js';

/** Longest id in bytes: room for any key in use, and a stop for a file read in the wrong format. */
const MAX_ID = 2 ** 20;

/** SQL that holds for a staged text column that cannot be an id. */
export const badId = (sql: string): string => `(${sql} IS NULL OR ${sql} = '' OR strlen(${sql}) > ${MAX_ID})`;

export interface RowCheck {
  /** What the column is for, in the message. */
  readonly what: string;
  readonly column: Column;
  /** SQL over the staged table that holds for a row that cannot be used. */
  readonly bad: string;
  readonly hint: string;
}

/**
 * @param name of the staged table, whose rows stand in the order of `table`
 * @throws RecdistillError `bad-data` with the number of the first bad row
 */
export async function refuseBadRows(
  db: Database,
  name: string,
  file: SourceFile,
  table: Table,
  checks: readonly RowCheck[],
): Promise<void> {
  const which = checks.map(({ bad }, k) => `WHEN ${bad} THEN ${k}`).join(' ');
  const found = await db.query(
    `SELECT rowid::DOUBLE, CASE ${which} END FROM ${name} WHERE ${checks.map(({ bad }) => bad).join(' OR ')} ORDER BY rowid LIMIT 1`,
  );
  if (!found[0]) return;
  const [row, k] = found[0].map(Number) as [number, number];
  const { what, column, hint } = checks[k]!;
  const raw = `(${column.sql}::VARCHAR)`;
  const source = await db.query(`SELECT ${raw}[:60], strlen(${raw}) FROM ${table.sql} LIMIT 1 OFFSET ${row}`, [
    pathValue(file),
  ]);
  const [value, bytes] = source[0] ?? [];
  const shown = value === null || value === '' ? 'empty' : JSON.stringify(value);
  const problem =
    Number(bytes) > MAX_ID ? `an id of ${bytes} bytes; at most ${MAX_ID} are accepted` : `the ${what} is ${shown}`;
  fail('bad-data', { path: file.path, problem: `row ${row + 1}, column ${column.name}: ${problem}`, hint });
}
