/** The option `where`: a condition in SQL over the columns of a file. */

import { fail } from '../errors.js';
import { nearest } from '../nearest.js';
import { type ConditionColumn, columnsOf, type Fault } from './condition.js';
import { type Database, identifier, literal, pathValue } from './duckdb.js';
import type { SourceFile } from './files.js';
import type { Column, Table } from './readers/_reader.js';

/** SQL for `SELECT ... {columns} FROM ...`, and the condition that holds over it. */
export interface WhereSql {
  readonly columns: string;
  readonly condition: string;
}

/**
 * The columns that a condition uses get its names. Text is compared as a number where the condition has a number, which needs a number in every row.
 * @throws RecdistillError `bad-option` if it is no condition, or compares what cannot be compared; `bad-data` if the file lacks a column
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
    help: "Such as: type = 'purchase' AND price > 5. Text stands in single quotes, a name with blanks in double quotes. Columns of text files are text: functions of numbers and dates need price::DOUBLE, day::DATE.",
  });
}

/** @throws RecdistillError `bad-option` */
async function parsed(db: Database, condition: string): Promise<readonly ConditionColumn[]> {
  const treeOf = async (sql: string): Promise<unknown> => {
    const [[answer] = []] = await db.query(`SELECT json_serialize_sql(${literal(sql)})`);
    const tree = JSON.parse(String(answer)) as { error: boolean; error_message?: string; statements?: unknown[] };
    if (tree.error) refuseCondition(condition, tree.error_message?.split('\n')[0] ?? 'it cannot be read');
    if (tree.statements?.length !== 1) refuseCondition(condition, 'it is several statements');
    return tree.statements[0];
  };
  // With and without parentheses, so that none of its own closes ours.
  await treeOf(`SELECT 1 WHERE ${condition}\n`);
  const found = columnsOf(await treeOf(`SELECT 1 WHERE (${condition}\n)`));
  if (isFault(found)) refuseCondition(condition, found.fault);
  return found;
}

const isFault = (found: readonly ConditionColumn[] | Fault): found is Fault => 'fault' in found;

function unknown(file: SourceFile, table: Table, name: string): never {
  const names = table.columns.map((c) => c.name);
  const near = nearest(name, names);
  const problem = `the condition of where uses the column ${JSON.stringify(name)}, which is not there; columns found: ${names.join(', ')}`;
  const text = 'Text stands in single quotes, a name with blanks in double quotes.';
  fail('bad-data', { path: file.shown, problem, hint: near ? `Did you mean "${near}"? ${text}` : text });
}

/** A column as the condition needs it: text stays text where it is compared with text, so that ids of any size stay exact. */
async function typed(
  db: Database,
  file: SourceFile,
  table: Table,
  { name, sql }: Column,
  used: ConditionColumn,
  condition: string,
): Promise<string> {
  const values = [pathValue(file)];
  const [[type = 'VARCHAR'] = []] = await db.query(`SELECT typeof(${sql}) FROM ${table.sql} LIMIT 1`, values);
  if (type !== 'VARCHAR' || !(used.asNumber || used.inOrder)) return sql;
  const given = `FROM ${table.sql} WHERE ${sql} <> ''`;
  const whole = `coalesce(regexp_full_match(${sql}, '-?\\d{1,38}'), false)`;
  const number = `try_cast(${sql} AS DOUBLE) IS NOT NULL`;
  const [[areWhole, areNumbers] = []] = await db.query(
    `SELECT bool_and(${whole}), bool_and(${number}) ${given}`,
    values,
  );
  if (!used.asNumber) {
    if (areNumbers === true)
      refuseCondition(condition, `${name} holds numbers and is put in order with text; write numbers without quotes`);
    return sql;
  }
  if (areWhole === true) return `try_cast(${sql} AS HUGEINT)`;
  if (areNumbers === true) return `try_cast(${sql} AS DOUBLE)`;
  const [[text] = []] = await db.query(`SELECT ${sql} ${given} AND NOT (${number}) LIMIT 1`, values);
  if (text === undefined) return sql;
  return refuseCondition(
    condition,
    `${name} is compared with a number and holds text such as ${JSON.stringify(text)}; write text in single quotes`,
  );
}

/** SQL of the fields of a structure, so that `event.type` in a condition finds its value. */
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
