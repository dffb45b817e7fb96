/** Data sets whose users of valid and test are held out whole: loading, writing, reading again. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readExternalRankings } from './external.js';
import { testFolder } from './folder.test.support.js';
import { inspect } from './inspect.js';
import { count, itemsOf, knownItems } from './interactions.js';
import { loadDataset, loadRows } from './load.js';
import { refusal } from './loading.test.support.js';
import { rankingOf } from './rankings.js';
import type { Row } from './rows.js';
import { type Parts, splitRule } from './splits/_split.js';
import { splitRegistry } from './splits/index.js';
import { users } from './splits/users.js';
import { writeSplit } from './write-split.js';

const SMALL = { data: 'synthetic:80x60x900', split: 'users' } as const;

const rowsOf = (sizes: readonly number[], more: (user: number, item: number) => Partial<Row> = () => ({})): Row[] =>
  sizes.flatMap((n, user) =>
    Array.from({ length: n }, (_, at) => ({ user: `u${user}`, item: `i${(user + at) % 12}`, ...more(user, at) })),
  );

test('the users of train, and counts of everything, are those of the data', async () => {
  const data = await loadDataset(SMALL);
  const { train, valid, test: tested, foldIn } = data;
  const n = data.users.ids.length;
  const users = [...Array(n).keys()];
  assert.deepEqual(
    [...train.trainUsers!],
    users.filter((u) => itemsOf(train, u).length > 0),
  );
  const s = inspect(data);
  assert.deepEqual(s.interactions.foldIn, count(foldIn!));
  assert.equal(s.interactions.all, count(train) + count(valid) + count(tested) + count(foldIn!));
  const held = Math.floor(0.2 * n);
  assert.deepEqual(s.evaluated, { valid: held, test: held });
  assert.equal(s.cold.nUsers, 2 * held);
  assert.ok(data.notes.includes(`${held} users have test interactions and are evaluated`));
  assert.ok(data.notes.some((note) => note.startsWith(`held out whole: ${held} users of valid and ${held} of test`)));
  assert.equal(data.leakage.find((f) => f.check === 'users-never-trained' && f.where === 'test')!.count, 0);
  assert.equal(data.leakage.filter((f) => f.where.startsWith('fold-in and')).length, 2);
  const usual = await loadDataset({ data: SMALL.data });
  assert.equal(usual.foldIn, undefined);
  assert.equal(usual.train.trainUsers, undefined);
  assert.equal(knownItems(usual), usual.train);
});

test('a written split loads back to the same fingerprint and histories, and can be pooled and split again', async (t) => {
  const folder = join(testFolder(t).path, 'split');
  const data = await loadDataset(SMALL);
  await writeSplit(data, folder);
  const back = await loadDataset({ data: folder });
  assert.equal(back.fingerprint, data.fingerprint);
  assert.deepEqual(back.foldIn, data.foldIn);
  assert.deepEqual(back.train, data.train);
  const { interactions } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  assert.equal(interactions.foldIn, count(data.foldIn!));
  await writeSplit(data, folder);
  const again = await loadDataset({ data: folder, split: 'ratio', coldItems: 'keep', minUser: 1 });
  const sum = count(again.train) + count(again.valid) + count(again.test);
  assert.equal(sum, inspect(data).interactions.all);
  const anew = await loadDataset({ data: folder, split: 'users', coldItems: 'keep', minUser: 1 });
  assert.ok(anew.foldIn);
});

test('a split without valid users is written and read', async (t) => {
  const folder = join(testFolder(t).path, 'split');
  const data = await loadDataset({ ...SMALL, ratios: [0.8, 0, 0.2] });
  await writeSplit(data, folder);
  const back = await loadDataset({ data: folder });
  assert.deepEqual([back.fingerprint, count(back.valid)], [data.fingerprint, 0]);
});

test('a split of a user may hold users out whole, and no user in part', () => {
  const rows = rowsOf(Array.from({ length: 20 }, () => 6));
  const own = (name: string, change: (parts: Parts) => Parts) =>
    splitRegistry.add(splitRule({ name, summary: 'Mine', divide: (x, spec) => change(users(x, spec)) }));
  own('mine', (parts) => parts);
  own('in-part', ({ train, foldIn, ...parts }) => ({ ...parts, train: foldIn!, foldIn: train }));
  assert.equal(
    loadRows(rows, { split: 'mine' as 'users' }).fingerprint,
    loadRows(rows, { split: 'users' }).fingerprint,
  );
  assert.throws(() => loadRows(rows, { split: 'in-part' as 'users' }), {
    code: 'broken-unit',
    message: /held out user \d+ .* in part/,
  });
});

test('histories count in the fingerprint', async () => {
  const [one, other] = [await loadDataset(SMALL), await loadDataset({ ...SMALL, foldInShare: 0.5 })];
  assert.notEqual(one.fingerprint, other.fingerprint);
});

test('items of held-out users alone are dropped from histories and judged items, and stay in the catalogue', () => {
  // Every user has one item of their own.
  const rows = rowsOf(
    Array.from({ length: 20 }, () => 6),
    (user, at) => (at === 0 ? { item: `own${user}` } : {}),
  );
  const [dropped, kept] = [
    loadRows(rows, { split: 'users' }),
    loadRows(rows, { split: 'users', coldItems: 'keep', minUser: 1 }),
  ];
  for (const data of [dropped, kept]) assert.equal(data.items.ids.filter((id) => id.startsWith('own')).length, 20);
  const own = (data: typeof dropped) =>
    [data.foldIn!, data.valid, data.test]
      .flatMap((x) => [...x.indices])
      .filter((i) => data.items.ids[i]!.startsWith('own')).length;
  assert.deepEqual([own(dropped), own(kept)], [0, 8]);
  for (let u = 0; u < 20; u++) {
    const judged = itemsOf(dropped.valid, u).length + itemsOf(dropped.test, u).length;
    assert.equal(itemsOf(dropped.foldIn!, u).length > 0, judged > 0, 'each has both, or neither');
  }
});

test('users with one interaction stay in train, with a note', () => {
  const data = loadRows(rowsOf([1, 1, 1, ...Array.from({ length: 20 }, () => 6)]), { split: 'users', minUser: 1 });
  assert.ok(data.notes.includes('3 users with one interaction are not evaluated: they stay in train'));
  for (const id of ['u0', 'u1', 'u2']) assert.equal(itemsOf(data.train, data.users.index.get(id)!).length, 1);
});

test('weights of histories are not used, with a warning', () => {
  const weighted = rowsOf(
    Array.from({ length: 20 }, () => 6),
    (user) => ({ weight: 1 + user }),
  );
  const warned = loadRows(weighted, { split: 'users' }).warnings;
  assert.ok(
    warned.some((w) => /histories of held-out users count without weights/.test(w)),
    String(warned),
  );
  assert.deepEqual(loadRows(weighted).warnings, []);
});

test('options of another split are refused', async () => {
  const rows = rowsOf(Array.from({ length: 20 }, () => 6));
  const refused = (more: object, message: RegExp, code = 'usage') =>
    assert.throws(() => loadRows(rows, more), { code, message });
  refused({ foldInShare: 0.5 }, /foldInShare is 0.5, but the split ratio holds out no user whole/);
  refused({ split: 'users', holdOut: 'latest' }, /holdOut is latest/);
  refused({ split: 'users', foldInShare: 1 }, /foldInShare/, 'bad-option');
  refused({ split: 'users', ratios: [0.99, 0, 0.01] }, /leaves no user in test/, 'needs-not-met');
  assert.match(await refusal('synthetic:80x60x900', { split: 'given' }), /time or users/);
});

test('a folder of another program with a file fold-in is read, and its faults are named', async (t) => {
  const f = testFolder(t);
  const write = (name: string, rows: readonly string[]) => f.write(name, `user,item\n${rows.join('\n')}\n`);
  write('train.csv', ['a,1', 'a,2', 'b,2', 'b,3']);
  write('fold-in.csv', ['c,1', 'd,2']);
  write('valid.csv', ['c,2']);
  write('test.csv', ['d,3']);
  const data = await loadDataset({ data: f.path });
  assert.deepEqual([...data.train.trainUsers!].map((u) => data.users.ids[u]).sort(), ['a', 'b']);
  assert.equal(count(data.foldIn!), 2);
  assert.match(await refusal(f.path, { foldInShare: 0.5, split: 'ratio' }), /foldInShare is 0.5/);
  const broken = async (name: string, rows: readonly string[], message: RegExp) => {
    const own = testFolder(t);
    cpSync(f.path, own.path, { recursive: true });
    own.write(name, `user,item\n${rows.join('\n')}\n`);
    assert.match(await refusal(own.path), message);
  };
  await broken('train.csv', ['a,1', 'b,3', 'c,3'], /"c" has interactions in train and in fold-in/);
  await broken('test.csv', ['e,1', 'd,3'], /"e" is in valid or test, but not in fold-in/);
  const without = testFolder(t);
  for (const name of ['train.csv', 'test.csv', 'fold-in.csv']) cpSync(join(f.path, name), join(without.path, name));
  const noValid = await loadDataset({ data: without.path });
  assert.deepEqual([count(noValid.train), count(noValid.valid), count(noValid.test)], [4, 0, 1]);
  assert.ok(noValid.notes.some((note) => /no valid part/.test(note)));
});

test('imported rankings exclude the histories of held-out users', async (t) => {
  const f = testFolder(t);
  const data = await loadDataset(SMALL);
  const user = data.users.ids.findIndex((_, u) => itemsOf(data.foldIn!, u).length > 1);
  const [first, second] = itemsOf(data.foldIn!, user);
  const other = [...Array(60).keys()].find((i) => !itemsOf(data.foldIn!, user).includes(i))!;
  const lines = [first!, other, second!].map((i, at) => `${data.users.ids[user]},${data.items.ids[i]},${at + 1}`);
  const file = f.write('lists.csv', `user,item,rank\n${lines.join('\n')}\n`);
  const { teachers } = await readExternalRankings(file, data, 10);
  assert.deepEqual([...rankingOf(teachers[0]!.trajectory.checkpoints[0]!.rankings, user)], [other]);
});
