import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { literal, withDatabase } from '../duckdb.js';
import { testFolder } from '../folder.test.support.js';
import { itemsOf } from '../interactions.js';
import { type LoadedDataset, loadDataset } from '../load.js';
import type { DataOptions } from '../options.js';
import { splitLine } from '../split-line.js';
import { readers } from './index.js';

/** Six users with the items 0..6, all with times; enough for a 60/20/20 split. */
const rows = Array.from({ length: 42 }, (_, k) => ({ user: k % 6, item: Math.floor(k / 6), time: 1_600_000_000 + k }));
const plain: Partial<DataOptions> = { coldItems: 'keep' };
const load = (data: string, more: Partial<DataOptions> = {}): Promise<LoadedDataset> =>
  loadDataset({ ...plain, ...more, data });

const lines = (delimiter: string, header = true): string =>
  [...(header ? [['user', 'item', 'timestamp']] : []), ...rows.map((r) => [r.user, r.item, r.time])]
    .map((fields) => `${fields.join(delimiter)}\n`)
    .join('');

/** Has DuckDB write `rows` in a format that Node 20 cannot write itself. */
async function copy(t: TestContext, name: string, how: string): Promise<string> {
  const folder = testFolder(t);
  const json = folder.write('rows.json', JSON.stringify(rows));
  const path = join(folder.path, name);
  await withDatabase((db) => db.query(`COPY (SELECT * FROM read_json(${literal(json)})) TO ${literal(path)} (${how})`));
  return path;
}

test('every reader file is in the registry', () => {
  const files = readdirSync(new URL('.', import.meta.url)).filter((f) => /^[a-z-]+\.js$/.test(f) && f !== 'index.js');
  const registry = readFileSync(new URL('index.js', import.meta.url), 'utf8');
  for (const file of files) assert.ok(registry.includes(`'./${file}'`), file);
  assert.deepEqual(Object.keys(readers), ['csv', 'tsv', 'jsonl', 'parquet', 'duckdb', 'lists', 'user-lists']);
});

test('the same data has the same fingerprint in every format, compression and row order', async (t) => {
  const f = testFolder(t);
  const lists = Array.from({ length: 6 }, (_, u) => {
    const items = rows.filter((r) => r.user === u).map((r) => r.item);
    return [items.length, ...items].join(' ');
  });
  const files = [
    f.write('a.csv', lines(',')),
    f.write('b.tsv', lines('\t')),
    f.write('c.csv', lines(';')),
    f.write('d.dat', lines('::', false)),
    f.write('e.tsv', lines('\t', false)),
    f.write('f.csv', `\ufeff${lines(',').replaceAll('\n', '\r\n')}`),
    f.write('g.csv.gz', gzipSync(lines(','))),
    f.write('h.jsonl', rows.map((r) => `${JSON.stringify(r)}\n`).join('')),
    f.write('i.ndjson.gz', gzipSync(rows.map((r) => JSON.stringify({ ...r, user: String(r.user) })).join('\n'))),
    f.write('users.dat', lists.join('\n')),
    f.write('users.dat.gz', gzipSync(lists.join('\n'))),
    f.write('k.csv', `user,item,timestamp\n${lines(',', false).trimEnd().split('\n').reverse().join('\n')}`),
    f.write('l.csv', `x,product_id,y,User-ID\n${rows.map((r) => `,"${r.item}",?,${r.user}\n`).join('')}`),
    await copy(t, 'm.parquet', 'FORMAT parquet'),
    await copy(t, 'n.tsv.zst', "FORMAT csv, DELIMITER '\t', COMPRESSION zstd"),
    await copy(t, 'o.jsonl.zst', 'FORMAT json, COMPRESSION zstd'),
  ];
  const prints = new Map<string, string>();
  for (const file of files) prints.set(file, (await load(file)).fingerprint);
  assert.equal(new Set(prints.values()).size, 1, JSON.stringify([...prints], null, 1));
});

test('times are read as seconds, milliseconds and dates in any time zone', async (t) => {
  const f = testFolder(t);
  const first = async (time: (seconds: number) => string) => {
    const path = f.write(
      't.csv',
      `user,item,time\n${rows.map((r) => `${r.user},${r.item},${time(r.time)}\n`).join('')}`,
    );
    const { train } = await load(path);
    return train.times![0]! - rows.find((r) => r.user === 0 && r.item === train.indices[0])!.time;
  };
  assert.equal(await first((s) => String(s)), 0);
  assert.equal(await first((s) => String(s * 1000)), 0);
  assert.equal(await first((s) => new Date(s * 1000).toISOString()), 0);
  assert.equal(await first((s) => new Date(s * 1000).toISOString().slice(0, 19).replace('T', ' ')), 0);
  assert.equal(await first((s) => `${new Date((s + 7200) * 1000).toISOString().slice(0, 19)}+02:00`), 0);
});

test('columns are found by name, by position and by usual names, and none ignores one', async (t) => {
  const f = testFolder(t);
  const path = f.write('c.csv', `who,what,user\n${rows.map((r) => `${r.user},${r.item},same\n`).join('')}`);
  const wanted = (await load(f.write('a.csv', lines(',')))).fingerprint;
  assert.equal((await load(path, { user: 'who', item: 'what' })).fingerprint, wanted);
  assert.equal((await load(path, { user: '1', item: '2' })).fingerprint, wanted);
  assert.equal((await load(path, { user: 'WHO', item: 'What' })).fingerprint, wanted);
  assert.equal((await load(join(f.path, 'a.csv'), { time: 'none' })).train.times, undefined);
  const three = await load(f.write('r.tsv', rows.map((r) => `${r.user}\t${r.item}\t${r.item % 5}\n`).join('')), {
    minRating: 0,
  });
  assert.equal(three.train.times, undefined);
  assert.match(three.notes[0]!, /rating = 3/);
});

test('ids keep their spelling: quotes, commas, unicode, line ends, zeros, 1 MB', async (t) => {
  const ids = [
    'a,b',
    'say "x"',
    'ünï 😀',
    'two\nlines',
    ' space ',
    '007',
    "'; DROP TABLE part0; --",
    'm'.repeat(2 ** 20),
  ];
  const quoted = ids.map((id) => `"${id.replaceAll('"', '""')}"`);
  const f = testFolder(t);
  const body = quoted.flatMap((u) => quoted.map((i) => `${u},${i}\n`)).join('');
  const fromCsv = await load(f.write('ids.csv', `user,item\n${body}`));
  assert.deepEqual(new Set(fromCsv.users.ids), new Set(ids));
  assert.deepEqual(new Set(fromCsv.items.ids), new Set(ids));
  assert.equal(fromCsv.users.ids[fromCsv.users.index.get('007')!], '007');
  const objects = ids.flatMap((user) => ids.map((item) => JSON.stringify({ user, item })));
  assert.equal((await load(f.write('ids.jsonl', objects.join('\n')))).fingerprint, fromCsv.fingerprint);
});

test('numbers as ids stay exact, however large, and negative ones too', async (t) => {
  const big = ['12345678901234567890123', '12345678901234567890124', '-5', '0', '9007199254740993'];
  const body = big.flatMap((u) => big.map((i) => `${u},${i}\n`)).join('');
  const data = await load(testFolder(t).write('big.csv', `user,item\n${body}`));
  assert.deepEqual(data.items.ids, [
    '-5',
    '0',
    '9007199254740993',
    '12345678901234567890123',
    '12345678901234567890124',
  ]);
});

test('a file name is a name, not a pattern and not SQL', async (t) => {
  const f = testFolder(t);
  const wanted = (await load(f.write('a.csv', lines(',')))).fingerprint;
  f.write('d1.csv', 'user,item\nwrong,file\n');
  for (const name of ['d[1].csv', 'd?.csv', 'd*.csv', "it's; DROP.csv", 'ü $1.csv']) {
    assert.equal((await load(f.write(name, lines(',')))).fingerprint, wanted, name);
  }
  const json = rows.map((r) => JSON.stringify({ 'u\'"); --': r.user, item: r.item })).join('\n');
  assert.equal((await load(f.write('j.jsonl', json), { user: 'u\'"); --' })).fingerprint, wanted);
});

test('an empty list is a user without items, and blank lines are no lists', async (t) => {
  const body = ['3 0 1 2', '0', '', '3 2 1 0', '3 0 1 2 '].join('\n');
  const data = await load(testFolder(t).write('users.dat', body), { minUser: 1, split: 'leave-one-out' });
  assert.deepEqual(data.users.ids, ['0', '2', '3']);
  assert.equal(itemsOf(data.train, 0).length, 1);
});

test('splitLine follows RFC 4180', () => {
  assert.deepEqual(splitLine('a,"b,""c""",,d', ','), ['a', 'b,"c"', '', 'd']);
  assert.deepEqual(splitLine('1::2::', '::'), ['1', '2', '']);
  assert.deepEqual(splitLine('one', '\t'), ['one']);
});

test('a column without a name, such as the index that pandas writes, is called by its position', async (t) => {
  const folder = testFolder(t);
  const named = folder.write('named.csv', lines(','));
  const indexed = lines(',')
    .split('\n')
    .map((line, k) => (line === '' ? '' : `${k === 0 ? '' : k - 1},${line}`))
    .join('\n');
  const [without, withIndex] = [await load(named), await load(folder.write('indexed.csv', indexed))];
  assert.equal(withIndex.fingerprint, without.fingerprint);
  await load(folder.write('blank.csv', indexed), { user: '2', item: 'item' });
});
