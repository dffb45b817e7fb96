/** From tables to numbers: rows are checked and copied into DuckDB, ids are numbered there, and only numbers come out. */
import { fail } from '../errors.js';
import { badId, type RowCheck, refuseBadRows } from './check-rows.js';
import { type ColumnMap, type ColumnWishes, mapColumns } from './column-names.js';
import { badFile, type Database, pathValue } from './duckdb.js';
import { canonicalOrder } from './ids.js';
import type { Pairs, Source } from './pairs.js';
import type { Column, Table } from './readers/_reader.js';
import type { SourceFile } from './source-file.js';

export interface StagedPart {
  readonly name: string;
  readonly rows: number;
  readonly columns: ColumnMap;
}

/** Seconds end in the year 5138 here; above it a time is taken as milliseconds, and above a thousand times it is refused. */
const MAX_SECONDS = 1e11;

const number = (sql: string): string => `try_cast(${sql} AS DOUBLE)`;
const seconds = (sql: string): string =>
  `coalesce(${number(`${sql}::VARCHAR`)}, epoch(try_cast(${sql}::VARCHAR AS TIMESTAMPTZ)))`;

/**
 * Copies the mapped columns of one file into the temporary table `name`.
 * @throws RecdistillError `bad-data` with the number of the first row that cannot be used
 */
export async function stage(
  db: Database,
  name: string,
  file: SourceFile,
  table: Table,
  wishes: ColumnWishes,
  options: { needRating: boolean },
): Promise<StagedPart> {
  const columns = mapColumns(file.path, table, wishes);
  const rated = columns.rating && (options.needRating || wishes.rating !== undefined) ? columns.rating : undefined;
  if (options.needRating && !rated) {
    const hint = 'Name the column with --rating, or leave out --min-rating.';
    fail('bad-data', { path: file.path, problem: 'minRating is set, but there is no rating column', hint });
  }
  const time = columns.time ? seconds(columns.time.sql) : 'NULL::DOUBLE';
  const rating = rated ? number(`${rated.sql}::VARCHAR`) : 'NULL::DOUBLE';
  const values = [pathValue(file)];
  try {
    await db.query(
      `CREATE TEMP TABLE ${name} AS SELECT ${columns.user.sql}::VARCHAR AS u, ${columns.item.sql}::VARCHAR AS i, ` +
        `${time} AS t, ${rating} AS r FROM ${table.sql}`,
      values,
    );
  } catch (cause) {
    badFile(file.path, cause);
  }
  const used: ColumnMap = {
    user: columns.user,
    item: columns.item,
    ...(columns.time ? { time: columns.time } : {}),
    ...(rated ? { rating: rated } : {}),
  };
  await refuseBadRows(db, name, file, table, checksOf(used));
  const [[rows] = []] = await db.query(`SELECT count(*)::INTEGER FROM ${name}`);
  return { name, rows: Number(rows), columns: used };
}

function checksOf(columns: ColumnMap): RowCheck[] {
  const check = (what: keyof typeof HINTS, column: Column | undefined, bad: string): RowCheck[] =>
    column ? [{ what, column, bad, hint: HINTS[what] }] : [];
  return [
    ...check('user', columns.user, badId('u')),
    ...check('item', columns.item, badId('i')),
    ...check('time', columns.time, `(t IS NULL OR NOT isfinite(t) OR t < 0 OR t >= ${MAX_SECONDS * 1000})`),
    ...check('rating', columns.rating, '(r IS NULL OR NOT isfinite(r))'),
  ];
}

const HINTS = {
  user: 'Every row needs a user id. Correct the row, or name another column with --user.',
  item: 'Every row needs an item id. Correct the row, or name another column with --item.',
  time: 'Expected Unix seconds or milliseconds from 1970 on, or an ISO 8601 date. --time none ignores the column.',
  rating: 'Expected a finite number. --rating none ignores the column.',
};

/**
 * Numbers the ids of all staged parts in canonical order and reads the parts as numbers.
 * @param extra ids of users and items that belong to the catalogue even if no row has them
 */
export async function numberIds(
  db: Database,
  parts: readonly StagedPart[],
  extra: { readonly users: readonly string[]; readonly items: readonly string[] },
): Promise<Source> {
  const users = await idsOf(db, 'users', 'u', parts, extra.users);
  const items = await idsOf(db, 'items', 'i', parts, extra.items);
  const pairs: Pairs[] = [];
  for (const part of parts) pairs.push(await readPairs(db, part, users.position, items.position));
  return { users: users.ids, items: items.ids, parts: pairs };
}

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

async function readPairs(db: Database, part: StagedPart, user: Int32Array, item: Int32Array): Promise<Pairs> {
  const users = new Int32Array(part.rows);
  const items = new Int32Array(part.rows);
  const times = part.columns.time && new Float64Array(part.rows);
  const ratings = part.columns.rating && new Float64Array(part.rows);
  const columns = ['users.k', 'items.k', ...(times ? ['t'] : []), ...(ratings ? ['r'] : [])];
  const ratingColumn = times ? 3 : 2;
  await db.scan(
    `SELECT ${columns.join(', ')} FROM ${part.name} p JOIN users ON p.u = users.id JOIN items ON p.i = items.id`,
    (values, row) => {
      users[row] = user[values[0]!]!;
      items[row] = item[values[1]!]!;
      if (times) times[row] = values[2]!;
      if (ratings) ratings[row] = values[ratingColumn]!;
    },
  );
  if (times?.some((t) => t >= MAX_SECONDS)) for (let k = 0; k < times.length; k++) times[k]! /= 1000;
  return { users, items, ...(times ? { times } : {}), ...(ratings ? { ratings } : {}) };
}
