/** Nested values in JSON and Parquet: rejected where a single value is needed, or lists of items read element by element. */
import { fail } from '../errors.js';
import { rowsText } from './check-rows.js';
import type { ColumnMap } from './column-names.js';
import type { Database } from './duckdb.js';
import type { SourceFile } from './files.js';
import type { Column, Table } from './readers/_reader.js';

/**
 * @param explode whether lists of items are read element by element
 * @throws RecdistillError `bad-data` with the first row that has a list or a structure where it is not allowed
 */
export async function refuseNested(
  db: Database,
  file: SourceFile,
  table: Table,
  columns: ColumnMap,
  explode: boolean,
): Promise<void> {
  const nested = Object.entries(columns).flatMap(([role, column]: [string, Column]) => {
    if (column.nested === undefined) return [];
    const isNested = `${column.nested} IS NOT NULL`;
    const allowed = explode && role !== 'user';
    return [
      { role, column, allowed, bad: allowed ? `(${isNested} AND (${column.elements}) IS NULL)` : `(${isNested})` },
    ];
  });
  const which = nested.map(({ bad }, k) => `WHEN ${bad} THEN ${k}`).join(' ');
  const found = await firstRow(db, file, table, which === '' ? undefined : `CASE ${which} END`);
  if (found) {
    const { role, column, allowed } = nested[found.value]!;
    const [[kind, value] = []] = await db.read(
      file,
      `SELECT ${column.nested}, left((${column.sql})::VARCHAR, 60) FROM ${table.sql} LIMIT 1 OFFSET ${found.row - 1}`,
    );
    const problem = `row ${found.row}, column ${column.name}: the ${role} is ${kind}${allowed ? ' with elements that are not single values' : ''}, ${value}`;
    fail('bad-data', { path: file.shown, problem, hint: hintOf(role, column, kind === 'a list', explode) });
  }
  if (explode) await refuseUneven(db, file, table, columns);
}

function hintOf(role: string, { name }: Column, isList: boolean, explode: boolean): string {
  if (isList && role === 'item' && !explode)
    return 'Add --explode to read each element of the list as an interaction, or choose another column with --item.';
  return isList
    ? `Expected a single ${role}. Write one row for each, or choose another column with --${role}.`
    : `Expected a single ${role}. Choose a field of it, such as --${role} ${name}.id, or another column.`;
}

/** Lists of times, ratings and weights must match the list of items, element by element. */
async function refuseUneven(db: Database, file: SourceFile, table: Table, columns: ColumnMap): Promise<void> {
  const { name, elements } = columns.item;
  if (elements === undefined) {
    const problem = `explode is set, but the column ${name} has single values`;
    fail('bad-data', { path: file.shown, problem, hint: 'Remove --explode. Lists are read from JSON and Parquet.' });
  }
  for (const column of [columns.time, columns.rating, columns.weight]) {
    if (column?.elements === undefined) continue;
    const length = `len(${column.elements})`;
    const uneven = `CASE WHEN ${length} <> 1 AND ${length} <> len(${elements}) THEN ${length} END`;
    const found = await firstRow(db, file, table, uneven);
    if (!found) continue;
    const [[items] = []] = await db.read(
      file,
      `SELECT len(${elements})::INTEGER FROM ${table.sql} LIMIT 1 OFFSET ${found.row - 1}`,
    );
    const problem = `row ${found.row}: ${items} items, but ${found.value} values of ${column.name}`;
    const hint = 'Expected one value per item of the list, or one value for all.';
    fail('bad-data', { path: file.shown, problem, hint });
  }
}

/** The first row, counted from 1, for which the SQL expression `value` is not NULL. */
async function firstRow(
  db: Database,
  file: SourceFile,
  table: Table,
  value: string | undefined,
): Promise<{ row: number; value: number } | undefined> {
  if (value === undefined) return undefined;
  const [found] = await db.read(
    file,
    `SELECT n::DOUBLE, v::DOUBLE FROM (SELECT row_number() OVER () AS n, ${value} AS v FROM ${table.sql}) ` +
      'WHERE v IS NOT NULL ORDER BY n LIMIT 1',
  );
  return found && { row: Number(found[0]), value: Number(found[1]) };
}

/** Counts rows with an empty list of items. They give no interaction. */
export async function emptyLists(
  db: Database,
  file: SourceFile,
  table: Table,
  { name, elements }: Column,
): Promise<string[]> {
  if (elements === undefined) return [];
  const [[rows] = []] = await db.read(file, `SELECT count(*)::DOUBLE FROM ${table.sql} WHERE len(${elements}) = 0`);
  return Number(rows) > 0 ? [`${rowsText(Number(rows))} with an empty list (column ${name})`] : [];
}
