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
  // Words that every JavaScript object knows.
  await refuses(
    ['train', 'constructor', ...DATA],
    2,
    'unknown-name',
    /no model called "constructor"/,
    /Known: top-pop/,
  );
  await refuses(['train', 'toString', '--at', '5', '10'], 2, 'unknown-name', /"toString"/, /Known: top-pop/);
  writeFileSync(w.path('pairs.csv'), 'user,item\na,b\n');
  await refuses(
    ['data', 'inspect', 'pairs.csv', '--delimiter', 'constructor'],
    2,
    'bad-option',
    /delimiter" of data is "constructor"/,
    /./,
  );
  await refuses(['train', 'bpr-fm'], 2, 'unknown-name', /no model called "bpr-fm"/, /bpr-mf/);
  await refuses(['train', 'top-pop', ...DATA, '--at', '100'], 2, 'bad-option', /at.*100/, /shorter/);
  await refuses(['train', 'top-pop', ...DATA, '--threads', '0'], 2, 'bad-option', /--threads.* 0/, /./);
  await refuses(['train', 'top-pop', ...DATA, '--threads', '1000'], 2, 'bad-option', /--threads.*1000/, /./);
  await refuses(['train', 'top-pop', ...DATA, '--memory-limit', '2 apples'], 2, 'bad-option', /--memory-limit/, /./);
  await refuses(
    ['train', 'bpr-mf', ...DATA, '--memory-limit', '20MB'],
    1,
    'out-of-memory',
    /the program itself, before any data, needs 1\d\d MB .*20 MB by the memory limit/,
    /Raise --memory-limit/,
  );
  await refuses(
    ['train', 'bpr-mf', ...DATA, '--threads', '1', '--memory-limit', '130MB'],
    1,
    'out-of-memory',
    /bpr-mf on \d+ users x \d+ items needs 1\d\d MB .*130 MB by the memory limit/,
    /Nothing was started/,
  );
  await refuses(['train', 'top-pop', ...DATA, '--name', '../elsewhere'], 2, 'bad-option', /--name/, /./);
  await refuses(['distill', '--teachers', 'nobody'], 2, 'unknown-name', /no run called "nobody"/, /./);
  await refuses(['distill'], 2, 'usage', /--teachers/, /./);
  const glob = ['train', 'top-pop', '--data', 'a.csv', 'b.csv'];
  await refuses(glob, 2, 'unknown-name', /no model called "b.csv"/, /--data a.csv --data b.csv$/);
  await refuses(
    ['train', 'top-pop', ...DATA, '--seed', '1', '--at=5', '--seed', '2'],
    2,
    'usage',
    /"1" and "2"/,
    /once/,
  );
  await refuses(
    ['recommend', 'x', '--items', '["a"'],
    2,
    'bad-option',
    /--items.*JSON array of texts/,
    /'\["a,b","c"\]'/,
  );
  await refuses(['frobnicate'], 2, 'usage', /frobnicate/, /./);
  assert.ok(!existsSync(w.path('runs')), 'nothing was begun');
});

test('runs that cannot be used', { timeout: 120_000 }, async () => {
  const made = await w.run('train', 'bpr-mf', ...DATA, ...SHORT);
  assert.equal(made.code, 0, made.stderr);
  const before = readFileSync(w.path('runs', 'bpr-mf', 'result.json'), 'utf8');
  await refuses(
    ['train', 'bpr-mf', ...DATA, ...SHORT, '--l2', '0.5'],
    1,
    'run-differs',
    /l2/,
    /--name bpr-mf-2,.*--overwrite/,
  );
  const elsewhere = ['--data', 'synthetic:90x80x1500'];
  await refuses(['train', 'bpr-mf', ...elsewhere, ...SHORT], 1, 'run-differs', /data/, /--name bpr-mf-2,/);
  const second = await w.run('train', 'bpr-mf', ...elsewhere, ...SHORT, '--name', 'bpr-mf-2');
  assert.equal(second.code, 0, second.stderr);
  const third = ['train', 'bpr-mf', '--data', 'synthetic:90x90x1500', ...SHORT];
  await refuses(third, 1, 'run-differs', /data/, /--name bpr-mf-3,/);
  const several = await w.run('train', 'top-pop', 'bpr-mf', ...elsewhere, ...SHORT);
  assert.match(several.stderr, /^error: .*different data.*\nhint: Keep both with --name more, /m);
  assert.ok(!existsSync(w.path('runs', 'top-pop')), 'it is told before any model is trained');
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
  const range = /"--k" of recommend is (-1|"many"); expected a whole number >= 1$/;
  for (const k of ['-1', 'many']) await refuses(['recommend', 'bpr-mf', '--k', k], 2, 'bad-option', range, /./);
  await refuses(['evaluate', 'bpr-mf', '--at', '5,x'], 2, 'bad-option', /--at.* "x"; expected a number >= 1$/, /./);
  await refuses(['evaluate', 'bpr-mf', '--at', '5', '10'], 2, 'unknown-name', /run called "10"/, /--at 5,10$/);

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
  const had = ['item, "0"', 'item, "3"'];
  const ways = [['--items', JSON.stringify(had)], had.flatMap((id) => ['--items', JSON.stringify([id])])];
  const lists = await Promise.all(ways.map((way) => w.json('recommend', 'odd', ...way, '--k', '3')));
  for (const { value, code, stderr } of lists) {
    assert.equal(code, 0, stderr);
    assert.deepEqual(value, lists[0]!.value);
    for (const { itemId } of value.recommendations as { itemId: string }[]) assert.ok(!had.includes(itemId));
  }
  await refuses(['recommend', 'odd', '--items', '["item, \\"0\\" "]'], 1, 'unknown-item', /item, /, /./);
});
