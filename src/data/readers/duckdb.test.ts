import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { literal, withDatabase } from '../duckdb.js';
import { testFolder } from '../folder.test.support.js';
import { loadDataset } from '../load.js';

const ROWS = 'SELECT k % 6 AS "user", (k // 6)::HUGEINT AS item, \'view\' AS kind FROM range(42) r(k)';

/** A database file that these statements make. */
async function database(t: TestContext, ...statements: readonly string[]): Promise<string> {
  const path = join(testFolder(t).path, 'shop.db');
  await withDatabase(async (db) => {
    await db.query(`ATTACH ${literal(path)} AS made`);
    await db.query('USE made');
    for (const statement of statements) await db.query(statement);
    await db.query('USE memory');
    await db.query('DETACH made');
  });
  return path;
}

const load = (data: string, table?: string) =>
  loadDataset({ coldItems: 'keep', data, ...(table === undefined ? {} : { table }) });

test('a table, a view and a table of another schema', async (t) => {
  const path = await database(
    t,
    `CREATE TABLE clicks AS ${ROWS}`,
    "CREATE VIEW seen AS SELECT * FROM clicks WHERE kind = 'view'",
    'CREATE SCHEMA old',
    'CREATE TABLE old."my clicks" AS FROM clicks',
  );
  const csv = `user,item\n${Array.from({ length: 42 }, (_, k) => `${k % 6},${Math.floor(k / 6)}\n`).join('')}`;
  const { fingerprint } = await load(testFolder(t).write('a.csv', csv));
  for (const table of ['clicks', 'main.clicks', 'seen', 'old.my clicks']) {
    assert.equal((await load(path, table)).fingerprint, fingerprint, table);
  }
  await assert.rejects(load(path), /has several tables and views: clicks, seen, old.my clicks/);
  await assert.rejects(load(path, 'clics'), { message: /has no table "clics"/, hint: 'Did you mean "clicks"?' });
});

test('the only table needs no name; other files have no tables', async (t) => {
  const path = await database(t, `CREATE TABLE clicks AS ${ROWS}`);
  assert.equal((await load(path)).users.ids.length, 6);
  await assert.rejects(load(await database(t)), /has no tables/);
  await assert.rejects(
    load(testFolder(t).write('a.csv', 'user,item\n'), 'x'),
    /is not a DuckDB database and has no tables/,
  );
});
