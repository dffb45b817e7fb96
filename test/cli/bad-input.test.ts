import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const DATA = ['--data', 'synthetic:100x80x1500'];
const SHORT = ['--dim', '4', '--epochs', '4', '--evaluate-every', '2'];

/** Runs with --json and expects exit `code`, the error code, its words, and the same words on stderr. */
async function refuses(
  words: readonly string[],
  exit: number,
  code: string,
  message: RegExp,
  hint: RegExp,
): Promise<void> {
  const { code: got, value, stderr, stdout } = await w.json(...words);
  const error = value.error as { code: string; message: string; hint: string };
  assert.deepEqual([got, error?.code], [exit, code], `${words.join(' ')}\n${stdout}${stderr}`);
  assert.match(error.message, message);
  assert.match(error.hint, hint);
  assert.ok(stderr.endsWith(`error: ${error.message}\nhint: ${error.hint}\n`), stderr);
  assert.doesNotMatch(stderr, /\n\s+at /);
}

test('files that cannot be used', { timeout: 60_000 }, async () => {
  writeFileSync(w.path('empty.csv'), '');
  writeFileSync(w.path('few.csv'), 'user,item\na,b\n');
  writeFileSync(
    w.path('ratings.csv'),
    `user,item\n${Array.from({ length: 60 }, (_, n) => `u${n % 6},i${n % 10}`).join('\n')}\n`,
  );
  const train = (...more: string[]) => ['train', 'top-pop', '--data', ...more];
  await refuses(train('none.csv'), 1, 'file-missing', /none\.csv/, /Check the path/);
  await refuses(train('empty.csv'), 1, 'bad-data', /empty\.csv/, /./);
  await refuses(train('few.csv'), 1, 'bad-data', /few/, /./);
  await refuses(train('ratings.csv', '--user', 'userId'), 1, 'bad-data', /userId/, /./);
  await refuses(['run', 'none.yaml'], 1, 'file-missing', /none\.yaml/, /./);
  assert.ok(!existsSync(w.path('runs')), 'nothing was begun');
});

test('options that cannot be used', { timeout: 60_000 }, async () => {
  await refuses(['train', 'bpr-mf', '--dmi', '3'], 2, 'unknown-option', /--dmi/, /Did you mean "--dim"/);
  await refuses(['train', 'bpr-mf', '--layers', '3'], 2, 'unknown-option', /--layers.*train/, /./);
  await refuses(['train', 'bpr-fm'], 2, 'unknown-name', /no model called "bpr-fm"/, /bpr-mf/);
  await refuses(['train', 'top-pop', ...DATA, '--at', '100'], 2, 'bad-option', /at.*100/, /shorter/);
  await refuses(['train', 'top-pop', ...DATA, '--threads', '0'], 2, 'bad-option', /--threads.* 0/, /./);
  await refuses(['train', 'top-pop', ...DATA, '--threads', '1000'], 2, 'bad-option', /--threads.*1000/, /./);
  await refuses(['train', 'top-pop', ...DATA, '--memory-limit', '2 apples'], 2, 'bad-option', /--memory-limit/, /./);
  await refuses(
    ['train', 'bpr-mf', ...DATA, '--memory-limit', '20MB'],
    1,
    'out-of-memory',
    /20\.0 MB available/,
    /Nothing was started/,
  );
  await refuses(['train', 'top-pop', ...DATA, '--name', '../elsewhere'], 2, 'bad-option', /--name/, /./);
  await refuses(['distill', '--teachers', 'nobody'], 2, 'unknown-name', /no run called "nobody"/, /./);
  await refuses(['distill'], 2, 'usage', /--teachers/, /./);
  await refuses(['frobnicate'], 2, 'usage', /frobnicate/, /./);
  assert.ok(!existsSync(w.path('runs')), 'nothing was begun');
});

test('runs that cannot be used', { timeout: 120_000 }, async () => {
  const made = await w.run('train', 'bpr-mf', ...DATA, ...SHORT);
  assert.equal(made.code, 0, made.stderr);
  const before = readFileSync(w.path('runs', 'bpr-mf', 'result.json'), 'utf8');
  await refuses(['train', 'bpr-mf', ...DATA, ...SHORT, '--l2', '0.5'], 1, 'run-differs', /l2/, /--overwrite/);
  await refuses(['train', 'bpr-mf', '--data', 'synthetic:90x80x1500', ...SHORT], 1, 'run-differs', /data/, /--name/);
  assert.equal(readFileSync(w.path('runs', 'bpr-mf', 'result.json'), 'utf8'), before, 'nothing was lost');
  await refuses(['evaluate', 'bpr-mf', '--at', '200'], 2, 'bad-option', /--at.*200/, /./);
  await refuses(['evaluate', 'bpr-fm'], 2, 'unknown-name', /bpr-fm/, /bpr-mf/);
  await refuses(['recommend', 'bpr-mf', '--user', 'u00l'], 1, 'unknown-user', /u00l/, /Nearest ids: u00.*--items/);
  await refuses(['recommend', 'bpr-mf', '--items', 'nothing'], 1, 'unknown-item', /nothing/, /./);
  await refuses(
    ['recommend', 'bpr-mf', '--user', 'u001', '--k', '100000'],
    2,
    'bad-option',
    /--k.*number of items/,
    /./,
  );
  await refuses(['recommend', 'bpr-mf', '--user', 'x'.repeat(100_000)], 1, 'unknown-user', /^.{1,200}$/, /./);
  await refuses(['recommend', 'bpr-mf'], 2, 'usage', /--user or --items/, /./);

  const other = await w.run('train', 'ease', '--data', 'synthetic:90x80x1500', '--name', 'other');
  assert.equal(other.code, 0, other.stderr);
  await refuses(['distill', '--teachers', 'bpr-mf,other', '--dim', '4'], 2, 'needs-not-met', /other data/, /same/);

  const [file] = readdirSync(w.path('runs', 'bpr-mf', 'trajectory')).filter((name) => name.endsWith('.safetensors'));
  flip(w.path('runs', 'bpr-mf', 'trajectory', file!));
  await refuses(['distill', '--teachers', 'bpr-mf', '--dim', '4'], 1, 'artifact-damaged', /trajectory/, /./);
  flip(w.path('runs', 'bpr-mf', 'student', 'student.safetensors'));
  await refuses(['recommend', 'bpr-mf', '--user', 'u001'], 1, 'artifact-damaged', /student\.safetensors/, /./);
  const anew = await w.run('train', 'bpr-mf', ...DATA, ...SHORT, '--overwrite', '--quiet');
  assert.equal(anew.code, 0, anew.stderr);
  assert.equal((await w.run('recommend', 'bpr-mf', '--user', 'u001')).code, 0);
});

function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length - 3]! ^= 0x10;
  writeFileSync(path, bytes);
}

test('ids with quotes, commas, tabs and unicode come out as they went in', { timeout: 60_000 }, async () => {
  const users = ['plain', 'with, comma', 'say "hi"', 'tab\there', 'Zoë 日本', ' spaces '];
  const field = (id: string) => `"${id.replaceAll('"', '""')}"`;
  const rows = users.flatMap((user, u) =>
    Array.from({ length: 8 }, (_, k) => `${field(user)},${field(`item, "${(u + k) % 12}"`)}`),
  );
  writeFileSync(w.path('odd.csv'), `user,item\n${rows.join('\n')}\n`);
  const made = await w.run(
    'train',
    'bpr-mf',
    '--data',
    'odd.csv',
    '--name',
    'odd',
    ...SHORT,
    '--at',
    '3',
    '--select-by',
    'recall@3',
  );
  assert.equal(made.code, 0, made.stderr);
  for (const user of users) {
    const { value, code } = await w.json('recommend', 'odd', '--user', user, '--k', '3');
    assert.deepEqual([code, value.user], [0, user]);
    for (const { itemId } of value.recommendations as { itemId: string }[]) assert.match(itemId, /^item, "\d+"$/);
  }
});
