/** Stages a table of rankings: checks its rows and copies them to DuckDB, which numbers the ids and sorts the lists. */
import { fail } from '../errors.js';
import { badId, type RowCheck, refuseBadRows } from './check-rows.js';
import type { Database } from './duckdb.js';
import type { SourceFile } from './files.js';
import type { RankingColumns } from './ranking-columns.js';
import type { Table } from './readers/_reader.js';

/** One teacher at one checkpoint. */
export interface StagedGroup {
  /** `''` without such a column. */
  readonly teacher: string;
  readonly checkpoint: string;
  readonly rows: number;
}

export interface StagedRankings {
  readonly rows: number;
  /** Ids exactly as in the file, by first occurrence. Rows refer to them by index. */
  readonly users: readonly string[];
  readonly items: readonly string[];
  readonly groups: readonly StagedGroup[];
  /** Number of rows of each user or item of the file. */
  countBy(what: 'user' | 'item'): Promise<readonly number[]>;
  /** Passes the rows of one group to `take`, user by user, best first. `row` counts from 1. */
  scan(group: number, take: (user: number, item: number, value: number, row: number) => void): Promise<void>;
}

/** More pairs of teacher and checkpoint than this mean that a column was misinterpreted. */
const MAX_GROUPS = 4096;

const HINTS = {
  user: 'Every row needs a user id. Correct the row, or choose another column with --user.',
  item: 'Every row needs an item id. Correct the row, or choose another column with --item.',
  rank: 'Expected a whole number >= 1; rank 1 is the best.',
  score: 'Expected a finite number. Omit items without a score, such as masked ones.',
  teacher: 'Every row needs a teacher. Correct the row, or ignore the column with --teacher none.',
  checkpoint: 'Every row needs a checkpoint. Correct the row, or ignore the column with --checkpoint none.',
};

/** @throws RecdistillError `bad-data` with the number of the first unusable row, `out-of-memory` */
export async function stageRankings(
  db: Database,
  file: SourceFile,
  table: Table,
  columns: RankingColumns,
  missing: readonly string[],
): Promise<StagedRankings> {
  const { user, item, value, teacher, checkpoint, order } = columns;
  const text = (column: { sql: string } | undefined) => (column ? `${column.sql}::VARCHAR` : "''");
  await db.read(
    file,
    `CREATE TEMP TABLE raw AS SELECT ${text(user)} AS u, ${text(item)} AS i, try_cast(${text(value)} AS DOUBLE) AS v, ` +
      `${text(teacher)} AS t, ${text(checkpoint)} AS c FROM ${table.sql}`,
  );
  await refuseBadRows(db, 'raw', { file, table, checks: checksOf(columns, missing), rowNumber: 'rowid + 1' });
  const [[rows] = []] = await db.query('SELECT count(*)::DOUBLE FROM raw');
  if (Number(rows) === 0)
    fail('bad-data', {
      path: file.shown,
      problem: 'has no rows of data',
      hint: 'Expected rows of user, item and rank.',
    });

  const users = await numbered(db, 'users', 'u');
  const items = await numbered(db, 'items', 'i');
  await db.query(
    'CREATE TEMP TABLE groups AS SELECT t, c, n, (row_number() OVER (ORDER BY first) - 1)::INTEGER AS k ' +
      'FROM (SELECT t, c, count(*)::DOUBLE AS n, min(rowid) AS first FROM raw GROUP BY t, c)',
  );
  const groups = await db.query(`SELECT t, c, n FROM groups ORDER BY k LIMIT ${MAX_GROUPS + 1}`);
  if (groups.length > MAX_GROUPS) {
    const named = [teacher, checkpoint].flatMap((c) => (c ? [c.name] : [])).join(' and ');
    fail('bad-data', {
      path: file.shown,
      problem: `more than ${MAX_GROUPS} different values in ${named}; expected a few teachers with a few checkpoints each`,
      hint: 'Choose other columns with --teacher and --checkpoint, or ignore them with none.',
    });
  }
  await db.query(
    'CREATE TEMP TABLE ranked AS SELECT raw.rowid AS n, users.k AS u, items.k AS i, groups.k::SMALLINT AS g, v ' +
      'FROM raw JOIN users ON raw.u = users.id JOIN items ON raw.i = items.id JOIN groups ON raw.t = groups.t AND raw.c = groups.c',
  );
  await db.query('DROP TABLE raw');
  return {
    rows: Number(rows),
    users,
    items,
    groups: groups.map(([t, c, n]) => ({ teacher: String(t), checkpoint: String(c), rows: Number(n) })),
    async countBy(what) {
      const key = what === 'user' ? 'u' : 'i';
      const counts: number[] = [];
      await db.scan(`SELECT count(*)::DOUBLE FROM ranked GROUP BY ${key} ORDER BY ${key}`, (v) => counts.push(v[0]!));
      return counts;
    },
    scan: (group, take) =>
      db.scan(
        `SELECT u, i, v, (n + 1)::DOUBLE FROM ranked WHERE g = ${group} ORDER BY u, v ${order === 'rank' ? 'ASC' : 'DESC'}, n`,
        (v) => take(v[0]!, v[1]!, v[2]!, v[3]!),
      ),
  };
}

function checksOf(
  { user, item, value, teacher, checkpoint, order }: RankingColumns,
  missing: readonly string[],
): RowCheck[] {
  const badNumber = '(v IS NULL OR NOT isfinite(v)';
  const checks: (RowCheck | undefined)[] = [
    { what: 'user', column: user, bad: badId('u', missing), hint: HINTS.user },
    { what: 'item', column: item, bad: badId('i', missing), hint: HINTS.item },
    {
      what: order,
      column: value,
      bad: order === 'rank' ? `${badNumber} OR v < 1 OR v <> floor(v))` : `${badNumber})`,
      hint: HINTS[order],
    },
    teacher && { what: 'teacher', column: teacher, bad: badId('t'), hint: HINTS.teacher },
    checkpoint && { what: 'checkpoint', column: checkpoint, bad: badId('c'), hint: HINTS.checkpoint },
  ];
  return checks.filter((check) => check !== undefined);
}

/** Numbers the distinct values of a column by first occurrence, in the table `name`, and returns them. */
async function numbered(db: Database, name: string, column: string): Promise<string[]> {
  await db.query(
    `CREATE TEMP TABLE ${name} AS SELECT id, (row_number() OVER (ORDER BY first) - 1)::INTEGER AS k ` +
      `FROM (SELECT ${column} AS id, min(rowid) AS first FROM raw GROUP BY ${column})`,
  );
  const ids: string[] = [];
  await db.texts(`SELECT id FROM ${name} ORDER BY k`, (id) => ids.push(id));
  return ids;
}
