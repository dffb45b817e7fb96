/** `recdistill export` as a child process: there and back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readBundle, writeBundle } from 'recdistill/bundle';
import { createWorkshop } from './program.js';

const shop = createWorkshop();
const model = {
  ...{ nUsers: 2, nItems: 3, dim: 2 },
  userFactors: Float32Array.of(1, 0, 0, 1),
  itemFactors: Float32Array.of(1, 0, 0, 1, 0.1, 0.3),
  userIds: ['ann', 'bob'],
  itemIds: ['x', 'y', 'z'],
};
before(() =>
  writeBundle(shop.path('bundle'), model, { dataFingerprint: 'f', licence: 'none', madeBy: {}, metrics: {} }),
);
after(() => shop.remove());

test('a bundle goes out as NumPy arrays, Parquet or JSON and comes back the same', async () => {
  for (const format of ['npy', 'parquet', 'json']) {
    const out = await shop.json('export', 'bundle', '--format', format, '--out', format);
    assert.equal(out.code, 0, out.stderr);
    const { bytes, ...value } = out.value;
    assert.equal(typeof bytes, 'number');
    assert.deepEqual(value, {
      ...{ out: format, folder: format !== 'json', format, precision: 'f32', kind: 'users-and-items' },
      nUsers: 2,
      nItems: 3,
      dim: 2,
    });
    const back = await shop.json('export', format, '--from', format, '--out', `${format}-back`);
    assert.equal(back.code, 0, back.stderr);
    assert.deepEqual((await readBundle(shop.path(`${format}-back`))).model, model);
  }
});

test('a bundle is converted to another precision', async () => {
  const done = await shop.json('export', 'bundle', '--precision', 'int8', '--out', 'small');
  assert.equal(done.code, 0, done.stderr);
  assert.equal((await readBundle(shop.path('small'))).manifest.precision, 'int8');
});

test('without users: a bundle that answers for items, in every format that can', async () => {
  const done = await shop.json('export', 'bundle', '--without-users', '--out', 'bare');
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual([done.value.kind, done.value.answer, done.value.nUsers], ['items-only', 'fold-in', 0]);
  const before = await shop.json('recommend', 'bundle', '--items', 'x', '--k', '2');
  const after = await shop.json('recommend', 'bare', '--items', 'x', '--k', '2');
  assert.deepEqual([before.code, after.code, (after.value.recommendations as unknown[]).length], [0, 0, 2]);
  assert.deepEqual(after.value.recommendations, before.value.recommendations);
  const user = await shop.json('recommend', 'bare', '--user', 'ann', '--k', '2');
  assert.deepEqual([user.code, (user.value.error as { code: string }).code], [1, 'wrong-kind']);
  assert.match((user.value.error as { hint: string }).hint, /--items/);
  for (const format of ['npy', 'parquet', 'json']) {
    const out = await shop.json('export', 'bare', '--format', format, '--out', `bare-${format}`);
    assert.equal(out.code, 0, out.stderr);
    const back = await shop.json('export', `bare-${format}`, '--from', format, '--out', `bare-${format}-back`);
    assert.equal(back.code, 0, back.stderr);
    assert.deepEqual(
      (await readBundle(shop.path(`bare-${format}-back`))).model,
      (await readBundle(shop.path('bare'))).model,
    );
  }
  for (const format of ['onnx', 'pgvector']) {
    const refused = await shop.json('export', 'bare', '--format', format, '--out', 'no');
    assert.equal(refused.code, 2, format);
    assert.match((refused.value.error as { message: string }).message, /cannot answer by fold-in/);
  }
  const twice = await shop.json('export', 'bare', '--without-histories', '--out', 'no');
  assert.equal(twice.code, 2);
});

test('without histories: export and recommend say that lists may have what a user has', async () => {
  const unknown = /does not say what its users have/;
  const seen = { indptr: Int32Array.of(0, 1, 2), indices: Int32Array.of(0, 1) };
  const notes = { dataFingerprint: 'f', licence: 'none', madeBy: {}, metrics: {} };
  writeBundle(shop.path('whole'), { ...model, seen }, notes);
  assert.doesNotMatch((await shop.run('export', 'whole', '--out', 'copy')).stdout, unknown);
  const done = await shop.run('export', 'whole', '--without-histories', '--out', 'forgetful');
  assert.match(done.stdout, unknown);
  const asked = await shop.run('recommend', 'forgetful', '--user', 'ann', '--k', '1');
  assert.deepEqual([asked.code, asked.stderr.match(new RegExp(unknown, 'g'))?.length], [0, 1]);
  for (const words of [
    ['whole', '--user', 'ann'],
    ['forgetful', '--items', 'x'],
    ['forgetful', '--user', 'ann', '--include-seen'],
  ])
    assert.doesNotMatch((await shop.run('recommend', ...words, '--k', '1')).stderr, unknown);
});

test('unsupported requests are refused', async () => {
  const cases: [string[], number, string][] = [
    [['export', 'bundle'], 2, 'usage'],
    [['export', 'bundle', '--format', 'pickle', '--out', 'x'], 2, 'bad-option'],
    [['export', 'bundle', '--format', 'parquet', '--precision', 'int8', '--out', 'x'], 2, 'usage'],
    [['export', 'nothing', '--out', 'x'], 2, 'unknown-name'],
    [['export', 'nothing', '--from', 'npy', '--out', 'x'], 1, 'file-missing'],
  ];
  for (const [words, code, name] of cases) {
    const ended = await shop.json(...words);
    assert.deepEqual([ended.code, (ended.value.error as { code: string }).code], [code, name], words.join(' '));
  }
});
