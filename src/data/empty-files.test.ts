import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { testFolder } from './folder.test.support.js';
import { loadDataset } from './load.js';

const CSV = `user,item\n${Array.from({ length: 42 }, (_, k) => `${k % 6},${Math.floor(k / 6)}\n`).join('')}`;

function place(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>) {
  const { path } = testFolder(t);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  const load = (...names: string[]) => loadDataset({ coldItems: 'keep', data: names.map((name) => join(path, name)) });
  return { load };
}

test('empty files among others are left out and counted; alone they are refused', async (t) => {
  const p = place(t, {
    'out/part-00000.csv': '',
    'out/part-00001.csv': CSV,
    'out/part-00002.csv.gz': gzipSync(''),
    'out/part-00003.csv': '\ufeff\r\n',
    'split/train/part-00000.csv': '',
    'split/train/part-00001.csv': CSV,
    'split/test/part-00000.csv': 'user,item\n0,7\n1,7\n',
    'split/test/part-00001.csv': '',
    'none/part-00000.csv': '',
    'none/part-00001.csv': '',
    'half/train.csv': CSV,
    'half/test.csv': '',
  });
  const wanted = (await p.load('out/part-00001.csv')).fingerprint;
  const note = 'skipped 3 empty files: part-00000.csv, part-00002.csv.gz, part-00003.csv';
  for (const data of [['out'], ['out/*.csv*'], ['out/part-00000.csv', 'out/part-00001.csv', 'out/part-0000[23].*']]) {
    const seen = await p.load(...data);
    assert.equal(seen.fingerprint, wanted, data.join());
    assert.ok(seen.notes.includes(note), seen.notes.join('\n'));
  }
  const split = await p.load('split');
  assert.ok(split.notes.includes('skipped 2 empty files: part-00000.csv, part-00001.csv'));
  await assert.rejects(p.load('none'), /part-00000.csv: the file is empty, like all 2 files of its part/);
  await assert.rejects(p.load('out/part-00000.csv'), /part-00000.csv: the file is empty/);
  await assert.rejects(p.load('half'), /test.csv: the file is empty/);
});
