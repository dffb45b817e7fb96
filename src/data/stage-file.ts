/** From one file to a table of DuckDB: rows are chosen, checked and copied. */
import { fail } from '../errors.js';
import { badId, type RowCheck, settleBadRows, valueAt } from './check-rows.js';
import { type ColumnMap, type ColumnWishes, mapColumns } from './column-names.js';
import { badFile, type Database, literal, pathValue } from './duckdb.js';
import type { SourceFile } from './files.js';
import { emptyLists, refuseNested } from './nested.js';
import type { DataOptions } from './options.js';
import type { Column, Table } from './readers/_reader.js';
import { type TimeCount, withTimes } from './times.js';
import { refuseCondition, whereSql } from './where.js';

/** Data options; what recdistill has written itself is taken as it is. */
export type ReadingOptions = DataOptions & { readonly asWritten?: boolean };

export interface StagedFile {
  readonly rows: number;
  /** Rows of the file, where a condition has kept some of them. */
  readonly of?: number;
  /** A column that looks like ratings, which nothing uses. */
  readonly unusedRating?: string;
  readonly columns: ColumnMap;
  /** Whether every row counts as one of the weights that add up. */
  readonly countsRows: boolean;
  readonly times: readonly TimeCount[];
  /** What was left out, in words. */
  readonly skipped: readonly string[];
}

/** The word of the option `weight` that stands for the number of rows of a pair. */
const ROWS = 'rows';

/**
 * Copies the columns that are used into the temporary table `name`: u and i (ids as text), t (nanoseconds since 1970), c (kind of the time),
 * r (rating), w (weight).
 * @throws RecdistillError `bad-data` with the number of the first row that cannot be used, or `bad-option`
 */
export async function stageFile(
  db: Database,
  name: string,
  file: SourceFile,
  table: Table,
  wishes: ColumnWishes,
  options: ReadingOptions,
): Promise<StagedFile> {
  const countsRows = wishes.weight === ROWS && !table.columns.some((c) => c.name === ROWS);
  const { weight, ...others } = wishes;
  const mapped = mapColumns(file.shown, table, countsRows ? others : wishes, options.minRating !== undefined);
  const rated = options.minRating !== undefined || wishes.rating !== undefined ? mapped.rating : undefined;
  if (options.minRating !== undefined && !rated) {
    const hint = 'Name the column with --rating, or leave out --min-rating.';
    fail('bad-data', { path: file.shown, problem: 'minRating is set, but there is no rating column', hint });
  }
  const columns: ColumnMap = {
    ...{ user: mapped.user, item: mapped.item },
    ...(mapped.time ? { time: mapped.time } : {}),
    ...(rated ? { rating: rated } : {}),
    ...(mapped.weight ? { weight: mapped.weight } : {}),
  };
  await refuseNested(db, file, table, columns, options.explode);
  const sql = await stagedSql(db, file, table, columns, options);
  await db
    .query(`CREATE TEMP TABLE ${name} AS ${sql}`, [pathValue(file)])
    .catch((cause) => ofOptions(file, cause, options));
  const skipped = await settleBadRows(db, name, {
    file,
    table,
    checks: checksOf(columns, table, options),
    skip: options.badRows === 'skip',
  });
  if (options.explode) skipped.push(...(await emptyLists(db, file, table, columns.item)));
  const [[rows] = []] = await db.query(`SELECT count(*)::INTEGER FROM ${name}`);
  const [[of] = []] =
    options.where === undefined ? [] : await db.query(`SELECT count(*)::DOUBLE FROM ${table.sql}`, [pathValue(file)]);
  return {
    ...{ rows: Number(rows), columns, countsRows, skipped },
    ...(of === undefined ? {} : { of: Number(of) }),
    ...(mapped.rating && !rated ? { unusedRating: mapped.rating.name } : {}),
    times: columns.time ? await timesOf(db, name, file, table, columns.time) : [],
  };
}

/** An error of a condition or of a format of times is one of the options, not of the file. */
function ofOptions(file: SourceFile, cause: unknown, { where, timeFormat }: DataOptions): never {
  const text = cause instanceof Error ? cause.message : '';
  const [, sentence] =
    /^(?:Conversion|Binder|Catalog|Parser|Invalid Input|Out of Range|Not implemented) Error: ([^\n]*)/.exec(text) ?? [];
  if (sentence === undefined || /CSV|unicode|JSON|[Pp]arquet/.test(sentence)) return badFile(file.shown, cause);
  if (timeFormat !== undefined && /strptime|format/.test(sentence)) {
    const given = JSON.stringify(timeFormat);
    const expected = `a format in DuckDB's strptime notation (${sentence})`;
    fail(
      'bad-option',
      { option: 'timeFormat', owner: 'data', given, expected, help: 'Such as %d.%m.%Y %H:%M.' },
      cause,
    );
  }
  return where === undefined ? badFile(file.shown, cause) : refuseCondition(where, sentence);
}

async function stagedSql(
  db: Database,
  file: SourceFile,
  table: Table,
  columns: ColumnMap,
  options: DataOptions,
): Promise<string> {
  const where = options.where === undefined ? undefined : await whereSql(db, file, table, options.where);
  const explodes = options.explode && columns.item.elements !== undefined;
  // A list of times or weights beside a list of items belongs to it, element by element.
  const text = (column: Column | undefined) => {
    if (!column) return 'NULL::VARCHAR';
    return explodes && column.elements !== undefined ? column.elements : `${column.sql}::VARCHAR`;
  };
  const { user, item, time, rating, weight } = columns;
  const named = { '#t': time, '#r': rating, '#w': weight };
  const raw = [
    'row_number() OVER () AS "#n"',
    `${user.sql}::VARCHAR AS "#u"`,
    `${text(item)} AS "#i"`,
    ...Object.entries(named).map(([as, column]) => `${text(column)} AS "${as}"`),
  ];
  let rows = `(SELECT ${raw.join(', ')}${where?.columns ?? ''} FROM ${table.sql})`;
  if (where) rows = `(SELECT * FROM ${rows} WHERE ${where.condition})`;
  if (explodes) {
    const one = (as: string, column: Column | undefined) =>
      column?.elements === undefined
        ? `"${as}"`
        : `CASE WHEN len("${as}") = 1 THEN "${as}"[1] ELSE "${as}"["#k"] END AS "${as}"`;
    const all = Object.entries(named).map(([as, column]) => one(as, column));
    rows = `(SELECT "#n", "#u", "#i"["#k"] AS "#i", ${all.join(', ')} FROM (SELECT *, unnest(range(1, len("#i") + 1)) AS "#k" FROM ${rows}))`;
  }
  const id = (as: string) => (options.trim ? `trim("${as}")` : `"${as}"`);
  // A point in a number with a decimal comma divides thousands, or is a mistake: neither is read.
  const number = (as: string) =>
    options.decimal === ',' ? `CASE WHEN NOT contains("${as}", '.') THEN replace("${as}", ',', '.') END` : `"${as}"`;
  // Dates may have points, and no comma: 01.03.2024.
  const moment =
    options.decimal === ','
      ? `CASE WHEN regexp_full_match("#t", '[+-]?\\d+,\\d+') THEN replace("#t", ',', '.') ELSE "#t" END`
      : '"#t"';
  if (time) rows = withTimes(rows, moment, options);
  return (
    `SELECT "#n"::UINTEGER AS n, ${id('#u')} AS u, ${id('#i')} AS i, ${time ? 't, c::TINYINT AS c' : 'NULL::BIGINT AS t, NULL::TINYINT AS c'}, ` +
    `try_cast(${number('#r')} AS DOUBLE) AS r, try_cast(${number('#w')} AS DOUBLE) AS w FROM ${rows}`
  );
}

/** The checks of the staged rows, in the order in which they are named. */
function checksOf(
  columns: ColumnMap,
  table: Table,
  { missing, decimal, timeFormat, asWritten = false }: ReadingOptions,
): RowCheck[] {
  const { user, item } = columns;
  const check = (what: keyof typeof HINTS, column: Column | undefined, bad: string): RowCheck[] =>
    column ? [{ what, column, bad, hint: HINTS[what] }] : [];
  const comma = (value: string): string =>
    decimal === '.' && /^-?\d+,\d+$/.test(value) ? ' A decimal comma needs --decimal ,.' : '';
  const numbers = check('rating', columns.rating, '(r IS NULL OR NOT isfinite(r))');
  const weights = check('weight', columns.weight, '(w IS NULL OR NOT isfinite(w) OR w <= 0)');
  const [userName, itemName] = [user, item].map(({ name }) => literal(name.toLowerCase()));
  // Also in other capitals, and with the columns exchanged.
  const header = `(lower(u) IN (${userName}, ${itemName}) AND lower(i) IN (${userName}, ${itemName}) AND lower(u) <> lower(i))`;
  return [
    ...check('user', user, badId('u', missing)),
    ...check('item', item, badId('i', missing)),
    ...(table.named && !asWritten ? [{ what: 'header', column: user, bad: header, ...OF_JOINED.header }] : []),
    ...(asWritten ? [] : [user, item]).map((column, k) => ({
      ...{ what: 'mark', column, bad: `starts_with(${k === 0 ? 'u' : 'i'}, chr(65279))` },
      ...OF_JOINED.mark,
    })),
    ...(!asWritten ? [{ what: 'list', column: item, bad: TEXT_LIST, ...AS_TEXT }] : []),
    ...check('time', columns.time, '(t IS NULL OR c IS NULL OR t < 0)').map((one) => ({
      ...one,
      hint:
        timeFormat === undefined
          ? one.hint
          : `It does not fit --time-format '${timeFormat}', or is not of 1970 to 2262. ${SKIP_TIMES}`,
    })),
    ...[...numbers, ...weights].map((one) => ({ ...one, hint: (value: string) => `${one.hint}${comma(value)}` })),
  ];
}

/** What files have in their middle that were made by writing several one after the other. */
const OF_JOINED = {
  header: {
    says: { one: 'the line of column names comes again', many: 'that repeat the line of column names' },
    hint: 'The file seems to be several files in one. --bad-rows skip leaves such rows out.',
  },
  mark: {
    says: { one: 'the id begins with a byte order mark', many: 'whose id begins with a byte order mark' },
    hint: 'The file seems to be several files in one. Give them as several files, or --bad-rows skip to leave such rows out.',
  },
};

/** A list, tuple or set of texts in quotes, or of at least two numbers, as Python and NumPy write them. */
const TEXT_LIST =
  `(regexp_matches(i, '^[\\[({].*[\\])}]$') AND (regexp_full_match(i, '.\\s*-?[\\d.]+([,\\s]+-?[\\d.]+)+,?\\s*.') ` +
  `OR regexp_full_match(i, '.\\s*(''[^'']*''|"[^"]*")([,\\s]+(''[^'']*''|"[^"]*"))*,?\\s*.')))`;
const AS_TEXT = {
  says: { one: 'the item is a list, written as text', many: 'with a list as item, written as text' },
  hint: 'Write one row for each element, or JSON lines with lists, which --explode reads. --bad-rows skip leaves such rows out.',
};

const SKIP_TIMES = '--bad-rows skip leaves such rows out, --time none ignores the column.';

const HINTS = {
  user: 'Every row needs a user id. Correct the row, name another column with --user, or add --bad-rows skip.',
  item: 'Every row needs an item id. Correct the row, name another column with --item, or add --bad-rows skip.',
  time: `Expected Unix seconds, milliseconds, microseconds or nanoseconds from 1970 to 2262, or an ISO 8601 date. Others need --time-format, such as '%d.%m.%Y %H:%M', or --time-unit. ${SKIP_TIMES}`,
  rating: 'Expected a finite number. --rating none ignores the column, --bad-rows skip leaves such rows out.',
  weight: 'Expected a finite number above 0. --bad-rows skip leaves such rows out.',
};

async function timesOf(db: Database, name: string, file: SourceFile, table: Table, time: Column): Promise<TimeCount[]> {
  const rows = await db.query(
    `SELECT c::INTEGER, count(*)::DOUBLE, min(n)::DOUBLE, max(t)::DOUBLE / 1e9 FROM ${name} GROUP BY c ORDER BY c`,
  );
  const counts: TimeCount[] = [];
  for (const [kind, count, first, latest] of rows.map((row) => row.map(Number))) {
    const value = await valueAt(db, file, table, time, first!);
    counts.push({
      path: file.shown,
      kind: kind!,
      rows: count!,
      latest: latest!,
      first: `row ${first} of ${file.shown}`,
      value: String(value),
    });
  }
  return counts;
}
