/** Apache Parquet. */
import { identifier } from '../duckdb.js';
import type { Column, Read } from './_reader.js';

export const parquet: Read = async (db, { file, givenNames }) => {
  const sql = 'read_parquet($1, binary_as_string=true, hive_partitioning=false)';
  const described = await db.read(file, `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${sql})`);
  const types = new Map(described.map(([name, type]) => [String(name), String(type)]));
  const columns = [...types].map(([name, type]) => column(name, identifier(name), type));
  for (const name of givenNames) {
    const [first = '', ...path] = name.split('.');
    if (path.length === 0 || types.has(name) || !types.get(first)?.startsWith('STRUCT')) continue;
    const at = [first, ...path].map(identifier).join('.');
    const found = await db.read(file, `SELECT DISTINCT typeof(${at}) FROM ${sql} LIMIT 1`).catch(() => []);
    if (found[0]) columns.push(column(name, at, String(found[0][0])));
  }
  return {
    columns,
    named: true,
    sql,
  };
};

function column(name: string, sql: string, type: string): Column {
  const list = type.endsWith(']');
  const kind = list ? 'a list' : /^STRUCT/.test(type) ? 'a structure' : /^MAP/.test(type) ? 'a map' : undefined;
  if (kind === undefined) return { name, sql };
  const nested = `CASE WHEN ${sql} IS NOT NULL THEN '${kind}' END`;
  // Elements that are lists or structures themselves cannot be ids.
  const single = list && !/[\])]\[\]$/.test(type);
  return { name, sql, nested, elements: single ? `coalesce((${sql})::VARCHAR[], [NULL])` : 'NULL::VARCHAR[]' };
}
