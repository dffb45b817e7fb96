/** Apache Parquet. */
import { badFile, identifier, pathValue } from '../duckdb.js';
import type { Reader } from './_reader.js';

export const parquet: Reader = async (db, { file }) => {
  const sql = 'read_parquet($1, binary_as_string=true)';
  const described = await db
    .query(`SELECT column_name FROM (DESCRIBE SELECT * FROM ${sql})`, [pathValue(file)])
    .catch((e) => badFile(file.path, e));
  return {
    columns: described.map(([name]) => ({ name: String(name), sql: identifier(String(name)) })),
    named: true,
    sql,
  };
};
