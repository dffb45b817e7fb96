/** Parses times: numbers in some unit, dates as numbers, or text. They are staged as whole nanoseconds, without loss. */
import { fail } from '../errors.js';
import { rowsText } from './check-rows.js';
import { type Database, literal } from './duckdb.js';
import type { DataOptions } from './options.js';

/** Kinds of times. The size of a number tells its unit: until the year 5138, seconds stay below 10^11; from 1973 on, the other units are above. */
const KINDS = {
  text: { code: 0, name: 'dates as text' },
  s: { code: 1, name: 'seconds' },
  ms: { code: 2, name: 'milliseconds' },
  us: { code: 3, name: 'microseconds' },
  ns: { code: 4, name: 'nanoseconds' },
  /** Eight digits that are a date between 1900 and 2100, such as 20200913. */
  day: { code: 5, name: 'dates such as 20200913' },
  /** Twelve digits that are a date with hour and minute. */
  minute: { code: 6, name: 'dates such as 202009131230' },
  /** A year from 1900 to 2099. */
  year: { code: 7, name: 'years' },
  month: { code: 8, name: 'months such as 202009' },
  hour: { code: 9, name: 'dates such as 2020091312' },
} as const;

type Kind = keyof typeof KINDS;
type TimeOptions = Pick<DataOptions, 'timeUnit' | 'timeFormat'>;

const NANOSECONDS = { s: 1_000_000_000, ms: 1_000_000, us: 1000, ns: 1 } as const;
const LIMITS = { s: 1e11, ms: 1e14, us: 1e17, ns: Number.MAX_SAFE_INTEGER * 1024 } as const;

/**
 * Adds two columns to a relation: t, the time in nanoseconds since 1970 (BIGINT), and c, the code of its kind. Both are
 * NULL for an invalid time.
 * @param rows SQL of the relation
 * @param text SQL expression of the time as text, with a point as decimal mark
 */
export function withTimes(rows: string, text: string, { timeUnit, timeFormat }: TimeOptions): string {
  if (timeFormat !== undefined) {
    const parsed = `TRY(epoch_ns(try_strptime(${text}, ${literal(timeFormat)})))`;
    return `(SELECT *, ${parsed} AS t, CASE WHEN ${parsed} IS NOT NULL THEN ${KINDS.text.code} END AS c FROM ${rows})`;
  }
  // Nested steps, so that each is computed once. Whole numbers first: casts to wide decimals take a thousand times as long.
  const numbers =
    `(SELECT *, CASE WHEN NOT contains(${text}, '.') THEN try_cast(${text} AS BIGINT) END AS "#whole", ` +
    `try_cast(${text} AS DOUBLE) AS "#number" FROM ${rows})`;
  const unit =
    timeUnit !== 'auto'
      ? String(KINDS[timeUnit].code)
      : `CASE WHEN "#number" < ${LIMITS.s} THEN ${KINDS.s.code} WHEN "#number" < ${LIMITS.ms} THEN ${KINDS.ms.code} ` +
        `WHEN "#number" < ${LIMITS.us} THEN ${KINDS.us.code} WHEN "#number" < ${LIMITS.ns} THEN ${KINDS.ns.code} END`;
  const units = `(SELECT *, CASE WHEN "#number" IS NOT NULL THEN ${unit} END AS "#unit" FROM ${numbers})`;
  const inEach = (of: (factor: number) => string) =>
    `CASE "#unit" ${(['s', 'ms', 'us', 'ns'] as const).map((u) => `WHEN ${KINDS[u].code} THEN ${of(NANOSECONDS[u])}`).join(' ')} END`;
  const fraction = `try_cast(rpad(left(split_part(${text}, '.', 2), 9), 9, '0') AS BIGINT)`;
  const exact = (factor: number) =>
    `CASE WHEN regexp_full_match(${text}, '[+-]?\\d{1,18}\\.\\d*') ` +
    `THEN TRY(try_cast(split_part(${text}, '.', 1) AS BIGINT) * ${factor} + ${fraction} // ${NANOSECONDS.s / factor}) ` +
    `ELSE TRY(("#number" * ${factor})::BIGINT) END`;
  // TIMESTAMP_NS keeps nanoseconds but knows no named time zones. TIMESTAMPTZ is the opposite.
  const parsed =
    `CASE WHEN regexp_matches(${text}, '^\\s*\\d{4}[-/]\\d') THEN ` +
    `coalesce(TRY(epoch_ns(try_cast(${text} AS TIMESTAMP_NS))), TRY(epoch_us(try_cast(${text} AS TIMESTAMPTZ)) * 1000)) END`;
  const nanoseconds =
    `CASE WHEN "#whole" IS NOT NULL THEN ${inEach((factor) => `TRY("#whole" * ${factor})`)} ` +
    `WHEN "#number" IS NOT NULL THEN ${inEach(exact)} ELSE ${parsed} END`;
  const kind =
    timeUnit === 'auto'
      ? `CASE WHEN "#number" BETWEEN 19000101 AND 21001231 AND ${isDay(text)} THEN ${KINDS.day.code} ` +
        `WHEN "#number" BETWEEN 190001010000 AND 209912312359 AND ${isMinute(text)} THEN ${KINDS.minute.code} ` +
        `WHEN "#number" BETWEEN 190001 AND 209912 AND ${isMonth(text)} THEN ${KINDS.month.code} ` +
        `WHEN "#number" BETWEEN 1900010100 AND 2099123123 AND ${isHour(text)} THEN ${KINDS.hour.code} ` +
        `WHEN "#number" BETWEEN 1900 AND 2099 AND "#number" = floor("#number") THEN ${KINDS.year.code} ELSE "#unit" END`
      : '"#unit"';
  return `(SELECT *, ${nanoseconds} AS t, CASE WHEN "#number" IS NULL THEN ${KINDS.text.code} ELSE ${kind} END AS c FROM ${units})`;
}

const isDay = (text: string): string =>
  `regexp_full_match(${text}, '(19|20)\\d{6}') AND try_strptime(${text}, '%Y%m%d') IS NOT NULL`;

const YEAR_MONTH = '(19|20)\\d{2}(0[1-9]|1[0-2])';
const DAY_HOUR = '(0[1-9]|[12]\\d|3[01])([01]\\d|2[0-3])';
const isMonth = (text: string): string => `regexp_full_match(${text}, '${YEAR_MONTH}')`;
const isHour = (text: string): string => `regexp_full_match(${text}, '${YEAR_MONTH}${DAY_HOUR}')`;
const isMinute = (text: string): string => `regexp_full_match(${text}, '${YEAR_MONTH}${DAY_HOUR}[0-5]\\d')`;

/** Rows of one kind of time in one file. */
export interface TimeCount {
  readonly path: string;
  readonly kind: number;
  readonly rows: number;
  /** The latest one, in seconds since 1970. */
  readonly latest: number;
  /** Place of the first one, such as `row 3 of a.csv`. */
  readonly first: string;
  readonly value: string;
}

/** The year 2001 in Unix seconds. Times counted from another origin than 1970 stay below. */
const SINCE_1970 = 1e9;

function refuseNumbers(counts: readonly TimeCount[], kind: Kind, format: string): never {
  const { path, value, first } = counts.find((c) => c.kind === KINDS[kind].code)!;
  const problem = `the times look like ${KINDS[kind].name} (${JSON.stringify(value)}, ${first})`;
  const hint = `Read them with --time-format ${format}. If they count from 1970, set their unit with --time-unit.`;
  fail('bad-data', { path, problem, hint });
}

/**
 * Decides how to interpret the times of a source.
 * @returns whether numbers of eight digits are dates
 * @throws RecdistillError `bad-data` if units are mixed
 */
export function timesAreDays(counts: readonly TimeCount[]): boolean {
  const rowsOf = (kind: Kind) => counts.reduce((sum, c) => sum + (c.kind === KINDS[kind].code ? c.rows : 0), 0);
  const found = (Object.keys(KINDS) as Kind[]).filter((kind) => rowsOf(kind) > 0);
  for (const [kind, format] of [
    ['minute', '%Y%m%d%H%M'],
    ['hour', '%Y%m%d%H'],
    ['month', '%Y%m'],
    ['year', '%Y'],
  ] as const) {
    if (rowsOf(kind) > rowsOf('s') + rowsOf('ms')) refuseNumbers(counts, kind, format);
  }
  // Some numbers look like dates by chance: seconds counted from another origin, and milliseconds.
  const relative = counts.every((c) => c.kind === KINDS.text.code || c.latest < SINCE_1970);
  const byChance = (kind: Kind): boolean =>
    kind === 'minute' ? rowsOf('ms') >= rowsOf(kind) : (kind === 'hour' || relative) && rowsOf('s') >= rowsOf(kind);
  const kinds = found.filter((kind) => !['day', 'year', 'month', 'hour', 'minute'].includes(kind) || !byChance(kind));
  if (kinds.length < 2) return kinds[0] === 'day';
  const examples = kinds.map((kind) => {
    const { first, value } = counts.find((c) => c.kind === KINDS[kind].code)!;
    return `${rowsText(rowsOf(kind))} like ${KINDS[kind].name} (${JSON.stringify(value)}, ${first})`;
  });
  return fail('bad-data', {
    path: counts[0]!.path,
    problem: `the times have different units: ${examples.join(', ')}`,
    hint: 'If all numbers have one unit, set it with --time-unit s, ms, us or ns. Otherwise correct the file, exclude rows with --where, or ignore times with --time none.',
  });
}

/** SQL that converts staged numbers of eight digits, such as 20200913, to their dates. */
export const daysSql = (table: string): string =>
  `UPDATE ${table} SET t = epoch_ns(strptime((t // ${NANOSECONDS.s})::VARCHAR, '%Y%m%d'))`;

/** Seconds as float64. The resolution today is about 0.24 microseconds. */
const SECONDS = `(t // ${NANOSECONDS.s})::DOUBLE + (t % ${NANOSECONDS.s})::DOUBLE / ${NANOSECONDS.s}`;

/** Converts the staged times of a source to float64 seconds. */
export interface TimeScale {
  /** SQL expression of the argument of `secondsOf`, over a staged table `p`. `join` must be added to its FROM. */
  readonly sql: string;
  readonly join: string;
  secondsOf(value: number): number;
}

/**
 * Different times must stay different. If float64 seconds are too coarse for the nanoseconds of the source, equal values
 * are raised to the next float64, in their order.
 * @param tables staged tables with the column `t`
 */
export async function timeScale(db: Database, tables: readonly string[]): Promise<TimeScale> {
  const all = tables.map((table) => `SELECT t FROM ${table}`).join(' UNION ALL ');
  const plain: TimeScale = { sql: SECONDS.replaceAll('(t ', '(p.t '), join: '', secondsOf: (value) => value };
  const [[fine] = []] = await db.query(`SELECT bool_or(t % 1000 <> 0) FROM (${all})`);
  if (fine !== true) return plain;
  await db.query(
    `CREATE TEMP TABLE moments AS SELECT t, (row_number() OVER (ORDER BY t) - 1)::INTEGER AS k FROM (SELECT DISTINCT t FROM (${all}))`,
  );
  const [[count] = []] = await db.query('SELECT count(*)::INTEGER FROM moments');
  const seconds = new Float64Array(Number(count));
  await db.scan(`SELECT ${SECONDS} FROM moments ORDER BY k`, ([value], k) => {
    seconds[k] = k > 0 && value! <= seconds[k - 1]! ? nextUp(seconds[k - 1]!) : value!;
  });
  return { sql: 'moments.k', join: ' JOIN moments ON p.t = moments.t', secondsOf: (k) => seconds[k]! };
}

const bits = new DataView(new ArrayBuffer(8));

/** The next larger float64. `x` must be >= 0. */
function nextUp(x: number): number {
  bits.setFloat64(0, x);
  bits.setBigInt64(0, bits.getBigInt64(0) + 1n);
  return bits.getFloat64(0);
}
