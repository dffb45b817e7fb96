/** Names of items: for data that is being trained on, and for runs that are finished. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { createWorkshop, lastingFiles } from './program.js';

const w = createWorkshop();
after(w.remove);

const ITEMS = 30;
const SHORT = ['--dim', '4', '--epochs', '4', '--evaluate-every', '2', '--at', '5', '--select-by', 'recall@5'];
const TRAIN = ['train', 'bpr-mf', '--data', 'clicks.csv', ...SHORT];

async function succeeds(...words: string[]) {
  const ended = await w.run(...words);
  assert.equal(ended.code, 0, `${words.join(' ')}\n${ended.stderr}`);
  return ended;
}

/** Names of what a run recommends. */
async function namesOf(run: string): Promise<(string | undefined)[]> {
  const { value } = await w.json('recommend', run, '--user', 'u1', '--k', '5');
  return (value.recommendations as { label?: string }[]).map((r) => r.label);
}

const names = (what: string) => `id,title\n${Array.from({ length: ITEMS }, (_, i) => `p${i},${what} ${i}\n`).join('')}`;

before(async () => {
  const rows = Array.from({ length: 900 }, (_, n) => `u${n % 40},p${(Math.imul(n, 2654435761) >>> 8) % ITEMS}`);
  writeFileSync(w.path('clicks.csv'), `user,item\n${rows.join('\n')}\n`);
  writeFileSync(w.path('names.csv'), `${names('Product')}gone,Gone\n`);
  writeFileSync(w.path('other.csv'), names('Thing'));
  writeFileSync(w.path('none.csv'), 'id,title\nP1.0,Product 1\n');
  await succeeds(...TRAIN);
  await succeeds('train', 'ease', '--data', 'clicks.csv', '--at', '5', '--select-by', 'recall@5');
});

test('finished runs get names without training, and students of theirs have them', { timeout: 120_000 }, async () => {
  assert.deepEqual(await namesOf('bpr-mf'), Array(5).fill(undefined));
  const list = async () => (await w.json('recommend', 'bpr-mf', '--user', 'u1')).value.recommendations as object[];
  const unnamed = await list();
  const made = lastingFiles(w.path('runs', 'bpr-mf'));

  const { stdout } = await succeeds('label', 'bpr-mf', 'ease', '--labels', 'names.csv');
  assert.match(stdout, /^labels: 30 of 30 items have a name; 1 name in names\.csv matches no item$/m);
  assert.match(stdout, /^bpr-mf: item names written to runs.bpr-mf.student$/m);
  assert.match(stdout, /^ease has no student bundle; students that are distilled from it will have the item names\.$/m);
  for (const name of await namesOf('bpr-mf')) assert.match(name!, /^Product \d+$/);
  assert.deepEqual(
    (await list()).map((item) => ({ ...item, label: undefined })),
    unnamed.map((item) => ({ ...item, label: undefined })),
  );
  const changed = Object.entries(lastingFiles(w.path('runs', 'bpr-mf'))).filter(([file, hash]) => made[file] !== hash);
  const files = changed.map(([file]) => file.replace('\\', '/'));
  assert.deepEqual(files, ['student/items.json', 'student/manifest.json']);
  await succeeds('export', 'bpr-mf', '--format', 'json', '--out', 'out.json');
  assert.match(readFileSync(w.path('out.json'), 'utf8'), /Product 3/);

  const again = await succeeds('label', 'bpr-mf', '--labels', 'names.csv');
  assert.match(again.stdout, /^bpr-mf already has these item names\.$/m);
  assert.match((await succeeds(...TRAIN)).stdout, /already finished/);
  assert.match((await namesOf('bpr-mf'))[0]!, /^Product/);
  await succeeds('distill', '--teachers', 'ease', '--name', 'small', '--dim', '4', '--epochs', '4', '--period', '1');
  for (const name of await namesOf('small')) assert.match(name!, /^Product \d+$/);
});

test('the same command with other item names adds them to the finished run; a student that continued from it does not change', {
  timeout: 120_000,
}, async () => {
  const on = ['distill', '--continue', 'bpr-mf', '--data', 'clicks.csv', '--method', 'none', '--epochs', '4'];
  await succeeds(...on, '--name', 'on');
  const { stderr, stdout } = await succeeds(...TRAIN, '--labels', 'other.csv');
  assert.match(stdout, /already finished/);
  assert.match(stderr, /labels: 30 of 30 items have a name/);
  assert.match(stderr, /bpr-mf: item labels were added/);
  for (const name of await namesOf('bpr-mf')) assert.match(name!, /^Thing \d+$/);
  assert.match((await succeeds(...on, '--name', 'on')).stdout, /already finished/);
  await succeeds('export', 'bpr-mf', '--precision', 'int8', '--out', 'alone');
  await succeeds('label', './alone', '--labels', 'names.csv');
  assert.match((await namesOf('./alone'))[0]!, /^Product/);
});

test('a file without matching names is refused and changes nothing', { timeout: 60_000 }, async () => {
  const before = readFileSync(w.path('runs', 'bpr-mf', 'student', 'manifest.json'), 'utf8');
  const refuses = async (words: string[], code: string, message: RegExp, hint: RegExp) => {
    const { value } = await w.json(...words);
    const error = value.error as { code: string; message: string; hint: string };
    assert.equal(error?.code, code, JSON.stringify(value));
    assert.match(error.message, message);
    assert.match(error.hint, hint);
  };
  const near = /differ only in notation.*"p1".*"P1\.0"/;
  await refuses(['label', 'bpr-mf', '--labels', 'none.csv'], 'bad-data', /names none of the 30 items/, near);
  await refuses(['label', 'ease', '--labels', 'none.csv'], 'bad-data', /names none of the 30 items/, near);
  await refuses([...TRAIN, '--labels', 'none.csv'], 'bad-data', /names none of the 30 items/, near);
  await refuses(['label', 'bpr-mf', '--labels', 'no.csv'], 'file-missing', /no\.csv/, /./);
  await refuses(['label', 'nobody', '--labels', 'names.csv'], 'unknown-name', /nobody/, /bpr-mf/);
  await refuses(['label', 'bpr-mf'], 'usage', /--labels/, /./);
  assert.equal(readFileSync(w.path('runs', 'bpr-mf', 'student', 'manifest.json'), 'utf8'), before);
});

test('fewer names than there are replace them only if that is wanted', { timeout: 120_000 }, async () => {
  writeFileSync(w.path('few.csv'), 'id,title\np1,Only\np2,Two\n');
  const { stderr } = await w.run('label', 'bpr-mf', '--labels', 'few.csv');
  assert.match(stderr, /few\.csv names 2 items of bpr-mf, which has names for 30 now\n.*--overwrite/);
  await succeeds('label', 'bpr-mf', '--labels', 'few.csv', '--overwrite');
  await succeeds('label', 'bpr-mf', '--labels', 'names.csv');
});

test('names in another encoding are read, also by runs that learn from the run later', {
  timeout: 120_000,
}, async () => {
  const text = Buffer.from(names('Café'), 'latin1');
  writeFileSync(w.path('latin.csv'), Buffer.concat([text, Buffer.from('p3,Caf\xe9 drei\n', 'latin1')]));
  const refused = await w.run('label', 'bpr-mf', '--labels', 'latin.csv');
  assert.match(refused.stderr, /latin\.csv: line 2: the text is not UTF-8.*\n.*--labels-encoding latin1/);
  const told = await succeeds('label', 'bpr-mf', '--labels', 'latin.csv', '--labels-encoding', 'latin1');
  assert.match(told.stdout, /WARNING: latin\.csv has several names for 1 id; the last one is used/);
  for (const name of await namesOf('bpr-mf')) assert.match(name!, /^Café (\d+|drei)$/);
  await succeeds('distill', '--teachers', 'bpr-mf', '--method', 'none', ...SHORT, '--name', 'later');
  for (const name of await namesOf('later')) assert.match(name!, /^Café (\d+|drei)$/);
});
