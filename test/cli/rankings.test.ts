/** `rankings`: shortened lists, and lists in shards, which are those of one file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const MODEL = ['--dim', '4', '--epochs', '4', '--evaluate-every', '2', '--checkpoints', '2', '--quiet'];

before(async () => {
  const made = await w.run('train', 'bpr-mf', '--data', 'synthetic:120x150x2500', ...MODEL);
  assert.equal(made.code, 0, made.stderr);
});

const linesOf = (file: string): string[] => readFileSync(w.path(file), 'utf8').trimEnd().split('\n');

async function write(out: string, ...more: string[]): Promise<string> {
  const made = await w.run('rankings', 'bpr-mf', '--out', out, ...more);
  assert.equal(made.code, 0, made.stderr);
  return made.stdout;
}

test('--k keeps the first candidate items of each list, and no train items', async () => {
  await write('whole.csv', '--last');
  const said = await write('short.csv', '--last', '--k', '7');
  assert.match(said, /of up to 7 candidate items for each user/);
  const [header, ...whole] = linesOf('whole.csv');
  assert.equal(header, linesOf('short.csv')[0]);
  const rank = header!.split(',').indexOf('rank');
  // Lists of 100 items are longer than 7 for every user.
  assert.deepEqual(
    linesOf('short.csv').slice(1),
    whole.filter((line) => Number(line.split(',')[rank]) <= 7),
  );
  const users = new Set(whole.map((line) => line.split(',')[0]));
  assert.equal(linesOf('short.csv').length, 1 + users.size * 7);
});

test('files of shards, one after the other, have the rows of one file', { timeout: 300_000 }, async () => {
  for (const more of [['--k', '5'], ['--last']]) {
    await write('one.csv', ...more);
    const said = await write('parts.csv', ...more, '--shards', '3', '--jobs', '2', '--threads', '2');
    assert.match(said, /parts-00000\.csv to .*parts-00002\.csv/);
    const parts = [0, 1, 2].map((n) => linesOf(`parts-0000${n}.csv`));
    assert.ok(parts.every(([header]) => header === linesOf('one.csv')[0]));
    const rows = (lines: readonly string[]) => lines.slice(1).sort();
    assert.deepEqual(parts.flatMap((lines) => lines.slice(1)).sort(), rows(linesOf('one.csv')));
    // Every shard has users of its own.
    const users = parts.map((lines) => new Set(lines.slice(1).map((line) => line.split(',')[0])));
    assert.equal(
      users.reduce((sum, { size }) => sum + size, 0),
      new Set(
        linesOf('one.csv')
          .slice(1)
          .map((line) => line.split(',')[0]),
      ).size,
    );
  }
});

test('--k beyond the kept lists, --shards of nothing and --rerank in shards are refused', async () => {
  for (const [words, expected] of [
    [['--k', '100000'], /100/],
    [['--k', '0'], /--k/],
    [['--shards', '0'], /--shards/],
    [['--rerank', '0.3', '--teachers', 'bpr-mf,other', '--shards', '2'], /--rerank and --shards/],
  ] as const) {
    const refused = await w.run('rankings', 'bpr-mf', '--out', 'refused.csv', ...words);
    assert.equal(refused.code, 2, words.join(' '));
    assert.match(refused.stderr, expected);
  }
});
