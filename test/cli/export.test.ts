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
    assert.deepEqual(out.value, {
      ...{ out: format, folder: format !== 'json', format, precision: 'f32' },
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
