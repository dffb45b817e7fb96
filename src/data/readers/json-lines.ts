/** JSON lines: one object per line. */
import { fail } from '../../errors.js';
import { firstLines, identifier, literal, MAX_LINE } from '../duckdb.js';
import type { Reader } from './_reader.js';

/** Objects looked at to learn the keys; a key that first occurs later must be named by the user in an earlier line's stead. */
const SAMPLE = 1000;

export const jsonl: Reader = async (db, { file }) => {
  const lines = await firstLines(db, file, SAMPLE);
  const keys = new Set<string>();
  for (const line of lines) for (const key of keysOf(line)) keys.add(key);
  if (keys.size === 0) {
    fail('bad-data', {
      path: file.path,
      problem: lines[0]?.trimStart().startsWith('[') ? 'is one JSON array' : 'holds no JSON objects',
      hint: 'Expected one JSON object per line, such as {"user": "u1", "item": "i1"}.',
    });
  }
  const columns = [...keys].map((key) => `${literal(key)}: 'VARCHAR'`).join(', ');
  return {
    columns: [...keys].map((key) => ({ name: key, sql: identifier(key) })),
    named: true,
    sql:
      `read_json($1, format='newline_delimited', columns={${columns}}, maximum_object_size=${MAX_LINE}, ` +
      `compression='${file.compression}')`,
  };
};

/** A line that is not an object gives no keys here; DuckDB refuses it later with its line number. */
function keysOf(line: string): string[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  } catch {
    return [];
  }
}
