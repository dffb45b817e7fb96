/** A table or view in a DuckDB database file. */

import { fail } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { badFile, type Database, identifier, literal, sentenceOf } from '../duckdb.js';
import type { SourceFile } from '../files.js';
import type { Read } from './_reader.js';

export const duckdb: Read = async (db, { file }) => {
  const catalog = `source ${file.path}`;
  await db.query(`ATTACH IF NOT EXISTS ${literal(file.path)} AS ${identifier(catalog)} (READ_ONLY)`).catch((cause) => {
    const hint = "Close the program that writes to it, or export the table: COPY table TO 'table.parquet'.";
    const problem = `cannot be opened: ${sentenceOf(String(cause.message))}`;
    fail('bad-data', { path: file.shown, problem, hint }, cause);
  });
  const { schema, name } = await tableOf(db, catalog, file);
  const table = [catalog, schema, name].map(identifier).join('.');
  const described = await db
    .query(`SELECT column_name FROM (DESCRIBE SELECT * FROM ${table})`)
    .catch((cause) => badFile(file.shown, cause));
  return {
    columns: described.map(([column]) => ({ name: String(column), sql: identifier(String(column)) })),
    named: true,
    // Every statement gets the path as a parameter, and DuckDB rejects unused parameters.
    sql: `(SELECT * FROM ${table} WHERE $1::VARCHAR IS NOT NULL)`,
  };
};

interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** The table given as an option, or the only one. @throws RecdistillError `usage`, listing the tables */
async function tableOf(db: Database, catalog: string, { shown, table: given }: SourceFile): Promise<TableName> {
  const rows = await db.query(
    `SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ${literal(catalog)} AND NOT internal ` +
      `UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = ${literal(catalog)} AND NOT internal ` +
      'ORDER BY 1, 2',
  );
  const tables = rows.map(([schema, name]) => ({ schema: String(schema), name: String(name) }));
  const spell = ({ schema, name }: TableName) => (schema === 'main' ? name : `${schema}.${name}`);
  const names = tables.map(spell);
  if (tables.length === 0) {
    fail('bad-data', { path: shown, problem: 'has no tables', hint: 'Expected a table or view of interactions.' });
  }
  if (given === undefined) {
    if (tables.length === 1) return tables[0]!;
    const hint = 'Choose one of them with --table.';
    return fail('usage', { problem: `${shown} has several tables and views: ${names.join(', ')}`, hint });
  }
  const found = tables.find((table) => spell(table) === given || `${table.schema}.${table.name}` === given);
  if (found) return found;
  const near = nearest(given, names);
  const hint = near ? `Did you mean "${near}"?` : 'Choose one of these with --table.';
  return fail('usage', { problem: `${shown} has no table "${given}"; tables and views: ${names.join(', ')}`, hint });
}
