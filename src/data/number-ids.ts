/** Converts staged tables to index arrays. The ids are numbered in DuckDB; the rows leave it as indices only. */
import { defined } from '../defined.js';
import type { ColumnMap } from './column-names.js';
import type { Database } from './duckdb.js';
import { canonicalOrder } from './ids.js';
import { refuseRows } from './memory-check.js';
import type { Pairs, Source } from './pairs.js';
import { type TimeScale, timeScale } from './times.js';

/** The rows of one part of a source, stored in the temporary table `name`. */
export interface StagedPart {
  readonly name: string;
  readonly rows: number;
  readonly columns: ColumnMap;
  /** Every row has weight 1, so the weight of a pair is its number of rows. */
  readonly countsRows: boolean;
}

/**
 * Numbers the ids of all staged parts in canonical order and reads the parts as index arrays.
 * @param name of the data, for messages
 * @param extra ids of users and items that belong to the catalogue even without rows
 * @throws RecdistillError `out-of-memory` if the rows do not fit, before they leave DuckDB
 */
export async function numberIds(
  db: Database,
  name: string,
  parts: readonly StagedPart[],
  extra: { readonly users: readonly string[]; readonly items: readonly string[] },
): Promise<Source> {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const distinct = async (column: 'u' | 'i') => Number((await db.query(distinctSql(column, parts)))[0]?.[0] ?? 0);
  refuseRows(name, { users: await distinct('u'), items: await distinct('i'), rows });
  const users = await idsOf(db, 'users', 'u', parts, extra.users);
  const items = await idsOf(db, 'items', 'i', parts, extra.items);
  const pairs: Pairs[] = [];
  const timed = parts.filter((part) => part.columns.time !== undefined).map((part) => part.name);
  const scale = timed.length > 0 ? await timeScale(db, timed) : undefined;
  for (const part of parts) pairs.push(await readPairs(db, part, users.position, items.position, scale));
  return { users: users.ids, items: items.ids, parts: pairs };
}

/** Estimated number of ids, without holding all of them. */
const distinctSql = (column: 'u' | 'i', parts: readonly StagedPart[]): string =>
  `SELECT max(n)::DOUBLE FROM (${parts.map((p) => `SELECT approx_count_distinct(${column}) AS n FROM ${p.name}`).join(' UNION ALL ')})`;

async function idsOf(
  db: Database,
  table: string,
  column: string,
  parts: readonly StagedPart[],
  extra: readonly string[],
): Promise<{ ids: string[]; position: Int32Array }> {
  const distinct = parts.map((p) => `SELECT ${column} AS id FROM ${p.name}`).join(' UNION ');
  const all = `(${distinct})`;
  await db.query(
    `CREATE TEMP TABLE ${table} AS SELECT id, (row_number() OVER () - 1)::INTEGER AS k FROM (SELECT DISTINCT id FROM ${all})`,
  );
  const rows = await db.query(`SELECT id FROM ${table} ORDER BY k`);
  const found = rows.map(([id]) => String(id));
  const known = new Set(found);
  for (const id of new Set(extra)) if (!known.has(id)) found.push(id);
  const order = canonicalOrder(found);
  const position = new Int32Array(found.length);
  order.forEach((from, to) => {
    position[from] = to;
  });
  return { ids: Array.from(order, (k) => found[k]!), position };
}

async function readPairs(
  db: Database,
  part: StagedPart,
  user: Int32Array,
  item: Int32Array,
  scale: TimeScale | undefined,
): Promise<Pairs> {
  const { time, rating, weight } = part.columns;
  const users = new Int32Array(part.rows);
  const items = new Int32Array(part.rows);
  const times = time && new Float64Array(part.rows);
  const ratings = rating && new Float64Array(part.rows);
  const weights = weight || part.countsRows ? new Float64Array(part.rows).fill(1) : undefined;
  const used = {
    'users.k': true,
    'items.k': true,
    [scale?.sql ?? '']: times,
    'p.r': ratings,
    'p.w': weight && weights,
  };
  const columns = Object.entries(used).flatMap(([sql, wanted]) => (wanted ? [sql] : []));
  const [timeAt, ratingAt, weightAt] = [scale?.sql ?? '', 'p.r', 'p.w'].map((sql) => columns.indexOf(sql));
  await db.scan(
    `SELECT ${columns.join(', ')} FROM ${part.name} p JOIN users ON p.u = users.id JOIN items ON p.i = items.id${times ? scale!.join : ''}`,
    (values, row) => {
      users[row] = user[values[0]!]!;
      items[row] = item[values[1]!]!;
      if (times) times[row] = scale!.secondsOf(values[timeAt!]!);
      if (ratings) ratings[row] = values[ratingAt!]!;
      if (weights && weightAt! >= 0) weights[row] = values[weightAt!]!;
    },
  );
  return {
    ...{ users, items },
    ...defined({ times, ratings, weights }),
  };
}
