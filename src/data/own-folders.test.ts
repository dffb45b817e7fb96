import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { filesBelow } from './files-below.js';
import { testFolder } from './folder.test.support.js';
import { type LoadedDataset, loadDataset } from './load.js';
import { writtenBy } from './own-folders.js';
import { writeSplit } from './write-split.js';
import { zipOf } from './zip.test.support.js';

const CSV = `user,item\n${Array.from({ length: 42 }, (_, k) => `${k % 6},${Math.floor(k / 6)}\n`).join('')}`;
const HASH = 'ab'.repeat(32);
const RUN = JSON.stringify({ format: 1, kind: 'train', hash: HASH, options: {}, dataFingerprint: HASH, inputs: {} });
const STUDENT = JSON.stringify({ format: 'recdistill-student', formatVersion: 2 });
const EXPORT = JSON.stringify({ format: 'npy', precision: 'f32', users: 1, items: 1, dim: 1, notes: [] });

function place(t: TestContext, files: Readonly<Record<string, string>>) {
  const { path } = testFolder(t);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  const at = (name: string) => join(path, name);
  const load = (name = ''): Promise<LoadedDataset> => loadDataset({ coldItems: 'keep', data: at(name) });
  return { path, at, load };
}

const OF_RUNS = {
  'runs/ease/manifest.json': RUN,
  'runs/ease/metrics.jsonl': '{"epoch":1}\n',
  'runs/ease/student/manifest.json': STUDENT,
  'runs/ease/student/items.json': '{"ids":["1"]}',
  'runs/deep/er/tune/manifest.json': RUN,
  'runs/deep/er/tune/trials.jsonl': '{}\n',
  'bundle/manifest.json': STUDENT,
  'bundle/users.json': '{"ids":["1"]}',
  'out/about.json': EXPORT,
  'out/items.json': '{"ids":["1"]}',
};

test('runs, students and exports beside data are not read, and are reported', async (t) => {
  const alone = place(t, { 'clicks.csv': CSV });
  const wanted = await alone.load('clicks.csv');
  const beside = place(t, { ...OF_RUNS, 'clicks.csv': CSV, 'README.md': '' });
  const seen = await beside.load();
  assert.equal(seen.fingerprint, wanted.fingerprint);
  const note = 'not read: README.md; 4 folders that recdistill wrote (bundle, out, runs/deep/er/tune, runs/ease)';
  assert.ok(seen.notes.includes(note), seen.notes.join('\n'));
  const inner = place(t, { ...OF_RUNS, 'data/train.csv': CSV, 'data/test.csv': '0,0\n9,1\n' });
  assert.match((await inner.load()).notes.join(), /all that occur in any part/, 'the one folder of data is a split');
  const none = place(t, OF_RUNS);
  await assert.rejects(none.load(), /has no file of interactions, but 4 that recdistill wrote: bundle, out, runs/);
  for (const [name, what] of [
    ['runs/ease', 'a run'],
    ['bundle', 'a student'],
    ['out', 'an export'],
  ] as const) {
    await assert.rejects(none.load(name), new RegExp(`${name}: is ${what} that recdistill wrote, not a data set`));
  }
});

test('a manifest of another program is ignored', async (t) => {
  const p = place(t, {
    'a/manifest.json': '{"format": 1, "name": "x"}',
    'b/manifest.json': '[1]',
    'c/manifest.json': '{',
    'd/about.json': '{"format": "csv"}',
    'e/x.csv': CSV,
  });
  for (const name of ['a', 'b', 'c', 'd', 'e']) assert.equal(await writtenBy(p.at(name)), undefined, name);
});

test('a written split is read if it is named, alone or compressed, and ignored beside other data', async (t) => {
  const p = place(t, { 'data/clicks.csv': CSV });
  const dataset = await p.load('data/clicks.csv');
  await writeSplit(dataset, p.at('one/split'));
  for (const name of ['one/split', 'one']) assert.equal((await p.load(name)).fingerprint, dataset.fingerprint, name);
  assert.ok(!(await p.load('one')).notes.some((note) => note.includes('not read')));
  const files = ['train.tsv', 'valid.tsv', 'test.tsv', 'users.tsv', 'items.tsv', 'manifest.json'];
  const members = files.map((name) => ({ name: `split/${name}`, content: readFileSync(p.at(`one/split/${name}`)) }));
  writeFileSync(p.at('split.zip'), zipOf([...members, { name: 'README.md', content: 'x' }]));
  assert.equal((await p.load('split.zip')).fingerprint, dataset.fingerprint);
  cpSync(p.at('one/split'), p.at('data/split'), { recursive: true });
  const beside = await p.load('data');
  assert.equal(beside.fingerprint, dataset.fingerprint);
  assert.ok(beside.notes.includes('not read: a folder that recdistill wrote (split)'), beside.notes.join('\n'));
  cpSync(p.at('one/split'), p.at('one/again'), { recursive: true });
  await assert.rejects(p.load('one'), /has no file of interactions, but 2 that recdistill wrote: again, split/);
});

test('folders that link to each other are entered once, by their paths without links', {
  timeout: 20_000,
}, async (t) => {
  const names = Array.from({ length: 12 }, (_, k) => `f${k}`);
  const p = place(
    t,
    Object.fromEntries(names.map((name, k) => [`${name}/k=${k}/x.csv`, CSV.replaceAll('\n', `\n${k}`)])),
  );
  for (const from of names) for (const to of names) symlinkSync(p.at(to), p.at(`${from}/a-link-${to}`));
  symlinkSync('..', p.at('up'));
  symlinkSync('/', p.at('root'));
  assert.deepEqual(await filesBelow(p.path), names.map((name, k) => `${name}/k=${k}/x.csv`).sort());
  const other = place(t, { 'x/y.csv': CSV });
  symlinkSync(p.path, other.at('through'));
  assert.equal((await filesBelow(other.path)).length, 13, 'a link to a folder outside is followed');
});
