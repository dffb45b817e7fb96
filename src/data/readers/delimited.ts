/** CSV, TSV and their relatives: one interaction per line, fields divided by a delimiter or by runs of blanks, with or without header. */
import { fail } from '../../errors.js';
import { isItemName, isKnownName, isUserName } from '../column-names.js';
import { detectFormat, refuseComments, SAMPLE_LINES } from '../detect-format.js';
import { badFile, type Database, firstLines, LINE_SIZE, linesOf, literal, pathValue } from '../duckdb.js';
import { splitLine } from '../split-line.js';
import type { Read, ReadRequest, Table } from './_reader.js';

/** Divided as the option `delimiter` says, else by the only delimiter that can be. */
export const csv: Read = (db, request) => delimited(db, request, request.delimiter ?? request.file.delimiter, 2);

/** Divided by tabs, unless the option `delimiter` says otherwise. */
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

const BLANK = 'blank';

async function delimited(db: Database, request: ReadRequest, given: string | undefined, least: number): Promise<Table> {
  const { file, quote = 'double', wished } = request;
  const lines = await firstLines(db, file, SAMPLE_LINES);
  const path = file.shown;
  if (lines.length === 0) fail('bad-data', { path, problem: 'has no lines', hint: 'Expected rows of user and item.' });
  refuseComments(path, lines[0]!);
  const detect = () => detectFormat({ path, lines, wished, table: true, listsByName: false, ofSplit: false });
  const delimiter = given === undefined ? ((await detect()).delimiter ?? ',') : delimiterGiven(given);
  const rows = lines.map((line) => fieldsOf(line, delimiter, quote));
  // `#user,item` names columns, too.
  const marked = /^#(.+)$/.exec(rows[0]![0]!)?.[1];
  if (marked !== undefined && isKnownName(marked)) rows[0]![0] = marked;
  const fields = rows[0]!;
  if (fields.length < least) {
    const shown = lines[0]!.length > 60 ? `${lines[0]!.slice(0, 60)}...` : lines[0]!;
    const named = delimiter === BLANK ? 'blanks' : delimiter === '\t' ? 'tabs' : `"${delimiter}"`;
    fail('bad-data', {
      path,
      problem: `line 1 has one field, ${JSON.stringify(shown)}; expected at least user and item`,
      hint: `Fields are divided by ${named} here. Choose another --delimiter or --format if this is not so.`,
    });
  }
  const named = request.header === 'auto' ? looksLikeHeader(path, rows, wished) : request.header === 'yes';
  const sample = named ? rows[1] : fields;
  const columns = fields.map((field, k) => ({ name: named ? field : String(k + 1), sql: `c${k + 1}` }));
  const sql =
    delimiter === BLANK
      ? await blankSql(db, request, fields.length, named)
      : `read_csv($1, auto_detect=false, header=${named}, delim=${literal(delimiter)}, ` +
        `quote=${quote === 'none' ? "''" : `'"'`}, escape=${quote === 'none' ? "''" : `'"'`}, ` +
        `columns={${columns.map(({ sql }) => `${sql}: 'VARCHAR'`).join(', ')}}, ${LINE_SIZE}, ` +
        `compression='${file.compression}')`;
  return { columns, named, sql, ...(sample ? { sample } : {}) };
}

/** @throws RecdistillError `bad-option` */
function delimiterGiven(given: string): string {
  const delimiter = WORDS[given] ?? given;
  // DuckDB takes delimiters of up to four bytes.
  const bytes = Buffer.byteLength(delimiter);
  if (delimiter === BLANK || (bytes >= 1 && bytes <= 4 && !/["\r\n]/.test(delimiter))) return delimiter;
  const expected =
    '1 to 4 bytes without quotes and line ends, or one of the words tab, blank, space, comma, semicolon, bar';
  return fail('bad-option', { option: 'delimiter', owner: 'data', given: JSON.stringify(given), expected });
}

const fieldsOf = (line: string, delimiter: string, quote: 'double' | 'none'): string[] =>
  delimiter === BLANK ? line.trim().split(/\s+/) : splitLine(line, delimiter, quote);

/** Rows of words; blanks at the ends of a line divide nothing. @throws RecdistillError `bad-data` for a line of another width */
async function blankSql(db: Database, { file }: ReadRequest, width: number, named: boolean): Promise<string> {
  const words = `(SELECT string_split_regex(trim(line, ' \t'), '[ \t]+') AS w FROM ${linesOf(file)})`;
  const wrong = await db
    .query(
      `SELECT k, len(w) FROM (SELECT row_number() OVER () AS k, w FROM ${words}) WHERE len(w) <> ${width} ORDER BY k LIMIT 1`,
      [pathValue(file)],
    )
    .catch((e) => badFile(file.shown, e));
  if (wrong[0]) {
    const [line, found] = wrong[0].map(String);
    const hint = 'Fields are divided by runs of blanks here. Choose another --delimiter or --format if this is not so.';
    fail('bad-data', { path: file.shown, problem: `line ${line}: ${found} columns; expected ${width}`, hint });
  }
  const columns = Array.from({ length: width }, (_, k) => `w[${k + 1}] AS c${k + 1}`).join(', ');
  return `(SELECT ${columns} FROM ${words}${named ? ' OFFSET 1' : ''})`;
}

/** The rows of a whole small file as text, all columns (labels, id maps). */
export async function readRows(db: Database, request: ReadRequest): Promise<{ table: Table; rows: string[][] }> {
  const delimiter =
    request.delimiter ?? request.file.delimiter ?? (request.file.name.endsWith('.csv') ? undefined : '\t');
  const table = await delimited(db, request, delimiter, 1);
  const rows = await db.query(`SELECT ${table.columns.map((c) => c.sql).join(', ')} FROM ${table.sql}`, [
    pathValue(request.file),
  ]);
  return { table, rows: rows.map((row) => row.map((field) => (field === null ? '' : String(field)))) };
}

const isNumber = (field: string): boolean => field.trim() !== '' && Number.isFinite(Number(field));

/**
 * A first row is a header if it holds a column name that the user gave, or well-known names of a user and an item; or if it has no number, and
 * holds a well-known name, or the second row has a number. A name that comes again in its column, in a row that is not the first one again, is
 * none.
 * @throws RecdistillError `bad-data` for a first row with a well-known name and a number, which may be either
 */
function looksLikeHeader(path: string, rows: readonly (readonly string[])[], wished: readonly string[]): boolean {
  const [first = [], ...rest] = rows;
  if (first.some((field) => !isNumber(field) && wished.includes(field))) return true;
  const others = rest.filter((row) => row.join('\0') !== first.join('\0'));
  const names = first.filter((field, column) => isKnownName(field) && !others.some((row) => row[column] === field));
  if (names.some(isUserName) && names.some(isItemName)) return true;
  if (!first.some(isNumber)) return names.length > 0 || (others[0]?.some(isNumber) ?? false);
  if (names.length === 0) return false;
  return fail('bad-data', {
    path,
    problem: `cannot tell whether the first row names the columns: it has ${JSON.stringify(names[0])}, a usual name, and numbers`,
    hint: 'Say so with --header yes or --header no. A table with a column for each item has to be written as rows of user and item.',
  });
}
