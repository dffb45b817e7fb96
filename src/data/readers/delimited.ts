/** Delimited text (CSV, TSV and similar): one interaction per line, with or without a header. */
import { fail } from '../../errors.js';
import { isItemName, isKnownName, isUserName } from '../column-names.js';
import { detectFormat, refuseComments, SAMPLE_LINES } from '../detect-format.js';
import { type Database, firstLines, LINE_SIZE, linesOf, literal } from '../duckdb.js';
import { splitLine } from '../split-line.js';
import { refuseWide } from '../text-limits.js';
import type { Read, ReadRequest, Table } from './_reader.js';

/** Uses the option `delimiter`, else the detected one. */
export const csv: Read = (db, request) => delimited(db, request, request.delimiter ?? request.file.delimiter, 2);

/** Tab-separated, unless the option `delimiter` is set. */
export const tsv: Read = (db, request) =>
  delimited(db, request, request.delimiter ?? request.file.delimiter ?? '\t', 2);

/** Words for delimiters that are hard to type. */
const WORDS: Readonly<Record<string, string>> = {
  tab: '\t',
  '\\t': '\t',
  space: ' ',
  comma: ',',
  semicolon: ';',
  bar: '|',
};

const WHITESPACE = 'whitespace';

async function delimited(db: Database, request: ReadRequest, given: string | undefined, least: number): Promise<Table> {
  const { file, quote = 'double', givenNames } = request;
  const lines = await firstLines(db, file, SAMPLE_LINES);
  const path = file.shown;
  if (lines.length === 0) fail('bad-data', { path, problem: 'has no lines', hint: 'Expected rows of user and item.' });
  refuseComments(path, lines[0]!);
  const detect = () => detectFormat({ path, lines, givenNames, table: true, listsByName: false, ofSplit: false });
  const delimiter = given === undefined ? ((await detect()).delimiter ?? ',') : delimiterGiven(given);
  const rows = lines.map((line) => fieldsOf(line, delimiter, quote));
  // `#user,item` is also a header.
  const marked = /^#(.+)$/.exec(rows[0]![0]!)?.[1];
  if (marked !== undefined && isKnownName(marked)) rows[0]![0] = marked;
  const fields = rows[0]!;
  refuseWide(path, fields.length);
  if (fields.length < least) {
    const shown = lines[0]!.length > 60 ? `${lines[0]!.slice(0, 60)}...` : lines[0]!;
    const named = delimiter === WHITESPACE ? 'whitespace' : delimiter === '\t' ? 'tabs' : `"${delimiter}"`;
    fail('bad-data', {
      path,
      problem: `line 1 has one field, ${JSON.stringify(shown)}; expected at least a user and an item`,
      hint: `The fields were separated by ${named}. Choose another --delimiter or --format if this is wrong.`,
    });
  }
  const named = request.header === 'auto' ? looksLikeHeader(path, rows, givenNames) : request.header === 'yes';
  const sample = named ? rows[1] : fields;
  const columns = fields.map((field, k) => ({ name: named ? field : String(k + 1), sql: `c${k + 1}` }));
  const sql =
    delimiter === WHITESPACE
      ? await whitespaceSql(db, request, fields.length, named)
      : `read_csv($1, auto_detect=false, header=${named}, delim=${literal(delimiter)}, ` +
        `quote=${quote === 'none' ? "''" : `'"'`}, escape=${quote === 'none' ? "''" : `'"'`}, ` +
        `columns={${columns.map(({ sql }) => `${sql}: 'VARCHAR'`).join(', ')}}, ${LINE_SIZE}, ` +
        `compression='${file.compression}')`;
  return { columns, named, sql, ...(sample ? { sample } : {}) };
}

/** @throws RecdistillError `bad-option` */
function delimiterGiven(given: string): string {
  const delimiter = Object.hasOwn(WORDS, given) ? WORDS[given]! : given;
  // DuckDB takes delimiters of up to four bytes.
  const bytes = Buffer.byteLength(delimiter);
  if (delimiter === WHITESPACE || (bytes >= 1 && bytes <= 4 && !/["\r\n]/.test(delimiter))) return delimiter;
  const expected =
    '1 to 4 bytes without quotes or line ends, or one of the words tab, whitespace, space, comma, semicolon, bar';
  return fail('bad-option', { option: 'delimiter', owner: 'data', given: JSON.stringify(given), expected });
}

const fieldsOf = (line: string, delimiter: string, quote: 'double' | 'none'): string[] =>
  delimiter === WHITESPACE ? line.trim().split(/\s+/) : splitLine(line, delimiter, quote);

/** Rows of words. Whitespace at the ends of a line is ignored. @throws RecdistillError `bad-data` for a line of another width */
async function whitespaceSql(db: Database, { file }: ReadRequest, width: number, named: boolean): Promise<string> {
  const words = `(SELECT string_split_regex(trim(line, ' \t'), '[ \t]+') AS w FROM ${linesOf(file)})`;
  const wrong = await db.read(
    file,
    `SELECT k, len(w) FROM (SELECT row_number() OVER () AS k, w FROM ${words}) WHERE len(w) <> ${width} ORDER BY k LIMIT 1`,
  );
  if (wrong[0]) {
    const [line, found] = wrong[0].map(String);
    const hint = 'The fields were separated by whitespace. Choose another --delimiter or --format if this is wrong.';
    fail('bad-data', { path: file.shown, problem: `line ${line}: ${found} columns; expected ${width}`, hint });
  }
  const columns = Array.from({ length: width }, (_, k) => `w[${k + 1}] AS c${k + 1}`).join(', ');
  return `(SELECT ${columns} FROM ${words}${named ? ' OFFSET 1' : ''})`;
}

/** All rows and columns of a small file as text (labels, id maps). */
export async function readRows(db: Database, request: ReadRequest): Promise<{ table: Table; rows: string[][] }> {
  const delimiter =
    request.delimiter ?? request.file.delimiter ?? (request.file.name.endsWith('.csv') ? undefined : '\t');
  const table = await delimited(db, request, delimiter, 1);
  const rows = await db.read(request.file, `SELECT ${table.columns.map((c) => c.sql).join(', ')} FROM ${table.sql}`);
  return { table, rows: rows.map((row) => row.map((field) => (field === null ? '' : String(field)))) };
}

const isNumber = (field: string): boolean => field.trim() !== '' && Number.isFinite(Number(field));

/**
 * The first row is a header if it contains a given column name, or well-known names of a user and an item. It is also
 * one if it has no number, and either contains a well-known name or is followed by a row with a number. A name that
 * occurs again in its column, in a row different from the first, is data.
 * @throws RecdistillError `bad-data` for a first row with a well-known name and a number, which is ambiguous
 */
function looksLikeHeader(path: string, rows: readonly (readonly string[])[], givenNames: readonly string[]): boolean {
  const [first = [], ...rest] = rows;
  if (first.some((field) => !isNumber(field) && givenNames.includes(field))) return true;
  const others = rest.filter((row) => row.join('\0') !== first.join('\0'));
  const names = first.filter((field, column) => isKnownName(field) && !others.some((row) => row[column] === field));
  if (names.some(isUserName) && names.some(isItemName)) return true;
  if (!first.some(isNumber)) return names.length > 0 || (others[0]?.some(isNumber) ?? false);
  if (names.length === 0) return false;
  return fail('bad-data', {
    path,
    problem: `cannot tell whether the first row is a header: it has the well-known name ${JSON.stringify(names[0])}, but also numbers`,
    hint: 'Set --header yes or --header no. A table with one column per item must be rewritten as rows of user and item.',
  });
}
