import assert from 'node:assert/strict';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { testFolder } from '../folder.test.support.js';
import {
  avoiding,
  count,
  type Dataset,
  type Interactions,
  isWeighted,
  itemsOf,
  transpose,
  weightsOf,
} from '../interactions.js';
import { loadDataset, loadRows } from '../load.js';
import { openDataset, openStored, readStored, storeDataset, storedFolderOf } from './index.js';

/** Rows with times and weights, and ids of several scripts. */
const rows = Array.from({ length: 400 }, (_, k) => ({
  user: `ü${k % 20} 😀`,
  item: `it"em\n${(k * 7) % 33}`,
  time: 1000 + k,
  weight: 1 + (k % 5),
}));

const datasets: Readonly<Record<string, () => Dataset | Promise<Dataset>>> = {
  'times and weights': () => loadRows(rows, { split: 'ratio' }),
  'hidden interactions': () => loadRows(rows, { hiddenShare: 0.3 }),
  'users held out whole': () => loadRows(rows, { split: 'users', ratios: [0.6, 0.2, 0.2] }),
  'names of items': () => {
    const dataset = loadRows(rows);
    return { ...dataset, itemLabels: dataset.items.ids.map((id, k) => (k === 3 ? '' : `Name of ${id} “é”`)) };
  },
  'negatives that avoid the held-out items': () => {
    const dataset = loadRows(rows);
    return { ...dataset, train: avoiding(dataset, 'held-out') };
  },
  synthetic: () => loadDataset({ data: ['synthetic:100x60x1000'] }),
};

for (const [what, make] of Object.entries(datasets)) {
  test(`a stored data set is read back equal: ${what}`, async (t) => {
    const store = testFolder(t).path;
    const made = await make();
    const {
      leakage: _,
      warnings: _w,
      leftOut: _l,
      labelReport: _r,
      ...dataset
    } = made as Dataset & Record<string, unknown>;
    const folder = storeDataset(store, dataset);
    assert.deepEqual(readStored(folder), dataset);
    const { memory: _m, ...opened } = openDataset(folder, {});
    const { memory: _n, ...whole } = dataset;
    assert.deepEqual(copyOf(opened), copyOf(whole));
    assert.equal(storeDataset(store, dataset), folder);
    assert.deepEqual(fs.readdirSync(join(folder, '..')), [folder.split('/').at(-1)]);
  });
}

/** Plain properties instead of those that are read late. */
const copyOf = (value: unknown): unknown =>
  value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copyOf(inner)]))
    : value;

const isRead = (target: object, name: string): boolean =>
  Object.getOwnPropertyDescriptor(target, name)?.get === undefined;

test('an opened data set knows its sizes without reading its arrays, and verifies what it reads', (t) => {
  const made = loadRows(rows, { split: 'ratio' });
  const folder = storeDataset(testFolder(t).path, made);
  const dataset = openDataset(folder, {});
  const { train, valid, users } = dataset;
  assert.deepEqual([count(train), count(valid), isWeighted(train)], [count(made.train), count(made.valid), true]);
  assert.equal(storedFolderOf(dataset), folder);
  for (const name of ['indptr', 'indices', 'weights', 'times']) assert.ok(!isRead(train, name), name);
  assert.deepEqual(valid.indices, made.valid.indices);
  assert.ok(isRead(valid, 'indices') && !isRead(valid, 'indptr') && !isRead(users, 'ids'));
  assert.equal(count({ ...train, indices: new Int32Array(3) }), 3, 'a copy with other arrays has their size');
  const file = join(folder, 'train.safetensors');
  const bytes = fs.readFileSync(file);
  bytes[bytes.length - 1]! ^= 1;
  fs.writeFileSync(file, bytes);
  const again = openDataset(folder, {});
  assert.equal(count(again.train), count(made.train));
  assert.throws(() => again.train.indices, /train.safetensors/);
  assert.deepEqual(again.test.indices, made.test.indices);
});

test('the option data takes a stored data set, and refuses options that it cannot follow any more', async (t) => {
  const { path } = testFolder(t);
  const made = loadRows(rows, { split: 'ratio' });
  const folder = storeDataset(join(path, 'one'), made);
  for (const data of [folder, dirname(folder)]) {
    const dataset = await loadDataset({ data });
    assert.equal(dataset.fingerprint, made.fingerprint);
    assert.deepEqual(dataset.train.indices, made.train.indices);
    await assert.rejects(loadDataset({ data, minUser: 7 }), /minUser does not apply/);
  }
  const dataset = await loadDataset({ data: folder });
  assert.equal(storeDataset(join(path, 'one'), dataset), folder);
  const copy = storeDataset(join(path, 'two'), dataset);
  assert.ok(copy.startsWith(join(path, 'two')));
  assert.deepEqual(readStored(copy), readStored(folder));
  await assert.rejects(loadDataset({ data: join(path, 'one') }), /stored data set|no file of interactions/);
});

test('ranges of users, items and ids are those of the whole', (t) => {
  const dataset = loadRows(rows, { split: 'ratio' });
  const stored = openStored(storeDataset(testFolder(t).path, dataset));
  const { nUsers, nItems } = stored;
  assert.deepEqual([nUsers, nItems], [dataset.users.ids.length, dataset.items.ids.length]);
  for (const [from, to] of [
    [0, nUsers],
    [0, 0],
    [3, 11],
    [nUsers - 1, nUsers],
    [nUsers, nUsers],
  ] as const) {
    for (const part of ['train', 'valid', 'test'] as const)
      expectRange(stored.rows(part, from, to), dataset[part], from, to);
    assert.deepEqual(stored.ids('user', from, to), dataset.users.ids.slice(from, to));
  }
  expectRange(stored.columns(2, 9), transpose(dataset.train), 2, 9);
  assert.deepEqual(stored.ids('item', 5, nItems), dataset.items.ids.slice(5));
  assert.equal(stored.count('train'), count(dataset.train));
  assert.equal(openStored(dirname(stored.folder)).folder, stored.folder);
  assert.equal(stored.count('hidden'), 0);
  assert.throws(() => stored.rows('train', 0, nUsers + 1), RangeError);
  assert.throws(() => stored.columns(-1, 2), RangeError);
});

function expectRange(range: Interactions, whole: Interactions, from: number, to: number): void {
  assert.deepEqual([range.nUsers, range.nItems, range.indptr.length], [to - from, whole.nItems, to - from + 1]);
  for (let u = from; u < to; u++) {
    assert.deepEqual(itemsOf(range, u - from), itemsOf(whole, u));
    assert.deepEqual(weightsOf(range, u - from), weightsOf(whole, u));
  }
}

test('data that differs in times only is stored beside the other', (t) => {
  const store = testFolder(t).path;
  const dataset = loadRows(rows, { split: 'ratio' });
  const { times: _, ...train } = dataset.train;
  const folders = [storeDataset(store, dataset), storeDataset(store, { ...dataset, train })];
  assert.notEqual(folders[0], folders[1]);
  assert.equal(readStored(folders[1]!).train.times, undefined);
  assert.deepEqual(readStored(folders[0]!).train.times, dataset.train.times);
});

test('a changed byte, a shorter file and a file of other data are refused', (t) => {
  const store = testFolder(t).path;
  const folder = storeDataset(store, loadRows(rows));
  const other = storeDataset(store, loadRows(rows, { splitSeed: 1 }));
  const file = join(folder, 'train.safetensors');
  const bytes = fs.readFileSync(file);
  const expectRefusal = (content: Uint8Array, message: RegExp): void => {
    fs.writeFileSync(file, content);
    assert.throws(() => readStored(folder), { code: 'artifact-damaged', message });
  };
  expectRefusal(
    bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)),
    /does not match its SHA-256/,
  );
  expectRefusal(bytes.subarray(0, -1), /bytes; expected/);
  assert.throws(() => openStored(folder), { code: 'artifact-damaged' });
  assert.throws(() => storeDataset(store, loadRows(rows)), { code: 'artifact-damaged' });
  const foreign = fs.readFileSync(join(other, 'train.safetensors'));
  if (foreign.length === bytes.length) expectRefusal(foreign, /not the file that the manifest names/);
  else expectRefusal(foreign, /bytes; expected/);
});

test('of two that store the same data at once, both get the folder', async (t) => {
  const store = testFolder(t).path;
  const dataset = loadRows(rows);
  // The second one stores everything between the first one's check and its rename.
  let second: string | undefined;
  const rename = fs.renameSync;
  t.mock.method(fs, 'renameSync', (from: fs.PathLike, to: fs.PathLike) => {
    if (second === undefined && String(to).split('/').at(-2) === dataset.fingerprint) {
      second = '';
      second = storeDataset(store, dataset);
    }
    rename(from, to);
  });
  assert.equal(storeDataset(store, dataset), second);
  assert.deepEqual(readStored(second!).train, dataset.train);
  assert.equal(fs.readdirSync(join(second!, '..')).length, 1);
});

test('an id that no file can hold is refused', (t) => {
  const dataset = loadRows(rows.map((row) => ({ ...row, user: `${row.user}\ud800` })));
  assert.throws(() => storeDataset(testFolder(t).path, dataset), { code: 'bad-data' });
});
