/** JSON lines: one object per line. */
import { fail } from '../../errors.js';
import { badFile, firstLines, linesOf, literal, pathValue } from '../duckdb.js';
import type { Reader } from './_reader.js';

/** Objects looked at to learn the keys. */
const SAMPLE = 1000;

/**
 * Lines are divided first and each is parsed alone: DuckDB's own reader of JSON lines (1.5) refuses some whole files whose
 * last line has no line end and lies across a multiple of 16 MB.
 */
export const jsonl: Reader = async (db, { file }) => {
  const hint = 'Expected one JSON object per line, such as {"user": "u1", "item": "i1"}.';
  const lines = await firstLines(db, file, SAMPLE);
  if (lines[0]?.trimStart().startsWith('[')) fail('bad-data', { path: file.path, problem: 'is one JSON array', hint });
  const wrong = await db
    .query(
      `SELECT k, line[:60] FROM (SELECT row_number() OVER () AS k, line FROM ${linesOf(file)}) ` +
        "WHERE NOT json_valid(line) OR json_type(line) <> 'OBJECT' ORDER BY k LIMIT 1",
      [pathValue(file)],
    )
    .catch((e) => badFile(file.path, e));
  if (wrong[0]) {
    const [row, text] = wrong[0];
    fail('bad-data', { path: file.path, problem: `row ${row} is not a JSON object: ${JSON.stringify(text)}`, hint });
  }
  const keys = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line))));
  return {
    columns: [...keys].map((key) => ({ name: key, sql: `(line ->> ${literal(pointer(key))})` })),
    named: true,
    sql: linesOf(file),
  };
};

/** The JSON pointer of a key (RFC 6901). */
const pointer = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
