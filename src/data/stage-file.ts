/** Stages one file: selects, checks and copies its rows to a DuckDB table. */
import { defined } from '../defined.js';
import { fail, RecdistillError } from '../errors.js';
import { badId, handleBadRows, type RowCheck, valueAt } from './check-rows.js';
import { type ColumnMap, type ColumnOptions, mapColumns } from './column-names.js';
import { badFile, type Database, literal } from './duckdb.js';
import type { SourceFile } from './files.js';
import { emptyLists, refuseNested } from './nested.js';
import type { DataOptions } from './options.js';
import type { Column, Table } from './readers/_reader.js';
import { type TimeCount, withTimes } from './times.js';
import { unusedRatings } from './unused-ratings.js';
import { refuseCondition, whereSql } from './where.js';

/** Data options. With `asWritten`, files that recdistill wrote are read without interpretation. */
export type ReadingOptions = DataOptions & { readonly asWritten?: boolean };

export interface StagedFile {
  readonly rows: number;
  /** Number of rows in the file, if a condition filtered them. */
  readonly of?: number;
  /** What it means that the column of ratings is not used. */
  readonly unusedRating?: string;
  readonly columns: ColumnMap;
  /** Whether each row has weight 1, so that weights are numbers of rows. */
  readonly countsRows: boolean;
  readonly times: readonly TimeCount[];
  /** Notes about skipped rows. */
  readonly skipped: readonly string[];
}

/** The value of the option `weight` that means the number of rows of a pair. */
const ROWS = 'rows';

/** Rows that a condition selects or that are elements of lists keep the number of their row in the column n. Others have it by their position. */
const rowNumberOf = ({ where, explode }: DataOptions): string => (where === undefined && !explode ? 'rowid + 1' : 'n');

/**
 * Copies the used columns to the temporary table `name`: u and i (ids as text), and those of t (nanoseconds since 1970), c (kind of
 * time), r (rating), w (weight) that the file has.
 * @throws RecdistillError `bad-data` with the number of the first unusable row, or `bad-option`
 */
export async function stageFile(
  db: Database,
  name: string,
  file: SourceFile,
  table: Table,
  given: ColumnOptions,
  options: ReadingOptions,
): Promise<StagedFile> {
  const countsRows = given.weight === ROWS && !table.columns.some((c) => c.name === ROWS);
  const { weight, ...others } = given;
  const mapped = mapColumns(file.shown, table, countsRows ? others : given, options.minRating !== undefined);
  const rated = options.minRating !== undefined || given.rating !== undefined ? mapped.rating : undefined;
  if (options.minRating !== undefined && !rated) {
    const hint = 'Set the column with --rating, or remove --min-rating.';
    fail('bad-data', { path: file.shown, problem: 'minRating is set, but there is no rating column', hint });
  }
  const columns: ColumnMap = {
    ...{ user: mapped.user, item: mapped.item },
    ...defined({ time: mapped.time, rating: rated, weight: mapped.weight }),
  };
  await refuseNested(db, file, table, columns, options.explode);
  const sql = await stagedSql(db, file, table, columns, options);
  await db.read(file, `CREATE TEMP TABLE ${name} AS ${sql}`).catch((cause) => ofOptions(file, cause, options));
  const skipped = await handleBadRows(db, name, {
    file,
    table,
    checks: checksOf(columns, table, options),
    skip: options.badRows === 'skip',
    rowNumber: rowNumberOf(options),
  });
  if (options.explode) skipped.push(...(await emptyLists(db, file, table, columns.item)));
  // Ratings that are the weights are used.
  const unused = mapped.rating?.name === mapped.weight?.name ? undefined : mapped.rating;
  const unusedRating =
    unused && options.minRating === undefined && !options.asWritten
      ? await unusedRatings(db, file, table, unused, options.decimal)
      : undefined;
  const [[rows] = []] = await db.query(`SELECT count(*)::INTEGER FROM ${name}`);
  const [[of] = []] =
    options.where === undefined ? [] : await db.read(file, `SELECT count(*)::DOUBLE FROM ${table.sql}`);
  return {
    ...{ rows: Number(rows), columns, countsRows, skipped },
    ...(of === undefined ? {} : { of: Number(of) }),
    ...defined({ unusedRating }),
    times: columns.time ? await timesOf(db, name, file, table, columns.time, rowNumberOf(options)) : [],
  };
}

/** An error in a condition or a time format is an error of the options, not of the file. */
function ofOptions(file: SourceFile, cause: unknown, { where, timeFormat }: DataOptions): never {
  // What the engine said is the cause of what `read` throws.
  const said = cause instanceof RecdistillError ? cause.cause : cause;
  const text = said instanceof Error ? said.message : '';
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
  // Lists of times or weights match the list of items, element by element.
  const text = (column: Column | undefined) => {
    if (!column) return 'NULL::VARCHAR';
    return explodes && column.elements !== undefined ? column.elements : `${column.sql}::VARCHAR`;
  };
  const { user, item, time, rating, weight } = columns;
  const named = { ...(time && { '#t': time }), ...(rating && { '#r': rating }), ...(weight && { '#w': weight }) };
  // A number for each row is counted on one thread, so only where the position in the table is another.
  const numbered = rowNumberOf(options) === 'n';
  const raw = [
    ...(numbered ? ['row_number() OVER () AS "#n"'] : []),
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
    rows = `(SELECT ${['"#n", "#u", "#i"["#k"] AS "#i"', ...all].join(', ')} FROM (SELECT *, unnest(range(1, len("#i") + 1)) AS "#k" FROM ${rows}))`;
  }
  const id = (as: string) => (options.trim ? `trim("${as}")` : `"${as}"`);
  // With a decimal comma, a point is a thousands separator or a mistake. Neither is accepted.
  const number = (as: string) =>
    options.decimal === ',' ? `CASE WHEN NOT contains("${as}", '.') THEN replace("${as}", ',', '.') END` : `"${as}"`;
  // Dates may contain points but no comma: 01.03.2024.
  const moment =
    options.decimal === ','
      ? `CASE WHEN regexp_full_match("#t", '[+-]?\\d+,\\d+') THEN replace("#t", ',', '.') ELSE "#t" END`
      : '"#t"';
  if (time) rows = withTimes(rows, moment, options);
  const used = [
    ...(numbered ? ['"#n"::UINTEGER AS n'] : []),
    ...[`${id('#u')} AS u`, `${id('#i')} AS i`],
    ...(time ? ['t', 'c::TINYINT AS c'] : []),
    ...(rating ? [`try_cast(${number('#r')} AS DOUBLE) AS r`] : []),
    ...(weight ? [`try_cast(${number('#w')} AS DOUBLE) AS w`] : []),
  ];
  return `SELECT ${used.join(', ')} FROM ${rows}`;
}

/** The checks of the staged rows, in the order in which they are reported. */
function checksOf(
  columns: ColumnMap,
  table: Table,
  { missing, decimal, timeFormat, asWritten = false }: ReadingOptions,
): RowCheck[] {
  const { user, item } = columns;
  const check = (what: keyof typeof HINTS, column: Column | undefined, bad: string): RowCheck[] =>
    column ? [{ what, column, bad, hint: HINTS[what] }] : [];
  const comma = (value: string): string =>
    decimal === '.' && /^-?\d+,\d+$/.test(value) ? ' For a decimal comma, add --decimal ,.' : '';
  const numbers = check('rating', columns.rating, '(r IS NULL OR NOT isfinite(r))');
  const weights = check('weight', columns.weight, '(w IS NULL OR NOT isfinite(w) OR w <= 0)');
  const [userName, itemName] = [user, item].map(({ name }) => literal(name.toLowerCase()));
  // Case-insensitive, and also with the columns exchanged.
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
          : `It does not match --time-format '${timeFormat}', or is not between 1970 and 2262. ${SKIP_TIMES}`,
    })),
    ...[...numbers, ...weights].map((one) => ({ ...one, hint: (value: string) => `${one.hint}${comma(value)}` })),
  ];
}

/** Traces of several files that were concatenated into one. */
const OF_JOINED = {
  header: {
    description: { one: 'the header occurs again', many: 'that repeat the header' },
    hint: 'The file seems to be several concatenated files. --bad-rows skip ignores such rows.',
  },
  mark: {
    description: { one: 'the id begins with a byte order mark', many: 'whose id begins with a byte order mark' },
    hint: 'The file seems to be several concatenated files. Give them as several files, or add --bad-rows skip to skip such rows.',
  },
};

/** A list, tuple or set of quoted texts, or of at least two numbers, as Python and NumPy print them. */
const TEXT_LIST =
  `(regexp_matches(i, '^[\\[({].*[\\])}]$') AND (regexp_full_match(i, '.\\s*-?[\\d.]+([,\\s]+-?[\\d.]+)+,?\\s*.') ` +
  `OR regexp_full_match(i, '.\\s*(''[^'']*''|"[^"]*")([,\\s]+(''[^'']*''|"[^"]*"))*,?\\s*.')))`;
const AS_TEXT = {
  description: { one: 'the item is a list written as text', many: 'with a list written as text as item' },
  hint: 'Write one row per element, or JSON lines with lists, which --explode reads. --bad-rows skip ignores such rows.',
};

const SKIP_TIMES = '--bad-rows skip ignores such rows, --time none ignores the column.';

const HINTS = {
  user: 'Every row needs a user id. Correct the row, choose another column with --user, or add --bad-rows skip.',
  item: 'Every row needs an item id. Correct the row, choose another column with --item, or add --bad-rows skip.',
  time: `Expected Unix seconds, milliseconds, microseconds or nanoseconds from 1970 to 2262, or an ISO 8601 date. For other times, set --time-format, such as '%d.%m.%Y %H:%M', or --time-unit. ${SKIP_TIMES}`,
  rating: 'Expected a finite number. --rating none ignores the column, --bad-rows skip ignores such rows.',
  weight: 'Expected a finite number above 0. --bad-rows skip ignores such rows.',
};

async function timesOf(
  db: Database,
  name: string,
  file: SourceFile,
  table: Table,
  time: Column,
  rowNumber: string,
): Promise<TimeCount[]> {
  const rows = await db.query(
    `SELECT c::INTEGER, count(*)::DOUBLE, min(${rowNumber})::DOUBLE, max(t)::DOUBLE / 1e9 FROM ${name} GROUP BY c ORDER BY c`,
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
