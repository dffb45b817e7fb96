/** The option `where`: a condition in SQL over the columns of a file. */
import { nearest } from '../config/options.js';
import { fail } from '../errors.js';
import { type Database, identifier, literal, pathValue } from './duckdb.js';
import type { SourceFile } from './files.js';
import type { Column, Table } from './readers/_reader.js';

/**
 * SQL of the rows of a table for which a condition holds, for use in `SELECT ... FROM (SELECT *, {columns} FROM ...) WHERE {condition}`:
 * `columns` gives the columns that the condition uses their names. Text that is a number in every row is compared as a number.
 * @throws RecdistillError `bad-option` if it is no condition, `bad-data` if it names a column that the file lacks
 */
export async function whereSql(
  db: Database,
  file: SourceFile,
  table: Table,
  condition: string,
): Promise<{ columns: string; condition: string }> {
  const columns: string[] = [];
  const structures: Fields = new Map();
  for (const path of await columnsIn(db, condition)) {
    const name = path.join('.');
    const column = table.columns.find((c) => c.name.toLowerCase() === name.toLowerCase());
    if (!column) unknown(file, table, name);
    const sql = await typed(db, file, table, column);
    if (path.length === 1) columns.push(`${sql} AS ${identifier(name)}`);
    else place(structures, path, sql);
  }
  for (const [name, fields] of structures) {
    if (fields instanceof Map) columns.push(`${structure(fields)} AS ${identifier(name)}`);
  }
  return { columns: columns.map((c) => `, ${c}`).join(''), condition: `(${condition}\n)` };
}

/** SQL of the fields of a structure, so that `event.type` in a condition finds its value. */
type Fields = Map<string, string | Fields>;

function place(fields: Map<string, string | Fields>, [first, ...rest]: readonly string[], sql: string): void {
  if (rest.length === 0) {
    fields.set(first!, sql);
    return;
  }
  const inner = fields.get(first!);
  const own: Fields = inner instanceof Map ? inner : new Map();
  fields.set(first!, own);
  place(own, rest, sql);
}

const structure = (fields: Fields): string =>
  `struct_pack(${[...fields].map(([name, value]) => `${identifier(name)} := ${typeof value === 'string' ? value : structure(value)}`).join(', ')})`;

function unknown(file: SourceFile, table: Table, name: string): never {
  const names = table.columns.map((c) => c.name);
  const near = nearest(name, names);
  const problem = `the condition of where uses the column ${JSON.stringify(name)}, which is not there; columns found: ${names.join(', ')}`;
  const text = 'Text stands in single quotes, a name with blanks in double quotes.';
  return fail('bad-data', { path: file.shown, problem, hint: near ? `Did you mean "${near}"? ${text}` : text });
}

/** The names of columns in a condition, divided at dots. @throws RecdistillError `bad-option` */
async function columnsIn(db: Database, condition: string): Promise<string[][]> {
  const refuse = (why: string): never =>
    fail('bad-option', {
      option: 'where',
      owner: 'data',
      given: JSON.stringify(condition),
      expected: `one condition in DuckDB's SQL over the columns of the file (${why})`,
      help: "Such as: type = 'purchase' AND price > 5. Text stands in single quotes.",
    });
  const [[answer] = []] = await db.query(`SELECT json_serialize_sql(${literal(`SELECT 1 WHERE (${condition}\n)`)})`);
  const parsed = JSON.parse(String(answer)) as { error: boolean; error_message?: string; statements?: unknown[] };
  if (parsed.error || parsed.statements?.length !== 1)
    return refuse(parsed.error_message?.split('\n')[0] ?? 'it is several statements');
  const names = new Map<string, string[]>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Reflect.get(node, 'class') === 'SUBQUERY') refuse('queries within it are not possible');
    if (Reflect.get(node, 'class') === 'COLUMN_REF') {
      const path: string[] = Reflect.get(node, 'column_names').map(String);
      names.set(path.join('.').toLowerCase(), path);
    }
    for (const value of Object.values(node)) visit(value);
  };
  visit(parsed.statements);
  return [...names.values()];
}

/** The column as a number if it is one in every row that has it, else as it is. */
async function typed(db: Database, file: SourceFile, table: Table, { sql }: Column): Promise<string> {
  const values = [pathValue(file)];
  const [[type] = []] = await db.query(`SELECT typeof(${sql}) FROM ${table.sql} LIMIT 1`, values);
  if (type !== 'VARCHAR') return sql;
  const [[whole, number] = []] = await db.query(
    `SELECT bool_and(try_cast(${sql} AS BIGINT)::VARCHAR = ${sql}), bool_and(try_cast(${sql} AS DOUBLE) IS NOT NULL) ` +
      `FROM ${table.sql} WHERE ${sql} <> ''`,
    values,
  );
  if (whole === true) return `try_cast(${sql} AS BIGINT)`;
  return number === true ? `try_cast(${sql} AS DOUBLE)` : sql;
}
