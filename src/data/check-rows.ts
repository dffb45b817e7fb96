/** Unusable rows of a staged file. The first one is an error that shows its value, or all are skipped and counted. */
import { fail } from '../errors.js';
import { type Database, literal } from './duckdb.js';
import type { SourceFile } from './files.js';
import type { Column, Table } from './readers/_reader.js';

/** Longest id in bytes. Real keys are shorter; a longer one means that the file was read in the wrong format. */
const MAX_ID = 2 ** 20;

/**
 * SQL condition that is true where a staged text column is not a valid id.
 * @param missing texts that mean a missing id, case-insensitive. If there are any, whitespace alone means it too
 */
export function badId(sql: string, missing: readonly string[] = []): string {
  const words = [...new Set(missing.map((word) => word.toLowerCase()))];
  const listed =
    words.length > 0 ? ` OR trim(${sql}) = '' OR lower(trim(${sql})) IN (${words.map(literal).join(', ')})` : '';
  return `(${sql} IS NULL OR ${sql} = '' OR strlen(${sql}) > ${MAX_ID}${listed})`;
}

export interface RowCheck {
  /** Role of the column, for the message. */
  readonly what: string;
  readonly column: Column;
  /** SQL condition over the staged table that is true for an unusable row. */
  readonly bad: string;
  /** Description of the problem, if it is more than the value itself. */
  readonly description?: { readonly one: string; readonly many: string };
  /** What to do. May depend on the value. */
  readonly hint: string | ((value: string) => string);
}

export interface CheckedTable {
  readonly file: SourceFile;
  /** The table as read from the file. */
  readonly table: Table;
  readonly checks: readonly RowCheck[];
  /** SQL expression of a staged row's number in the file, from 1. */
  readonly rowNumber: string;
}

/**
 * @param name name of the staged table
 * @throws RecdistillError `bad-data` with the number of the first bad row
 */
export async function refuseBadRows(db: Database, name: string, o: CheckedTable): Promise<void> {
  const { file, table, checks, rowNumber } = o;
  const which = checks.map(({ bad }, k) => `WHEN ${bad} THEN ${k}`).join(' ');
  const any = checks.map(({ bad }) => bad).join(' OR ');
  const found = await db.query(
    `SELECT (${rowNumber})::DOUBLE, CASE ${which} END FROM ${name} WHERE ${any} ORDER BY 1 LIMIT 1`,
  );
  if (!found[0]) return;
  const [row, k] = found[0].map(Number) as [number, number];
  const { what, column, description: says, hint } = checks[k]!;
  const value = await valueAt(db, file, table, column, row);
  const bytes = Buffer.byteLength(value ?? '');
  const word = what === 'user' || what === 'item' ? ', which counts as missing' : '';
  const shown = value === undefined || value === '' ? 'empty' : `${JSON.stringify(value.slice(0, 60))}${word}`;
  const problem =
    says && value !== undefined
      ? `${says.one}: ${JSON.stringify(value.slice(0, 60))}`
      : bytes > MAX_ID
        ? `the id has ${bytes} bytes; at most ${MAX_ID} are allowed`
        : `the ${what} is ${shown}`;
  fail('bad-data', {
    path: file.shown,
    problem: `row ${row}, column ${column.name}: ${problem}`,
    hint: typeof hint === 'string' ? hint : hint(value ?? ''),
  });
}

/**
 * Like `refuseBadRows`. With `skip` it removes the bad rows instead.
 * @returns one note per kind of removed row
 */
export async function handleBadRows(
  db: Database,
  name: string,
  { skip, ...checked }: CheckedTable & { readonly skip: boolean },
): Promise<string[]> {
  if (!skip) {
    await refuseBadRows(db, name, checked);
    return [];
  }
  const skipped: string[] = [];
  for (const { what, column, bad, description: says } of checked.checks) {
    const [[rows, first] = []] = await db.query(
      `SELECT count(*)::DOUBLE, min(${checked.rowNumber})::DOUBLE FROM ${name} WHERE ${bad}`,
    );
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

/** The value of a column in a row of the file. Rows count from 1. Undefined for NULL. */
export async function valueAt(
  db: Database,
  file: SourceFile,
  table: Table,
  column: Column,
  row: number,
): Promise<string | undefined> {
  const [[value] = []] = await db.read(
    file,
    `SELECT (${column.sql})::VARCHAR FROM ${table.sql} LIMIT 1 OFFSET ${row - 1}`,
  );
  return value === null || value === undefined ? undefined : String(value);
}
