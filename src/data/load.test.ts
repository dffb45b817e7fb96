import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFolder } from './folder.test.support.js';
import { inspect } from './inspect.js';
import { count, has, itemsOf } from './interactions.js';
import { loadDataset } from './load.js';

const note = (notes: readonly string[], pattern: RegExp) =>
  assert.ok(
    notes.some((n) => pattern.test(n)),
    notes.join('\n'),
  );

test('synthetic is the default, split 60/20/20 per user, with names', async () => {
  const data = await loadDataset();
  assert.equal(data.name, 'synthetic');
  assert.equal(data.itemLabels?.length, data.items.ids.length);
  assert.equal(data.users.index.get(data.users.ids[5]!), 5);
  for (let u = 0; u < data.train.nUsers; u++) {
    assert.ok(itemsOf(data.train, u).length >= 3);
    for (const item of itemsOf(data.test, u)) assert.ok(!has(data.train, u, item) && !has(data.valid, u, item));
  }
  const again = await loadDataset();
  assert.equal(again.fingerprint, data.fingerprint);
  assert.notEqual((await loadDataset({ splitSeed: 1 })).fingerprint, data.fingerprint);
});

test('filters, duplicates, cold items and users are counted in the notes', async (t) => {
  const rows = Array.from({ length: 100 }, (_, k) => `u${k % 10}\ti${Math.floor(k / 10)}\t${1 + (k % 5)}\n`);
  const path = testFolder(t).write(
    'r.tsv',
    `user\titem\trating\n${rows.join('')}${rows.slice(0, 7).join('')}u0\tlonely\t5\n`,
  );
  const data = await loadDataset({ data: path, minRating: 3, minItem: 2, coldItems: 'keep' });
  note(data.notes, /read r\.tsv as tsv: 108 rows, user = user, item = item, rating = rating/);
  note(data.notes, /minRating 3 removed 44 of 108 rows/);
  note(data.notes, /3 duplicate rows/);
  note(
    data.notes,
    /minUser 5 removed 1 of 7 users \(1 interactions\), minItem 2 removed 1 of 11 items \(0 interactions\)$/,
  );
  note(data.notes, /6 users, 10 items; train 36, valid 12, test 12 interactions/);
  assert.deepEqual(
    data.leftOut.map((line) => line.split(' ')[0]),
    ['minRating', 'minUser'],
  );
  assert.equal(data.items.index.has('lonely'), false);
});

test('a ready split is kept, made disjoint, and its catalogue is the union of the parts', async (t) => {
  const f = testFolder(t);
  f.write('train.tsv', '1\t10\n1\t20\n2\t10\n2\t10\n');
  f.write('valid.tsv', '1\t30\n2\t10\n');
  f.write('test.tsv', '2\t30\n1\t40\n1\t20\n1\t30\n');
  const data = await loadDataset({ data: f.path });
  assert.deepEqual(data.items.ids, ['10', '20', '30', '40']);
  assert.deepEqual([count(data.train), count(data.valid), count(data.test)], [3, 1, 2]);
  note(data.notes, /1 duplicate rows within parts/);
  note(data.notes, /1 from valid, 2 from test/);
  note(data.notes, /items: 4, all that occur in any part; 2 occur in train; ids go up to 40/);
  const shared = data.leakage.filter((finding) => finding.check === 'shared-pairs').map((finding) => finding.count);
  assert.deepEqual(shared, [1, 1, 1]);

  f.write('item_map.tsv', '50\tx\n10\ty\n20\ty\n30\ty\n40\ty\n');
  const more = await loadDataset({ data: f.path });
  assert.deepEqual(more.items.ids, ['10', '20', '30', '40', '50']);
  note(more.notes, /items: 5, 4 occur in a part, the others only in the item list/);

  const dropped = await loadDataset({ data: f.path, coldItems: 'drop' }).catch((error) => error);
  assert.match(dropped.message, /no interaction is left in valid|no interaction is left in test/);
  await assert.rejects(loadDataset({ data: f.path, minUser: 5 }), { code: 'usage', message: /minUser does not apply/ });
  const pooled = await loadDataset({ data: f.path, minUser: 1, split: 'leave-one-out', coldItems: 'keep' });
  assert.deepEqual([count(pooled.train), count(pooled.valid), count(pooled.test)], [4, 1, 1]);
});

test('a split by time drops cold items only, and keeps users of one part', async (t) => {
  const rows = Array.from({ length: 60 }, (_, k) => `u${Math.floor(k / 6)},i${k % 6},${1e9 + k}\n`);
  const path = testFolder(t).write('t.csv', `user,item,time\n${rows.join('')}`);
  const data = await loadDataset({ data: path, split: 'time' });
  assert.deepEqual([count(data.train), count(data.valid), count(data.test)], [36, 12, 12]);
  const future = data.leakage.find((finding) => finding.check === 'future-in-train')!;
  assert.equal(future.count, 0);
  assert.ok(data.leakage.some((finding) => finding.check === 'users-never-trained' && finding.count > 0));
});

test('labels come from a table with ids or from lines', async (t) => {
  const f = testFolder(t);
  const path = f.write(
    'r.csv',
    `user,item\n${Array.from({ length: 40 }, (_, k) => `${k % 5},${Math.floor(k / 5)}\n`).join('')}`,
  );
  const table = f.write('names.csv', 'item,title,year\n3,"Three, the ""third""",1999\n0,Zero\u001b[31m,\n');
  const data = await loadDataset({ data: path, labels: table });
  assert.deepEqual(data.itemLabels?.slice(0, 4), ['Zero [31m', '', '', 'Three, the "third" · 1999']);
  const lines = f.write('names.txt', 'zero\none\n\n"three\n');
  assert.deepEqual((await loadDataset({ data: path, labels: lines })).itemLabels?.slice(0, 5), [
    'zero',
    'one',
    '',
    '"three',
    '',
  ]);
});

test('inspect shows counts', async (t) => {
  const f = testFolder(t);
  f.write('train.tsv', 'a\tx\t100000000\na\ty\t100000001\nb\tx\t100000002\nb\ty\t100000005\n');
  f.write('valid.tsv', 'a\tz\t100000003\n');
  f.write('test.tsv', 'b\tz\t100000004\n');
  const stats = inspect(await loadDataset({ data: f.path }));
  assert.deepEqual(
    { ...stats, fingerprint: '', name: '' },
    {
      name: '',
      fingerprint: '',
      nUsers: 2,
      nItems: 3,
      interactions: { all: 6, train: 4, valid: 1, test: 1 },
      density: 1,
      perUser: { min: 3, median: 3, max: 3 },
      perItem: { min: 2, median: 2, max: 2 },
      topItemsShare: { top1: 1 / 3, top10: 1 / 3, top50: 2 / 3 },
      evaluated: { valid: 1, test: 1 },
      cold: { nItems: 1, nUsers: 0 },
      period: { from: 100000000, to: 100000005 },
    },
  );
});
