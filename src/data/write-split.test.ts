import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { fingerprintOf } from './fingerprint.js';
import { testFolder } from './folder.test.support.js';
import { canonicalOrder, idMap } from './ids.js';
import { type Dataset, fromPairs } from './interactions.js';
import { loadDataset } from './load.js';
import { writeSplit } from './write-split.js';

test('a written split loads back to the same fingerprint, names, times and catalogue', async (t) => {
  const folder = join(testFolder(t).path, 'deep', 'split');
  const data = await loadDataset({ data: 'synthetic:80x60x900' });
  await writeSplit(data, folder);
  const back = await loadDataset({ data: folder });
  assert.equal(back.fingerprint, data.fingerprint);
  assert.equal(back.name, data.name);
  assert.deepEqual(back.itemLabels, data.itemLabels);
  assert.deepEqual(back.test, data.test);
  assert.deepEqual(back.items.ids, data.items.ids);
  assert.deepEqual(readdirSync(join(folder, '..')), ['split']);
});

/** Any text that is an id: not empty, and without halves of surrogate pairs, which no UTF-8 file can hold. */
const id = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\t', '\n', '\r', ',', "'", ' ', '0'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
  maxLength: 6,
});

test('any ids survive writing and reading', async (t) => {
  const base = testFolder(t).path;
  let run = 0;
  const sets = fc.tuple(
    fc.uniqueArray(id, { minLength: 2, maxLength: 5 }),
    fc.uniqueArray(id, { minLength: 3, maxLength: 5 }),
  );
  const sorted = (ids: readonly string[]) => Array.from(canonicalOrder(ids), (k) => ids[k]!);
  await fc.assert(
    fc.asyncProperty(sets, async ([someUsers, someItems]) => {
      const [users, items] = [sorted(someUsers), sorted(someItems)];
      const part = (item: number) =>
        fromPairs(
          users.length,
          items.length,
          users.map((_, u) => u),
          users.map(() => item),
        );
      const parts = { train: part(0), valid: part(1), test: part(2) };
      const fingerprint = fingerprintOf(users, items, parts);
      const data: Dataset = { name: 'ids', users: idMap(users), items: idMap(items), ...parts, fingerprint, notes: [] };
      const folder = join(base, String(run++));
      await writeSplit(data, folder);
      const back = await loadDataset({ data: folder });
      assert.deepEqual([back.users.ids, back.items.ids, back.fingerprint], [users, items, fingerprint]);
    }),
    { numRuns: 25 },
  );
});

test('a split that was changed afterwards is refused', async (t) => {
  const folder = join(testFolder(t).path, 'split');
  const data = await loadDataset({ data: 'synthetic:80x60x900' });
  await writeSplit(data, folder);
  appendFileSync(join(folder, 'test.tsv'), `${data.users.ids[0]}\tnew\t1000000000\n`);
  await assert.rejects(loadDataset({ data: folder }), {
    code: 'bad-data',
    message: /test\.tsv: has changed since the split was written/,
  });
  const manifest = join(folder, 'manifest.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').slice(0, 80));
  await assert.rejects(loadDataset({ data: folder }), { code: 'bad-data', message: /not a valid manifest/ });
  rmSync(manifest);
  assert.equal((await loadDataset({ data: folder })).items.index.has('new'), true);
});

test('a changed label, time or list of users is refused, also if the parts are pooled', async (t) => {
  const base = testFolder(t).path;
  const rows = Array.from({ length: 400 }, (_, n) => `u${n % 40},i${(n * 7) % 31},${1_500_000_000 + n * 1000}`);
  writeFileSync(join(base, 'data.csv'), ['user,item,time', ...rows].join('\n'));
  writeFileSync(join(base, 'names.csv'), 'id,name\ni3,Third\n');
  await writeSplit(
    await loadDataset({ data: join(base, 'data.csv'), labels: join(base, 'names.csv') }),
    join(base, 'sp'),
  );
  await loadDataset({ data: join(base, 'sp'), split: 'ratio' });
  const changes: Record<string, (text: string) => string> = {
    'items.tsv': (text) => text.replace('Third', 'Thirt'),
    'train.tsv': (text) => text.replace('15000', '15001'),
    'users.tsv': (text) => text.slice(0, 60),
    'manifest.json': (text) => text.replace('"users": 40', '"users": 41'),
  };
  for (const [name, change] of Object.entries(changes)) {
    const path = join(base, 'sp', name);
    const whole = readFileSync(path, 'utf8');
    assert.notEqual(change(whole), whole, name);
    writeFileSync(path, change(whole));
    for (const split of ['auto', 'ratio'] as const)
      await assert.rejects(
        loadDataset({ data: join(base, 'sp'), split }),
        { code: name === 'manifest.json' ? 'artifact-damaged' : 'bad-data' },
        `${name}, ${split}`,
      );
    writeFileSync(path, whole);
  }
  rmSync(join(base, 'sp', 'users.tsv'));
  await assert.rejects(loadDataset({ data: join(base, 'sp') }), { code: 'file-missing' });
});

test('an existing folder does not change, and a failed write leaves no file', async (t) => {
  const base = testFolder(t).path;
  const data = await loadDataset({ data: 'synthetic:80x60x900' });
  mkdirSync(join(base, 'there'));
  await assert.rejects(writeSplit(data, join(base, 'there')), { code: 'usage' });
  assert.deepEqual(readdirSync(join(base, 'there')), []);
  writeFileSync(join(base, 'file'), '');
  await assert.rejects(writeSplit(data, join(base, 'file', 'split')), { code: 'write-failed' });
  // A data set that breaks off while it is written, as a full disk would break it.
  const broken = {
    ...data,
    test: {
      ...data.test,
      get indices(): Int32Array {
        throw new Error('no space left on device');
      },
    },
  };
  await assert.rejects(writeSplit(broken, join(base, 'broken')), { code: 'write-failed', message: /no space left/ });
  assert.deepEqual(readdirSync(base).sort(), ['file', 'there']);
});
