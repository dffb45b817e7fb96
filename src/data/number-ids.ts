/** Converts staged tables to interactions. The ids are numbered in DuckDB; the rows leave it one by one, and are merged as they arrive. */
import { createProgress, runInParts } from '../progress.js';
import type { ColumnMap } from './column-names.js';
import type { Database } from './duckdb.js';
import { orderingIds, refuseCount } from './ids.js';
import { refuseRows } from './memory-check.js';
import { createMerger } from './merge-rows.js';
import type { MergedRows, Source } from './pairs.js';
import { type TimeScale, timeScale } from './times.js';

/** The rows of one part of a source, stored in the temporary table `name`. */
export interface StagedPart {
  readonly name: string;
  readonly rows: number;
  readonly columns: ColumnMap;
  /** Every row has weight 1, so the weight of a pair is its number of rows. */
  readonly countsRows: boolean;
}

export interface Numbering {
  /** Ids of users and items that belong to the catalogue even without rows. */
  readonly users: readonly string[];
  readonly items: readonly string[];
  /** Rows with a lower rating are left out. Their ids are numbered. */
  readonly minRating: number | undefined;
  /** The parts become one. */
  readonly pooled: boolean;
}

/**
 * Numbers the ids of all staged parts in canonical order and merges the rows of each part.
 * @param name of the data, for messages
 * @throws RecdistillError `out-of-memory` if the rows do not fit, `over-limit` for too many rows or ids, before they leave DuckDB
 */
export async function numberIds(
  db: Database,
  name: string,
  parts: readonly StagedPart[],
  { users: moreUsers, items: moreItems, minRating, pooled }: Numbering,
): Promise<Source> {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  refuseCount(name, 'rows', pooled ? rows : Math.max(...parts.map((part) => part.rows)));
  const timed = parts.filter((part) => part.columns.time !== undefined);
  const weighted = parts.filter((part) => part.countsRows || part.columns.weight !== undefined);
  const distinct = async (column: 'u' | 'i') => Number((await db.query(distinctSql(column, parts)))[0]?.[0] ?? 0);
  const values = Number(timed.length > 0) + Number(weighted.length > 0);
  refuseRows(name, { users: await distinct('u'), items: await distinct('i'), rows, values });
  const users = await idsOf(db, name, 'users', parts, moreUsers, minRating);
  const items = await idsOf(db, name, 'items', parts, moreItems, undefined);
  const scale =
    timed.length > 0
      ? await timeScale(
          db,
          timed.map((part) => part.name),
        )
      : undefined;
  const groups = pooled ? [[...parts.keys()]] : [...parts.keys()].map((k) => [k]);
  const merged: MergedRows[] = [];
  for (const group of groups) {
    // Pooled parts have times or weights only if all of them do.
    const all = (having: readonly StagedPart[]) => group.every((k) => having.includes(parts[k]!));
    const own = { ...(all(timed) && scale ? { scale } : {}), weights: all(weighted), minRating };
    merged.push(await mergeParts(db, group, parts, { users, items }, own));
  }
  return { users: users.ids, items: items.ids, parts: merged };
}

/** Estimated number of ids, without holding all of them. */
const distinctSql = (column: 'u' | 'i', parts: readonly StagedPart[]): string =>
  `SELECT max(n)::DOUBLE FROM (${parts.map((p) => `SELECT approx_count_distinct(${column}) AS n FROM ${p.name}`).join(' UNION ALL ')})`;

/** Ids in canonical order. */
interface Ids {
  readonly ids: string[];
  /** Index in `ids` of the id that DuckDB gave the number k. */
  readonly position: Int32Array;
  /** Rows of each id in each part, before and after the minimum rating. */
  readonly rows: readonly Int32Array[];
  readonly kept: readonly Int32Array[];
}

/** Makes the table `table` of the ids with their numbers, and reads it. @param name of the data */
async function idsOf(
  db: Database,
  name: string,
  table: 'users' | 'items',
  parts: readonly StagedPart[],
  extra: readonly string[],
  minRating: number | undefined,
): Promise<Ids> {
  const column = table === 'users' ? 'u' : 'i';
  const filter = minRating === undefined ? '' : ` FILTER (r >= ${minRating}::DOUBLE)`;
  const counts = parts.map((_, k) => `sum(n${k})::INTEGER AS n${k}, sum(m${k})::INTEGER AS m${k}`).join(', ');
  const each = parts.map((part, own) => {
    const columns = parts.map((_, k) =>
      k === own ? `count(*) AS n${k}, count(*)${filter} AS m${k}` : `0 AS n${k}, 0 AS m${k}`,
    );
    return `SELECT ${column} AS id, ${columns.join(', ')} FROM ${part.name} GROUP BY ${column}`;
  });
  await db.query(
    `CREATE TEMP TABLE ${table} AS SELECT *, (row_number() OVER () - 1)::INTEGER AS k FROM ` +
      `(SELECT id, ${counts} FROM (${each.join(' UNION ALL ')}) GROUP BY id)`,
  );
  refuseCount(
    name,
    table,
    Number((await db.query(`SELECT count(*)::DOUBLE FROM ${table}`))[0]?.[0] ?? 0) + extra.length,
  );
  const found: string[] = [];
  const columns = parts.map((_, k) => `n${k}, m${k}`).join(', ');
  const numbers: number[][] = parts.flatMap(() => [[], []]);
  await db.texts(`SELECT id FROM ${table} ORDER BY k`, (id) => found.push(id));
  await db.scan(`SELECT ${columns} FROM ${table} ORDER BY k`, (values) => {
    for (let column = 0; column < values.length; column++) numbers[column]!.push(values[column]!);
  });
  if (extra.length > 0) {
    const known = new Set(found);
    for (const id of new Set(extra)) if (!known.has(id)) found.push(id);
  }
  const order = await runInParts(orderingIds(found), createProgress().task(`sorting ids of ${table}`));
  const position = new Int32Array(found.length);
  for (let to = 0; to < order.length; to++) position[order[to]!] = to;
  const counted = (of: readonly number[]) => {
    const counts = new Int32Array(order.length);
    for (let to = 0; to < order.length; to++) counts[to] = of[order[to]!] ?? 0;
    return counts;
  };
  return {
    ...{ ids: Array.from(order, (k) => found[k]!), position },
    rows: parts.map((_, k) => counted(numbers[2 * k]!)),
    kept: parts.map((_, k) => counted(numbers[2 * k + 1]!)),
  };
}

interface Columns {
  readonly scale?: TimeScale;
  readonly weights: boolean;
  readonly minRating: number | undefined;
}

/** Merges the rows of the parts with the positions `group`. */
async function mergeParts(
  db: Database,
  group: readonly number[],
  parts: readonly StagedPart[],
  { users, items }: { readonly users: Ids; readonly items: Ids },
  { scale, weights, minRating }: Columns,
): Promise<MergedRows> {
  const added = (of: readonly Int32Array[]): Int32Array =>
    group.length === 1 ? of[group[0]!]! : of[group[0]!]!.map((_, id) => group.reduce((sum, k) => sum + of[k]![id]!, 0));
  const userRows = added(users.rows);
  const kept = minRating === undefined ? userRows : added(users.kept);
  const onlyRows = group.every((k) => parts[k]!.countsRows);
  const merger = createMerger({
    ...{ nUsers: users.ids.length, nItems: items.ids.length, userRows: kept },
    ...{ timed: scale !== undefined, weights: !weights ? 'none' : onlyRows ? 'rows' : 'given' },
  });
  for (const k of group) {
    const { name, countsRows, columns } = parts[k]!;
    const weight = weights && columns.weight && !countsRows ? 'p.w' : '1::DOUBLE';
    const time = scale?.sql ?? '0::DOUBLE';
    const condition = minRating === undefined ? '' : ` WHERE p.r >= ${minRating}::DOUBLE`;
    await db.scan(
      `SELECT users.k, items.k, ${time}, ${weight} FROM ${name} p JOIN users ON p.u = users.id JOIN items ON p.i = items.id${scale?.join ?? ''}${condition}`,
      (values) =>
        merger.add(
          users.position[values[0]!]!,
          items.position[values[1]!]!,
          scale ? scale.secondsOf(values[2]!) : 0,
          values[3]!,
        ),
    );
  }
  const merging = runInParts(merger.merging(), createProgress().task('merging rows', 'users'), users.ids.length);
  return {
    ...{ interactions: await merging, userRows, itemRows: added(items.rows) },
    rows: group.reduce((sum, k) => sum + parts[k]!.rows, 0),
    kept: kept.reduce((sum, n) => sum + n, 0),
  };
}
