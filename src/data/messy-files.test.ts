/** Files as strangers have them: read right, or refused with the reason. Never read wrong. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { literal, withDatabase } from './duckdb.js';
import { testFolder } from './folder.test.support.js';
import { count } from './interactions.js';
import { loadDataset } from './load.js';
import { load, ratings, refusal, size, table } from './loading.test.support.js';
import type { DataOptions } from './options.js';

test('user, item and rating divided by blanks are rows of a table, with and without times', async (t) => {
  const f = testFolder(t);
  const wanted = await load(f.write('right.csv', `user,item\n${table((r) => [r.user, r.item], ',')}`));
  assert.deepEqual([size(wanted), wanted.users.ids.length, wanted.items.ids.length], [2400, 200, 119]);
  for (const [name, fields] of Object.entries({
    rated: (r: (typeof ratings)[number]) => [r.user, r.item, r.rating],
    timed: (r: (typeof ratings)[number]) => [r.user, r.item, r.rating, r.time],
  })) {
    const read = await load(f.write(`${name}.txt`, table(fields, ' ')));
    assert.equal(read.fingerprint, wanted.fingerprint, name);
    const runs = await load(f.write(`${name}.dat`, `  ${table(fields, ' \t ')}`));
    assert.equal(runs.fingerprint, wanted.fingerprint, name);
    assert.equal(runs.train.times !== undefined, name === 'timed');
  }
});

test('if lines can be rows or lists, the error names both readings', async (t) => {
  const f = testFolder(t);
  // Every user once, as in the test part of leave-one-out.
  const once = ratings.filter((_, k) => k % 12 === 0).map((r) => `${r.user} ${r.item} ${r.rating}\n`);
  const path = f.write('once.txt', once.join(''));
  const said = await refusal(path);
  assert.match(said, /can be read in 2 ways/);
  assert.match(said, /--delimiter 'whitespace': user 1, item 1, then 1/);
  assert.match(said, /--format user-lists: user 1 with the items 1 1/);
  assert.equal(size(await load(path, { delimiter: 'whitespace', split: 'time', time: '3' })), 200);
  const lists = await load(path, { format: 'user-lists' });
  assert.equal(size(lists), ratings.filter((r, k) => k % 12 === 0 && r.item !== r.rating).length + 200);
  mkdirSync(join(f.path, 'split'));
  // Beside a train part that has only one reading, test is read alike.
  f.write(
    'split/train.txt',
    table((r) => [r.user, r.item, r.rating], ' '),
  );
  f.write(
    'split/test.txt',
    ratings
      .filter((_, k) => k % 12 === 0)
      .map((r) => `${r.user} ${(r.item % 119) + 1} 5\n`)
      .join(''),
  );
  const split = await load(join(f.path, 'split'), { validShare: 0 });
  assert.deepEqual([count(split.train), split.items.ids.length], [2400, 119]);
});

test('fields that two delimiters could divide are refused; --delimiter and a header decide', async (t) => {
  const f = testFolder(t);
  const body = table((r) => [r.user, r.item, `${r.rating},5`], ';');
  assert.match(await refusal(f.write('two.csv', body)), /can be read in 2 ways.*--delimiter ','.*--delimiter ';'/s);
  const wanted = { delimiter: ';', decimal: ',', minRating: 3 } as const;
  const read = await load(f.write('two.csv', body), wanted);
  assert.equal(size(read), ratings.filter((r) => r.rating + 0.5 >= 3).length);
  assert.equal(
    (await load(f.write('h.csv', `user;item;rating\n${body}`), { ...wanted, delimiter: undefined })).fingerprint,
    read.fingerprint,
  );
  assert.match(
    await refusal(f.write('two.csv', body), { delimiter: ';', minRating: 3 }),
    /the rating is "1,5".*--decimal ,/,
  );
  for (const delimiter of ['::', '|', 'tab', '~']) {
    const text = table((r) => [r.user, r.item], delimiter === 'tab' ? '\t' : delimiter);
    assert.equal(size(await load(f.write('d.txt', text), { delimiter })), 2400, delimiter);
  }
  assert.match(await refusal(f.write('d.csv', body), { delimiter: '"' }), /bad-option: option "delimiter"/);
});

test('a first row that holds a well-known word is no header if it is a row', async (t) => {
  const f = testFolder(t);
  const rows = Array.from(
    { length: 40 },
    (_, k) => `u${k % 8},${['book', 'song', 'pen', 'cup', 'hat'][Math.floor(k / 8)]}\n`,
  );
  const read = await load(f.write('words.csv', rows.join('')));
  assert.deepEqual([size(read), read.users.ids.length], [40, 8]);
  assert.match(read.notes[0]!, /without header/);
});

test('with quote none, quotes are ordinary characters', async (t) => {
  const f = testFolder(t);
  const path = f.write(
    'q.tsv',
    table((r) => [r.user, `${r.item}" disc`], '\t'),
  );
  assert.equal((await load(path, { quote: 'none' })).items.ids.length, 119);
});

test('two columns that can be the user are refused', async (t) => {
  const f = testFolder(t);
  const path = f.write('two.csv', `account_id,user_id,item\n${table((r) => [1, r.user, r.item], ',')}`);
  assert.match(await refusal(path), /several columns could be the user: account_id, user_id \| .*--user account_id/);
  assert.equal((await load(path, { user: 'user_id' })).users.ids.length, 200);
});

/** 34 baskets over 20 items, in JSON and Parquet. */
const baskets = Array.from({ length: 60 }, (_, k) => ({
  who: { id: `u${k % 17}` },
  item: [k % 20, (k * 3 + 1) % 20],
  time: [1_600_000_000 + k, 1_600_000_500 + k],
}));

async function asParquet(t: TestContext): Promise<string> {
  const f = testFolder(t);
  const json = f.write('b.json', JSON.stringify(baskets));
  const path = join(f.path, 'b.parquet');
  await withDatabase((db) =>
    db.query(`COPY (SELECT * FROM read_json(${literal(json)})) TO ${literal(path)} (FORMAT parquet)`),
  );
  return path;
}

test('lists are no ids: refused with row and type, or read element by element', async (t) => {
  const f = testFolder(t);
  const path = f.write('b.jsonl', baskets.map((b) => `${JSON.stringify(b)}\n`).join(''));
  const nested = { user: 'who.id' };
  assert.match(await refusal(path, nested), /row 1, column item: the item is a list, \[0,1\] \| Add --explode/);
  assert.match(await refusal(path, { user: 'who' }), /row 1, column who: the user is an object.*--user who\.id/);
  assert.match(await refusal(path, { user: 'who.name' }), /there is no column "who.name"/);
  const read = await load(path, { ...nested, explode: true });
  assert.deepEqual([read.items.ids.length, read.users.ids.length], [20, 17]);
  const pairs = new Set(baskets.flatMap((b) => b.item.map((i) => `${b.who.id} ${i}`)));
  assert.equal(size(read), pairs.size);
  assert.deepEqual(
    [...read.train.times!, ...read.valid.times!, ...read.test.times!].filter((x) => x < 1_600_000_000),
    [],
  );
  const fromParquet = await asParquet(t);
  assert.match(await refusal(fromParquet, nested), /row 1, column item: the item is a list/);
  assert.match(await refusal(fromParquet, { user: 'who' }), /the user is a structure/);
  assert.equal((await load(fromParquet, { ...nested, explode: true })).fingerprint, read.fingerprint);
  const deep = f.write('deep.jsonl', '{"user":1,"item":[2,[3]]}\n');
  assert.match(
    await refusal(deep, { explode: true }),
    /row 1, column item: the item is a list with elements that are not single values/,
  );
  const uneven = f.write('uneven.jsonl', '{"user":1,"item":[2,3],"time":[5,6,7]}\n');
  assert.match(await refusal(uneven, { explode: true }), /row 1: 2 items, but 3 values of time/);
});

test('a JSON array of objects is read as its lines would be, and JSON lines are known by their look', async (t) => {
  const f = testFolder(t);
  const wanted = await load(f.write('right.csv', `user,item\n${table((r) => [r.user, r.item], ',')}`));
  const array = f.write(
    'a.json',
    JSON.stringify(
      ratings.map(({ user, item }) => ({ user, item })),
      null,
      1,
    ),
  );
  assert.equal((await load(array)).fingerprint, wanted.fingerprint);
  const log = f.write('a.log', ratings.map(({ user, item }) => `${JSON.stringify({ user, item })}\n`).join(''));
  assert.equal((await load(log)).fingerprint, wanted.fingerprint);
});

test('ids that never meet are refused, with the spelling that would', async (t) => {
  const f = testFolder(t);
  const part = (user: (u: number) => string, shift: number) =>
    `user,item\n${ratings.map((r) => `${user(r.user)},${((r.item + shift) % 119) + 1}\n`).join('')}`;
  f.write('train.csv', part(String, 0));
  for (const [spell, shown] of [
    [(u: number) => `${u}.0`, '"1.0" here, "1" in train'],
    [(u: number) => ` ${u}`, '" 1" here'],
    [(u: number) => String(u).padStart(5, '0'), '"00001" here'],
  ] as const) {
    f.write('test.csv', part(spell, 1));
    const said = await refusal(f.path);
    assert.match(said, /200 of the 200 users of test do not occur in train/);
    assert.ok(said.includes(shown), said);
  }
  f.write(
    'test.csv',
    part((u) => `other-${u}`, 1),
  );
  assert.match(await refusal(f.path), /users of test do not occur in train, such as "other-.*--unknown-ids keep/);
  const kept = await load(f.path, { unknownIds: 'keep', validShare: 0 });
  assert.match(kept.warnings.join(), /200 of the 200 users of test do not occur in train/);
  const one = await load(
    f.write(
      'one.csv',
      part((u) => (u % 2 ? `${u}` : `${u - 1}.0`), 0),
    ),
  );
  assert.match(
    one.warnings.join(),
    /100 of 200 users differ from another one only by case, whitespace, leading zeros, \.0 or invisible characters, such as "1" and "1\.0"/,
  );
});

test('missing ids make no users: refused, or left out and counted', async (t) => {
  const f = testFolder(t);
  const body = `user,item\n${table((r) => [r.user, r.item], ',')}`;
  for (const word of ['NULL', 'NaN', 'None', '', '  ', '\\N', 'N/A']) {
    const path = f.write('m.csv', `${body}${word},5\n${word},6\n7,${word}\n`);
    assert.match(await refusal(path), /row 2401, column user: the user is .*--bad-rows skip/, word);
    const read = await load(path, { badRows: 'skip' });
    assert.deepEqual([size(read), read.users.ids.length, read.items.ids.length], [2400, 200, 119]);
    assert.ok(
      read.notes.some((n) => /skipped 2 rows without a user \(column user, first in row 2401\)/.test(n)),
      read.notes.join('\n'),
    );
  }
  const country = f.write('c.csv', `${body}NA,5\nNA,6\n`);
  assert.equal((await load(country, { missing: ['NULL'] })).users.ids.length, 201);
  const body3 = table((r) => [r.user, r.item, r.time], ',');
  const times = f.write('t.csv', `user,item,time\n1,2,5\n1,3,soon\n${body3}`);
  const skipped = await load(times, { badRows: 'skip' });
  assert.match(skipped.notes.join(), /1 row with a time that cannot be read \(column time, first in row 2\)/);
  const padded = f.write('p.csv', `user, item\n${table((r) => [r.user, ` ${r.item}`], ',')}`);
  const warned = (await load(padded)).warnings.join();
  assert.match(warned, /119 of 119 ids of items begin or end with whitespace, such as " 1"; --trim/);
  assert.equal((await load(padded, { trim: true })).items.ids[0], '1');
});

test('a part of a split without rows is refused, and so is a split by time where all times are equal', async (t) => {
  const f = testFolder(t);
  f.write('train.csv', `user,item\n${table((r) => [r.user, r.item], ',')}`);
  f.write('test.csv', 'user,item\n');
  assert.match(await refusal(f.path), /test\.csv: has no rows of data, and is a part of/);
  const same = f.write('same.csv', `user,item,time\n${table((r) => [r.user, r.item, 1_600_000_000], ',')}`);
  assert.match(await refusal(same, { split: 'time' }), /all 2400 interactions have the same time, 2020-09-13T12:26:40/);
  const read = await load(same, { holdOut: 'latest' });
  assert.match(read.warnings.join(), /for 200 of 200 users a held-out interaction has the same time/);
});

test('where keeps rows by a condition on any column, with numeric comparison of numbers', async (t) => {
  const f = testFolder(t);
  const path = f.write(
    'e.csv',
    `user,item,type,price\n${ratings.map((r, k) => `${r.user},${r.item},${k % 2 ? 'view' : 'purchase'},${r.rating}.95\n`).join('')}`,
  );
  assert.equal(size(await load(path, { where: "type = 'purchase'" })), 1200);
  assert.equal(
    size(await load(path, { where: "price > 4.9 AND type IN ('view', 'cart')" })),
    ratings.filter((r, k) => k % 2 && r.rating > 3).length,
  );
  const lines = f.write(
    'e.jsonl',
    ratings
      .map((r, k) => `${JSON.stringify({ user: r.user, item: r.item, event: { type: k % 2 ? 'view' : 'buy' } })}\n`)
      .join(''),
  );
  assert.equal(size(await load(lines, { where: "event.type = 'buy'" })), 1200);
  assert.match(
    await refusal(path, { where: "kind = 'x'" }),
    /uses the column "kind", which does not exist; columns found: user, item, type, price/,
  );
  for (const where of ["type = 'x", '1=1); DROP TABLE part0; --', 'user IN (SELECT 1)', '']) {
    assert.match(await refusal(path, { where }), /bad-option: option "where"/, where);
  }
  // The number of a bad row is that of the file, whatever came before it.
  assert.match(
    await refusal(f.write('b.csv', 'user,item,type\n1,2,a\n,3,b\n'), { where: "type = 'b'" }),
    /row 2, column user/,
  );
});

test('weights are read, and repeated pairs add up', async (t) => {
  const f = testFolder(t);
  const rows = ratings.slice(0, 60).map((r, k) => `${r.user},${r.item},${(k % 4) + 1}\n`);
  const path = f.write('w.csv', `user,item,plays\n${rows.join('')}${rows[0]}`);
  const weights = async (more: Partial<DataOptions>) => {
    const d = await load(path, more);
    return [d.train, d.valid, d.test].flatMap((x) => Array.from(x.weights!)).reduce((a, b) => a + b, 0);
  };
  assert.equal(await weights({ weight: 'plays' }), 15 * (1 + 2 + 3 + 4) + 1);
  assert.equal(await weights({ weight: 'rows' }), 61);
  assert.match(
    await refusal(f.write('z.csv', 'user,item,n\n1,2,0\n'), { weight: 'n' }),
    /the weight is "0" \| Expected a finite number above 0/,
  );
});

test('several files are one source: all rows, one unit of time, the same columns', async (t) => {
  const f = testFolder(t);
  const head = 'user,item,time\n';
  const rows = (from: number, to: number) => ratings.slice(from, to).map((r) => `${r.user},${r.item},${r.time}\n`);
  const whole = await load(f.write('whole.csv', `${head}${rows(0, 2400).join('')}`));
  mkdirSync(join(f.path, 'logs'));
  f.write('logs/a.csv', `${head}${rows(0, 800).join('')}`);
  f.write('logs/b.tsv', `${head}${rows(800, 1600).join('')}`.replaceAll(',', '\t'));
  f.write(
    'logs/c.jsonl',
    ratings
      .slice(1600)
      .map((r) => `${JSON.stringify(r)}\n`)
      .join(''),
  );
  const files = ['a.csv', 'b.tsv', 'c.jsonl'].map((name) => join(f.path, 'logs', name));
  const read = await loadDataset({ minUser: 1, coldItems: 'keep', ratios: [0.5, 0, 0.5], data: files });
  assert.equal(read.fingerprint, whole.fingerprint);
  assert.match(read.notes.join('\n'), /3 files have 2400 rows in total/);
  assert.equal((await load(join(f.path, 'logs', '{a,b}.*'))).users.ids.length, 134);
  f.write('logs/c.jsonl', '{"user":1,"item":2}\n');
  await assert.rejects(
    loadDataset({ data: files }),
    /c\.jsonl: has columns for item, user, but .*a\.csv has columns for item, time, user/,
  );
  f.write('logs/c.jsonl', '{"user":1,"item":2,"time":1300000000000}\n');
  await assert.rejects(
    loadDataset({ data: files }),
    /different units: 1600 rows like seconds .* 1 row like milliseconds/,
  );
});

test('the folders of a path are columns, for conditions and for ids', async (t) => {
  const f = testFolder(t);
  for (const [k, event] of ['view', 'buy'].entries()) {
    mkdirSync(join(f.path, `lake/event=${event}`), { recursive: true });
    const rows = ratings.filter((_, n) => n % 2 === k).map((r) => `${r.user},${r.item}\n`);
    f.write(`lake/event=${event}/part.csv`, `user,item\n${rows.join('')}`);
  }
  assert.equal(size(await load(join(f.path, 'lake'))), 2400);
  assert.equal(size(await load(join(f.path, 'lake'), { where: "event = 'buy'" })), 1200);
});
