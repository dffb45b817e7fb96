/** The option `where`: an SQL condition over the columns of a file. */

import { fail } from '../errors.js';
import { nearest } from '../nearest.js';
import { type ConditionColumn, columnsOf, type Fault } from './condition.js';
import { type Database, identifier, literal } from './duckdb.js';
import type { SourceFile } from './files.js';
import type { Column, Table } from './readers/_reader.js';

/** SQL columns for `SELECT ... {columns} FROM ...`, and the condition over its result. */
export interface WhereSql {
  readonly columns: string;
  readonly condition: string;
}

/**
 * Provides the columns of a condition under the names that it uses. A text column that is compared with a number is
 * converted, which requires a number in every row.
 * @throws RecdistillError `bad-option` if it is not a condition, or compares incompatible values; `bad-data` if the file
 * lacks a column
 */
export async function whereSql(db: Database, file: SourceFile, table: Table, condition: string): Promise<WhereSql> {
  const columns: string[] = [];
  const structures: Fields = new Map();
  for (const used of await parsed(db, condition)) {
    const name = used.path.join('.');
    const column = table.columns.find((c) => c.name.toLowerCase() === name.toLowerCase());
    if (!column) unknown(file, table, name);
    const sql = await typed(db, file, table, column, used, condition);
    if (used.path.length === 1) columns.push(`${sql} AS ${identifier(name)}`);
    else place(structures, used.path, sql);
  }
  for (const [name, fields] of structures) {
    if (fields instanceof Map) columns.push(`${structure(fields)} AS ${identifier(name)}`);
  }
  return { columns: columns.map((c) => `, ${c}`).join(''), condition: `(${condition}\n)` };
}

/** @throws RecdistillError `bad-option` */
export function refuseCondition(condition: string, why: string): never {
  return fail('bad-option', {
    option: 'where',
    owner: 'data',
    given: JSON.stringify(condition),
    expected: `one condition in DuckDB's SQL over the columns of the file (${why})`,
    help: "For example: type = 'purchase' AND price > 5. Put text in single quotes, and names with spaces in double quotes. Columns of text files are text: functions of numbers and dates need price::DOUBLE, day::DATE.",
  });
}

/** @throws RecdistillError `bad-option` */
async function parsed(db: Database, condition: string): Promise<readonly ConditionColumn[]> {
  const treeOf = async (sql: string): Promise<unknown> => {
    const [[answer] = []] = await db.query(`SELECT json_serialize_sql(${literal(sql)})`);
    const tree = JSON.parse(String(answer)) as { error: boolean; error_message?: string; statements?: unknown[] };
    if (tree.error) refuseCondition(condition, tree.error_message?.split('\n')[0] ?? 'it cannot be parsed');
    if (tree.statements?.length !== 1) refuseCondition(condition, 'it contains several statements');
    return tree.statements[0];
  };
  // Parsed with and without parentheses, so that a parenthesis in it cannot close ours.
  await treeOf(`SELECT 1 WHERE ${condition}\n`);
  const found = columnsOf(await treeOf(`SELECT 1 WHERE (${condition}\n)`));
  if (isFault(found)) refuseCondition(condition, found.fault);
  return found;
}

const isFault = (found: readonly ConditionColumn[] | Fault): found is Fault => 'fault' in found;

function unknown(file: SourceFile, table: Table, name: string): never {
  const names = table.columns.map((c) => c.name);
  const near = nearest(name, names);
  const problem = `the condition where uses the column ${JSON.stringify(name)}, which does not exist; columns found: ${names.join(', ')}`;
  const text = 'Put text in single quotes, and names with spaces in double quotes.';
  fail('bad-data', { path: file.shown, problem, hint: near ? `Did you mean "${near}"? ${text}` : text });
}

/** A column with the type that the condition needs. Compared with text it stays text, so that ids of any size stay exact. */
async function typed(
  db: Database,
  file: SourceFile,
  table: Table,
  { name, sql }: Column,
  used: ConditionColumn,
  condition: string,
): Promise<string> {
  const [[type = 'VARCHAR'] = []] = await db.read(file, `SELECT typeof(${sql}) FROM ${table.sql} LIMIT 1`);
  if (type !== 'VARCHAR' || !(used.asNumber || used.inOrder)) return sql;
  const given = `FROM ${table.sql} WHERE ${sql} <> ''`;
  const whole = `coalesce(regexp_full_match(${sql}, '-?\\d{1,38}'), false)`;
  const number = `try_cast(${sql} AS DOUBLE) IS NOT NULL`;
  const [[areWhole, areNumbers] = []] = await db.read(file, `SELECT bool_and(${whole}), bool_and(${number}) ${given}`);
  if (!used.asNumber) {
    if (areNumbers === true)
      refuseCondition(
        condition,
        `${name} contains numbers and is compared with text by order; write numbers without quotes`,
      );
    return sql;
  }
  if (areWhole === true) return `try_cast(${sql} AS HUGEINT)`;
  if (areNumbers === true) return `try_cast(${sql} AS DOUBLE)`;
  const [[text] = []] = await db.read(file, `SELECT ${sql} ${given} AND NOT (${number}) LIMIT 1`);
  if (text === undefined) return sql;
  return refuseCondition(
    condition,
    `${name} is compared with a number but contains text such as ${JSON.stringify(text)}; write text in single quotes`,
  );
}

/** SQL expressions of the fields of a structure, so that `event.type` works in a condition. */
type Fields = Map<string, string | Fields>;

function place(fields: Fields, [first, ...rest]: readonly string[], sql: string): void {
  if (rest.length === 0) {
    fields.set(first!, sql);
    return;
  }
  const inner = fields.get(first!);
  const own: Fields = inner instanceof Map ? inner : new Map();
  fields.set(first!, own);
  place(own, rest, sql);
}

function structure(fields: Fields): string {
  const parts = [...fields].map(
    ([name, value]) => `${identifier(name)} := ${value instanceof Map ? structure(value) : value}`,
  );
  return `struct_pack(${parts.join(', ')})`;
}
