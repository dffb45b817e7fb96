/** Units and spellings of times. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RecdistillError } from '../errors.js';
import { testFolder } from './folder.test.support.js';
import { itemsOf } from './interactions.js';
import type { LoadedDataset } from './load.js';
import { load, ratings, refusal } from './loading.test.support.js';
import type { DataOptions } from './options.js';

/** The latest item of each user with times as `spell` writes them. */
async function latest(
  t: TestContext,
  spell: (seconds: number, k: number) => string,
  more: Partial<DataOptions> = {},
): Promise<string[]> {
  const rows = ratings.slice(0, 120).map((r, k) => `${r.user},${r.item},${spell(r.time, k)}\n`);
  const path = testFolder(t).write('t.csv', `user,item,time\n${rows.join('')}`);
  const read = await load(path, { split: 'leave-one-out', holdOut: 'latest', ...more });
  return read.users.ids.map((id, u) => `${id} ${Array.from(itemsOf(read.test, u), (i) => read.items.ids[i])}`);
}

test('times in every unit, also finer than a float64 holds, give the same latest item', async (t) => {
  const wanted = ratings
    .slice(0, 120)
    .filter((_, k) => k % 12 === 11)
    .map((r) => `${r.user} ${r.item}`);
  const iso = (s: number) => new Date(s * 1000).toISOString();
  assert.deepEqual(await latest(t, (s) => `${s}`), wanted);
  assert.deepEqual(await latest(t, (s) => `${s}000`), wanted);
  assert.deepEqual(await latest(t, (s) => `${s}000000`), wanted);
  assert.deepEqual(await latest(t, (s) => `${s}000000000`), wanted);
  assert.deepEqual(
    await latest(t, (_, k) => `2020-01-01T00:00:00.00000${String(1000 + k * 10)}Z`),
    wanted,
    '10 ns apart',
  );
  assert.deepEqual(await latest(t, (_, k) => `16000000000000${String(10000 + k * 10)}`), wanted, '10 ns apart');
  assert.deepEqual(await latest(t, (s) => iso(s)), wanted);
  // Days of 2020, the twelfth later than the others.
  assert.deepEqual(await latest(t, (_, k) => `202009${String(10 + (k % 12))}`), wanted);
  const german = (s: number) => iso(s).replace(/^(\d+)-(\d+)-(\d+)T([\d:]+).*$/, '$3.$2.$1 $4');
  assert.deepEqual(await latest(t, german, { timeFormat: '%d.%m.%Y %H:%M:%S' }), wanted);
  await assert.rejects(latest(t, german), /the time is "13\.03\.2011/);
});

test('a date of eight digits is that day, unless a unit is given', async (t) => {
  const f = testFolder(t);
  const rows = ratings.slice(0, 60).map((r, k) => `${r.user},${r.item},${20_200_913 + (k % 10)}\n`);
  const path = f.write('d.csv', `user,item,time\n${rows.join('')}`);
  const first = (d: LoadedDataset) => Math.min(...d.train.times!, ...d.test.times!, ...d.valid.times!);
  assert.equal(first(await load(path)), Date.UTC(2020, 8, 13) / 1000);
  assert.equal(first(await load(path, { timeUnit: 's' })), 20_200_913);
});

test('mixed units of time within or between files are refused unless the unit is given', async (t) => {
  const mixed = (s: number, k: number) => (k % 3 === 0 ? `${s}000` : `${s}`);
  await assert.rejects(latest(t, mixed), (e: RecdistillError) => {
    assert.match(
      e.message,
      /times have different units: 80 rows like seconds \("1300000060", row 2 of .*t\.csv\), 40 rows like milliseconds/,
    );
    assert.match(e.hint, /--time-unit/);
    return true;
  });
  await assert.rejects(
    latest(t, (s, k) => (k === 7 ? new Date(s * 1000).toISOString() : `${s}`)),
    /1 row like dates as text/,
  );
  const f = testFolder(t);
  const half = (from: number, to: number, unit: string) =>
    `user,item,time\n${ratings
      .slice(from, to)
      .map((r) => `${r.user},${r.item},${r.time}${unit}\n`)
      .join('')}`;
  f.write('train.csv', half(0, 1200, ''));
  f.write(
    'test.csv',
    half(0, 1200, '000').replace(/,(\d+),/g, (_, i) => `,${(Number(i) % 119) + 1},`),
  );
  assert.match(await refusal(f.path), /different units/);
  await latest(t, (s, k) => (k === 0 ? '0' : `${s}000`), { timeUnit: 'ms' });
});
