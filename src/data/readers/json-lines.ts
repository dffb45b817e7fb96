/** JSON lines, one object per line; or one JSON array of objects. */
import { fail } from '../../errors.js';
import { firstLines, linesOf, literal, MAX_LINE } from '../duckdb.js';
import type { SourceFile } from '../files.js';
import { MAX_COLUMNS, refuseWide } from '../text-limits.js';
import type { Column, Read } from './_reader.js';

/**
 * The text is split into lines first, and each line is parsed alone. DuckDB's own reader of JSON lines (1.5) rejects
 * some valid files: those whose last line has no line end and crosses a multiple of 16 MB.
 */
export const jsonl: Read = async (db, { file, givenNames }) => {
  const hint = 'Expected one JSON object per line, such as {"user": "u1", "item": "i1"}, or one array of such objects.';
  const isArray = (await firstLines(db, file, 1))[0]?.trimStart().startsWith('[') ?? false;
  const sql = isArray ? objectsOf(file) : linesOf(file);
  const wrong = await db.read(
    file,
    `SELECT k, line[:60], bad FROM (SELECT row_number() OVER () AS k, line, ${FAULT} AS bad FROM ${sql}) ` +
      'WHERE bad IS NOT NULL ORDER BY k LIMIT 1',
  );
  if (wrong[0]) {
    const [row, text, bad] = wrong[0];
    fail('bad-data', { path: file.shown, problem: `row ${row} ${bad}: ${JSON.stringify(text)}`, hint });
  }
  // A key may first occur late in a file, so all rows are read.
  const found = await db.read(
    file,
    'SELECT key FROM (SELECT k, unnest(json_keys(line)) AS key, generate_subscripts(json_keys(line), 1) AS place ' +
      `FROM (SELECT row_number() OVER () AS k, line FROM ${sql})) GROUP BY key ORDER BY min(k), min(place) LIMIT ${MAX_COLUMNS + 1}`,
  );
  refuseWide(file.shown, found.length);
  if (found.length === 0) fail('bad-data', { path: file.shown, problem: 'has no objects with keys', hint });
  const keys = new Set(found.map(([key]) => String(key)));
  // A key with dots in its name takes precedence over a nested field.
  const inside: { name: string; path: readonly string[] }[] = [];
  for (const name of givenNames) {
    const path = name.split('.');
    if (path.length === 1 || keys.has(name) || !keys.has(path[0]!)) continue;
    const there = await db.read(
      file,
      `SELECT 1 FROM ${sql} WHERE json_exists(line, ${literal(pointer(path))}) LIMIT 1`,
    );
    if (there.length > 0) inside.push({ name, path });
  }
  return {
    columns: [
      ...[...keys].map((key) => column(key, pointer([key]))),
      ...inside.map(({ name, path }) => column(name, pointer(path))),
    ],
    named: true,
    sql,
  };
};

/** What is wrong with a line, or NULL. Of a key that occurs twice only one value could be used. */
const FAULT =
  "CASE WHEN NOT json_valid(line) OR json_type(line) <> 'OBJECT' THEN 'is not a JSON object' " +
  "WHEN len(json_keys(line)) <> len(list_distinct(json_keys(line))) THEN 'has a key twice' END";

/** The objects of an array as a relation with the column `line`. */
const objectsOf = (file: SourceFile): string =>
  `(SELECT json::VARCHAR AS line FROM read_json_objects($1, format='array', maximum_object_size=${MAX_LINE}, compression='${file.compression}'))`;

function column(name: string, at: string): Column {
  const type = `json_type(line, ${literal(at)})`;
  const json = `json_extract(line, ${literal(at)})`;
  const text = `(line ->> ${literal(at)})`;
  return {
    name,
    sql: text,
    nested: `CASE ${type} WHEN 'ARRAY' THEN 'a list' WHEN 'OBJECT' THEN 'an object' END`,
    elements:
      `CASE WHEN ${type} IS DISTINCT FROM 'ARRAY' THEN [${text}] ` +
      `WHEN len(list_filter(json_transform(${json}, '["JSON"]'), lambda e: json_type(e) IN ('ARRAY', 'OBJECT'))) = 0 ` +
      `THEN json_transform(${json}, '["VARCHAR"]') END`,
  };
}

/** The JSON pointer of nested keys (RFC 6901). */
const pointer = (keys: readonly string[]): string =>
  keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
