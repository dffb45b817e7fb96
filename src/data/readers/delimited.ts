/** CSV, TSV and their relatives: one interaction per line, fields between `,` `;` `|` tab or `::`, with or without header. */
import { fail } from '../../errors.js';
import { isKnownName } from '../column-names.js';
import { type Database, firstLines, LINE_SIZE, pathValue } from '../duckdb.js';
import type { Reader, ReadRequest, Table } from './_reader.js';

const DELIMITERS = [',', '\t', ';', '|', '::'] as const;

/** Comma-separated, or whichever delimiter the first line has most of. */
export const csv: Reader = (db, request) => delimited(db, request, undefined, 2);

/** Tab-separated. */
export const tsv: Reader = (db, request) => delimited(db, request, '\t', 2);

async function delimited(db: Database, request: ReadRequest, given: string | undefined, least: number): Promise<Table> {
  const { file } = request;
  const [first, second] = await firstLines(db, file, 2);
  if (first === undefined)
    fail('bad-data', { path: file.path, problem: 'has no lines', hint: 'Expected rows of user and item.' });
  const delimiter = given ?? file.delimiter ?? likeliest(first);
  const fields = splitLine(first, delimiter);
  if (fields.length < least) {
    fail('bad-data', {
      path: file.path,
      problem: `line 1 has one field, ${JSON.stringify(excerpt(first))}; expected at least user and item`,
      hint: `Fields are divided by ${given ? 'tabs' : 'a comma, tab, semicolon, bar or ::'}. Choose another --format if this is not that.`,
    });
  }
  const next = second === undefined ? undefined : splitLine(second, delimiter);
  const named = request.header === 'auto' ? looksLikeHeader(fields, next, request.wished) : request.header === 'yes';
  const sample = named ? next : fields;
  return {
    columns: fields.map((field, k) => ({ name: named ? field : String(k + 1), sql: `c${k + 1}` })),
    named,
    sql:
      `read_csv($1, auto_detect=false, header=${named}, delim='${delimiter}', quote='"', escape='"', ` +
      `columns={${fields.map((_, k) => `c${k + 1}: 'VARCHAR'`).join(', ')}}, ${LINE_SIZE}, ` +
      `compression='${file.compression}')`,
    ...(sample ? { sample } : {}),
  };
}

/** The rows of a whole small file as text, all columns (labels, id maps). */
export async function readRows(db: Database, request: ReadRequest): Promise<{ table: Table; rows: string[][] }> {
  const table = await delimited(
    db,
    request,
    request.file.delimiter ?? (request.file.name.endsWith('.csv') ? undefined : '\t'),
    1,
  );
  const rows = await db.query(`SELECT ${table.columns.map((c) => c.sql).join(', ')} FROM ${table.sql}`, [
    pathValue(request.file),
  ]);
  return { table, rows: rows.map((row) => row.map((field) => (field === null ? '' : String(field)))) };
}

const excerpt = (line: string): string => (line.length > 60 ? `${line.slice(0, 60)}...` : line);

function likeliest(line: string): string {
  let best: string = DELIMITERS[0];
  for (const d of DELIMITERS) if (splitLine(line, d).length > splitLine(line, best).length) best = d;
  return best;
}

/** The fields of one line, by the rules of RFC 4180. */
export function splitLine(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let at = 0;
  while (at <= line.length) {
    if (line[at] === '"') {
      const closing = /"(?:[^"]|"")*"?/y;
      closing.lastIndex = at;
      const quoted = closing.exec(line)![0];
      const end = line.indexOf(delimiter, at + quoted.length);
      fields.push(quoted.replace(/^"|"$/g, '').replaceAll('""', '"'));
      at = (end < 0 ? line.length : end) + delimiter.length;
    } else {
      const end = line.indexOf(delimiter, at);
      fields.push(line.slice(at, end < 0 ? line.length : end));
      at = (end < 0 ? line.length : end) + delimiter.length;
    }
  }
  return fields;
}

const isNumber = (field: string): boolean => field.trim() !== '' && Number.isFinite(Number(field));

/**
 * A first row is a header if it holds a column name that the user gave or that is well known, or if it has no number where
 * the second row has one.
 */
function looksLikeHeader(
  first: readonly string[],
  second: readonly string[] | undefined,
  wished: readonly string[],
): boolean {
  if (first.some((field) => !isNumber(field) && (wished.includes(field) || isKnownName(field)))) return true;
  return !first.some(isNumber) && (second?.some(isNumber) ?? false);
}
