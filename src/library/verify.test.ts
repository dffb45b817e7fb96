import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadDataset, writeSplit } from '../data/index.js';
import { writeLink } from '../runs/index.js';
import { loadData, openRun, train, verify } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'recdistill-verify-'));
after(() => rmSync(folder, { recursive: true }));
const at = (...parts: string[]): string => join(folder, ...parts);

before(async () => {
  const data = await loadData('synthetic:60x60x600');
  const run = await train('bpr-mf', { data, dim: 4, epochs: 1, folder: at('runs', 'small') });
  writeLink(at('runs', 'other', 'name'), at('runs', 'small'), run.hash);
  await run.export('npy', at('runs', 'arrays'));
  await run.export('bundle', at('runs', 'bundle'));
  await writeSplit(await loadDataset({ data: 'synthetic:60x60x600' }), at('runs', 'split'));
  mkdirSync(at('runs', '.stdin'));
  // The SHA-256 of `a` starts with these digits.
  writeFileSync(at('runs', '.stdin', 'ca978112ca1b.data'), 'a');
});

const states = async (path: string): Promise<Record<string, string>> =>
  Object.fromEntries((await verify(path)).map((v) => [v.what.split(' ')[0]!, v.state]));

test('everything below a folder is checked, each thing once', async () => {
  const found = await verify(at('runs'));
  assert.deepEqual(
    found.flatMap(({ problems }) => problems),
    [],
  );
  assert.deepEqual(
    found.map(({ path, what, state }) => [path.slice(folder.length + 6), what, state]),
    [
      ['.stdin', 'kept standard input', 'whole'],
      ['arrays', 'export as npy', 'whole'],
      ['bundle', 'student of 53 users and 60 items, f32', 'whole'],
      [join('other', 'name'), 'link to ../../small', 'whole'],
      ['small', 'run of bpr-mf', 'whole'],
      ['split', 'split of synthetic', 'whole'],
    ],
  );
  assert.ok(found.every(({ files, bytes }) => files > 0 && bytes > 0));
});

test('damage of each kind is found and named', async () => {
  for (const [file, what, message] of [
    [['.stdin', 'ca978112ca1b.data'], 'kept', /ca978112ca1b\.data/],
    [['arrays', 'user_factors.npy'], 'export', /user_factors\.npy/],
    [['arrays', 'about.json'], 'export', /about\.json/],
    [['bundle', 'items.json'], 'student', /items\.json/],
    [['bundle', 'manifest.json'], 'student', /manifest\.json/],
    [['split', 'test.tsv'], 'split', /test\.tsv/],
    [['split', 'manifest.json'], 'split', /manifest\.json/],
    [['other', 'name', 'link.json'], 'link', /link\.json/],
    [['small', 'result.json'], 'run', /result\.json/],
    [['small', 'manifest.json'], 'run', /manifest\.json/],
  ] as const) {
    const path = at('runs', ...file);
    const whole = readFileSync(path);
    appendFileSync(path, 'x');
    const found = (await verify(at('runs'))).find((v) => v.what.startsWith(what))!;
    assert.equal(found.state, 'damaged', path);
    assert.match(found.problems.join(), message);
    writeFileSync(path, whole);
  }
  assert.ok(Object.values(await states(at('runs'))).every((state) => state === 'whole'));
  assert.equal((await openRun(at('runs', 'small'), {})).name, 'small');
});

test('what is not there, no folder or nothing of recdistill, is an error', async () => {
  await assert.rejects(verify(at('none')), { code: 'file-missing' });
  await assert.rejects(verify(at('runs', 'split', 'test.tsv')), { code: 'usage', message: /is a file/ });
  mkdirSync(at('empty'));
  await assert.rejects(verify(at('empty')), { code: 'usage', message: /no run, bundle, split or exported folder/ });
});
