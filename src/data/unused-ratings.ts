/** Ratings that are not used: every row counts as a like. What this means is said, with the option that changes it. */
import type { Database } from './duckdb.js';
import type { SourceFile } from './files.js';
import type { Column, Table } from './readers/_reader.js';

/** Rows that are looked at. */
const MOST = 100_000;

/**
 * The sentence about a column of ratings that is not used, with the share of low ones among the first rows. Low is below the middle between the
 * smallest and the largest rating. Undefined if the column has no two different numbers.
 */
export async function unusedRatings(
  db: Database,
  file: SourceFile,
  table: Table,
  column: Column,
  decimal: '.' | ',',
): Promise<string | undefined> {
  if (column.elements !== undefined) return undefined;
  const text = decimal === ',' ? `replace(${column.sql}::VARCHAR, ',', '.')` : `${column.sql}::VARCHAR`;
  const rows = `SELECT TRY_CAST(${text} AS DOUBLE) AS r FROM ${table.sql} LIMIT ${MOST}`;
  const found = await db.read(
    file,
    `SELECT r, count(*)::DOUBLE FROM (${rows}) WHERE isfinite(r) GROUP BY r ORDER BY r`,
  );
  const counts = found.map(([rating, times]) => ({ rating: Number(rating), times: Number(times) }));
  const [lowest, highest] = [counts[0]?.rating, counts.at(-1)?.rating];
  if (lowest === undefined || highest === undefined || lowest === highest) return undefined;
  const middle = (lowest + highest) / 2;
  const total = counts.reduce((sum, { times }) => sum + times, 0);
  const low = counts.reduce((sum, { rating, times }) => sum + (rating < middle ? times : 0), 0);
  const least = counts.find(({ rating }) => rating > middle)!.rating;
  const of = total === MOST ? ` of the first ${MOST} rows` : '';
  return (
    `ratings are not used: each row counts as a like, also the ${Number(((100 * low) / total).toPrecision(2))} %${of} rated below ${middle} ` +
    `(${column.name}: ${lowest} to ${highest}). --min-rating ${least} keeps the higher ones; --rating none ends this message`
  );
}
