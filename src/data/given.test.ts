import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { testFolder } from './folder.test.support.js';
import { count, itemsOf } from './interactions.js';
import { loadDataset } from './load.js';

/** Twenty users with ten train and two test items each, in the two-part form of published benchmarks. */
function published(t: TestContext, files: (user: number, items: readonly number[]) => string, suffix = 'txt'): string {
  const folder = join(testFolder(t).path, 'published');
  mkdirSync(folder);
  const items = (u: number, from: number, n: number) => Array.from({ length: n }, (_, k) => (u * 3 + from + k) % 40);
  const text = (from: number, n: number) => Array.from({ length: 20 }, (_, u) => files(u, items(u, from, n))).join('');
  writeFileSync(join(folder, `train.${suffix}`), text(0, 10));
  writeFileSync(join(folder, `test.${suffix}`), text(10, 2));
  return folder;
}

const asLists = (user: number, items: readonly number[]) => `${[user, ...items].join(' ')} \n`;
const asRows = (user: number, items: readonly number[]) => items.map((i) => `${user}\t${i}\n`).join('');

test('user lists and rows of the same split are the same data, valid being a tenth of train', async (t) => {
  const lists = await loadDataset({ data: published(t, asLists) });
  const rows = await loadDataset({ data: published(t, asRows, 'tsv') });
  assert.equal(lists.fingerprint, rows.fingerprint);
  assert.deepEqual([count(lists.train), count(lists.valid), count(lists.test)], [180, 20, 40]);
  assert.match(lists.notes.join('\n'), /no valid part, so 20 train interactions were moved to valid/);
  for (let u = 0; u < 20; u++) assert.equal(itemsOf(lists.valid, u).length, 1);
});

test('without a share for valid all of train is kept', async (t) => {
  const dataset = await loadDataset({ data: published(t, asLists), validShare: 0 });
  assert.deepEqual([count(dataset.train), count(dataset.valid), count(dataset.test)], [200, 0, 40]);
  assert.match(dataset.notes.join('\n'), /keeps the last one/);
});

test('a first line that happens to start with its number of items does not make the file lists without users', async (t) => {
  const folder = published(t, (user, items) => asLists(user + 10, items));
  const dataset = await loadDataset({ data: folder });
  assert.equal(dataset.users.ids[0], '10');
  assert.equal(count(dataset.train) + count(dataset.valid), 200);
});

test('user lists in one file are split like any interactions; a user without items is ignored', async (t) => {
  const file = testFolder(t).write('graph.txt', '7 1 2 3 4 5 6\n8\n\n9 1 2 3 4 5 7\n');
  const dataset = await loadDataset({ data: file, coldItems: 'keep' });
  assert.deepEqual(dataset.users.ids, ['7', '9']);
});
