/** Rows of a staged file that cannot be used: refused at the first one with what stands there, or left out and counted. */
import { fail } from '../errors.js';
import { badFile, type Database, literal, pathValue } from './duckdb.js';
import type { SourceFile } from './files.js';
import type { Column, Table } from './readers/_reader.js';

/** Longest id in bytes: room for any key in use, and a stop for a file read in the wrong format. */
const MAX_ID = 2 ** 20;

/**
 * SQL that holds for a staged text column that cannot be an id.
 * @param missing texts that mean that there is none; upper or lower case. Where there are such, blanks only mean it, too
 */
export function badId(sql: string, missing: readonly string[] = []): string {
  const words = [...new Set(missing.map((word) => word.toLowerCase()))];
  const listed =
    words.length > 0 ? ` OR trim(${sql}) = '' OR lower(trim(${sql})) IN (${words.map(literal).join(', ')})` : '';
  return `(${sql} IS NULL OR ${sql} = '' OR strlen(${sql}) > ${MAX_ID}${listed})`;
}

export interface RowCheck {
  /** What the column is for, in the message. */
  readonly what: string;
  readonly column: Column;
  /** SQL over the staged table that holds for a row that cannot be used. */
  readonly bad: string;
  /** What is wrong, where it is not simply the value. */
  readonly says?: { readonly one: string; readonly many: string };
  /** What to do; may depend on the value. */
  readonly hint: string | ((value: string) => string);
}

export interface CheckedTable {
  readonly file: SourceFile;
  /** As it was read; its rows are numbered by `rowNumber`. */
  readonly table: Table;
  readonly checks: readonly RowCheck[];
  /** SQL of the number of a staged row in the file, from 1. Default: the column n. */
  readonly rowNumber?: string;
}

/**
 * @param name of the staged table
 * @throws RecdistillError `bad-data` with the number of the first bad row
 */
export async function refuseBadRows(db: Database, name: string, o: CheckedTable): Promise<void> {
  const { file, table, checks, rowNumber = 'n' } = o;
  const which = checks.map(({ bad }, k) => `WHEN ${bad} THEN ${k}`).join(' ');
  const any = checks.map(({ bad }) => bad).join(' OR ');
  const found = await db.query(
    `SELECT (${rowNumber})::DOUBLE, CASE ${which} END FROM ${name} WHERE ${any} ORDER BY 1 LIMIT 1`,
  );
  if (!found[0]) return;
  const [row, k] = found[0].map(Number) as [number, number];
  const { what, column, says, hint } = checks[k]!;
  const value = await valueAt(db, file, table, column, row);
  const bytes = Buffer.byteLength(value ?? '');
  const word = what === 'user' || what === 'item' ? ', which counts as missing' : '';
  const shown = value === undefined || value === '' ? 'empty' : `${JSON.stringify(value.slice(0, 60))}${word}`;
  const problem =
    says && value !== undefined
      ? `${says.one}: ${JSON.stringify(value.slice(0, 60))}`
      : bytes > MAX_ID
        ? `an id of ${bytes} bytes; at most ${MAX_ID} are accepted`
        : `the ${what} is ${shown}`;
  fail('bad-data', {
    path: file.shown,
    problem: `row ${row}, column ${column.name}: ${problem}`,
    hint: typeof hint === 'string' ? hint : hint(value ?? ''),
  });
}

/**
 * As `refuseBadRows`, or with `skip` removes the bad rows.
 * @returns what was removed, in words
 */
export async function settleBadRows(
  db: Database,
  name: string,
  { skip, ...checked }: CheckedTable & { readonly skip: boolean },
): Promise<string[]> {
  if (!skip) {
    await refuseBadRows(db, name, checked);
    return [];
  }
  const skipped: string[] = [];
  for (const { what, column, bad, says } of checked.checks) {
    const [[rows, first] = []] = await db.query(`SELECT count(*)::DOUBLE, min(n)::DOUBLE FROM ${name} WHERE ${bad}`);
    if (Number(rows) === 0) continue;
    await db.query(`DELETE FROM ${name} WHERE ${bad}`);
    const without = what === 'user' ? 'without a user' : what === 'item' ? 'without an item' : undefined;
    const kind = says?.many ?? without ?? `with a ${what} that cannot be read`;
    skipped.push(`${rowsText(Number(rows))} ${kind} (column ${column.name}, first in row ${first})`);
  }
  return skipped;
}

/** `1 row`, `2 rows`. */
export const rowsText = (n: number): string => `${n} ${n === 1 ? 'row' : 'rows'}`;

/** What stands in a row of the file, counted from 1; undefined for NULL. */
export async function valueAt(
  db: Database,
  file: SourceFile,
  table: Table,
  column: Column,
  row: number,
): Promise<string | undefined> {
  const [[value] = []] = await db
    .query(`SELECT (${column.sql})::VARCHAR FROM ${table.sql} LIMIT 1 OFFSET ${row - 1}`, [pathValue(file)])
    .catch((cause) => badFile(file.shown, cause));
  return value === null || value === undefined ? undefined : String(value);
}
