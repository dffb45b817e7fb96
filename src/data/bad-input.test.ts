import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { RecdistillError } from '../errors.js';
import { literal, withDatabase } from './duckdb.js';
import { testFolder } from './folder.test.support.js';
import { loadDataset } from './load.js';
import type { DataOptions } from './options.js';

/** Loads and returns the error as one text: code, message, hint. */
async function refusal(data: string, options: Partial<DataOptions> = {}): Promise<string> {
  try {
    await loadDataset({ ...options, data });
  } catch (error) {
    assert.ok(error instanceof RecdistillError, String(error));
    assert.ok(error.hint.length > 0);
    return `${error.code}: ${error.message} | ${error.hint}`;
  }
  return assert.fail('it was accepted');
}

const good = Array.from({ length: 30 }, (_, k) => `${k % 3},${Math.floor(k / 3)},${1e9 + k},4\n`).join('');
const head = 'user,item,time,rating\n';

test('missing, empty, headless and foreign files', async (t) => {
  const f = testFolder(t);
  assert.match(await refusal(join(f.path, 'no.csv')), /^file-missing: cannot read .*no\.csv/);
  assert.match(await refusal('./citeulike-x'), /^file-missing/);
  assert.match(
    await refusal('citeulike-x'),
    /^unknown-name: there is no data set called "citeulike-x" \| Did you mean "citeulike-t"\? Known: synthetic, citeulike-t/,
  );
  assert.match(await refusal(f.write('e.csv', '')), /^bad-data: .*the file is empty/);
  assert.match(await refusal(f.write('n.csv', '\n\n')), /^bad-data: .*has only blank lines/);
  assert.match(await refusal(f.write('h.csv', head)), /^bad-data: .*has no rows of data/);
  assert.match(await refusal(f.write('p.parquet', 'PAR1 this is not')), /^bad-data: .*Parquet/);
  assert.match(
    await refusal(f.write('one.csv', 'just words here\n')),
    /cannot detect the format; .*; the first line is "just words here"/,
  );
  assert.match(
    await refusal(f.write('one.tsv', 'just words here\n')),
    /line 1 has one field, "just words here".*separated by tabs/,
  );
  assert.match(
    await refusal(f.write('l.csv', Buffer.from('user,item\na,caf\xe9\n', 'latin1'))),
    /line 2: the text is not UTF-8/,
  );
  assert.match(
    await refusal(f.path),
    /has files of several formats: csv \(e.csv, h.csv, l.csv and 2 more\); tsv \(one.tsv\); parquet \(p.parquet\)/,
  );
});

test('wrong columns: the ones found are listed and the nearest is named', async (t) => {
  const f = testFolder(t);
  const path = f.write('c.csv', `customer_ref,article_no\n${good.replace(/,\d+,4$/gm, '')}`);
  assert.match(
    await refusal(path),
    /cannot identify the user column; columns found: customer_ref, article_no \| .*--user/,
  );
  assert.match(
    await refusal(path, { user: 'custmer_ref' }),
    /no column "custmer_ref"; columns found: customer_ref, article_no \| Did you mean "customer_ref"/,
  );
  assert.match(await refusal(path, { user: '3' }), /no column "3"/);
  assert.match(await refusal(path, { user: '1', item: '1' }), /cannot be both user and item/);
  assert.match(await refusal(f.write('j.jsonl', '{"u": 1, "item": 2}\n')), /columns found: u, item/);
  assert.match(await refusal(path, { user: '1', item: '2', minRating: 3 }), /there is no rating column/);
});

test('unreadable rows are named by line or row', async (t) => {
  const f = testFolder(t);
  const broken = (row: string) => f.write('b.csv', `${head}${good}${row}`);
  assert.match(await refusal(broken('7,8\n')), /line 32: 2 columns; expected 4/);
  assert.match(await refusal(broken('7,8,9,1,1\n')), /line 32: 5 columns; expected 4/);
  assert.match(await refusal(broken('7,"8,9,1\n')), /an opening quote has no closing quote/);
  assert.match(await refusal(broken(',8,9,1\n')), /row 31, column user: the user is empty/);
  assert.match(await refusal(broken('7,"",9,1\n')), /row 31, column item: the item is empty/);
  assert.match(
    await refusal(broken(`7,${'x'.repeat(2 ** 20 + 1)},9,1\n`)),
    /row 31, column item: the id has 1048577 bytes; at most 1048576/,
  );
  assert.match(
    await refusal(f.write('j.jsonl', '{"user": 1, "item": 2}\n{"user": 1, "item\n')),
    /row 2 is not a JSON object: .*item/,
  );
  assert.match(
    await refusal(f.write('j.jsonl', '{"user": 1, "item": 2}\n[1, 2]\n')),
    /row 2 is not a JSON object: .\[1, 2\]/,
  );
  assert.match(await refusal(f.write('j.json', '[{"user": 1, "item": 2}, 3]')), /row 2 is not a JSON object: "3"/);
  assert.match(
    await refusal(f.write('j.jsonl', '{"user": 1, "item": 2}\n{"item": 2}\n')),
    /row 2, column user: the user is empty/,
  );
  assert.match(await refusal(f.write('users.dat', '2 1 2\n3 1 2\n')), /list 2 starts with "3" and has 2 items/);
});

test('negative, huge and non-finite times and ratings', async (t) => {
  const f = testFolder(t);
  const broken = (row: string) => f.write('b.csv', `${head}${good}${row}`);
  for (const time of ['-1', 'NaN', 'inf', '1e300', '1e20', 'yesterday', '']) {
    const shown = time === '' ? 'empty' : `"${time}"`;
    assert.ok(
      (await refusal(broken(`7,8,${time},1\n`))).includes(
        `row 31, column time: the time is ${shown} | Expected Unix seconds`,
      ),
      time,
    );
  }
  for (const rating of ['NaN', '-inf', 'good', '']) {
    assert.match(
      await refusal(broken(`7,8,9,${rating}\n`), { minRating: 1 }),
      /row 31, column rating: the rating is .* \| Expected a finite/,
    );
  }
});

test('cut and damaged archives are refused, not half read', async (t) => {
  const f = testFolder(t);
  const body =
    head + Array.from({ length: 20_000 }, (_, k) => `${k % 97},${(k * 7919) % 1009},${1e9 + k},4\n`).join('');
  const whole = gzipSync(body);
  assert.match(
    await refusal(f.write('cut.csv.gz', whole.subarray(0, whole.length >> 1))),
    /not a complete gzip file: unexpected end of file/,
  );
  await loadDataset({ data: f.write('plain.csv.gz', body) });
  assert.match(await refusal(f.write('no.csv.gz', whole.subarray(8))), /not a complete gzip file: incorrect header/);
  const flipped = Buffer.from(whole);
  flipped[flipped.length >> 1]! ^= 0x40;
  assert.match(await refusal(f.write('flip.csv.gz', flipped)), /not a complete gzip file/);

  const csv = f.write('plain.csv', body);
  const zst = join(f.path, 'cut.csv.zst');
  await withDatabase((db) =>
    db.query(`COPY (FROM read_csv(${literal(csv)})) TO ${literal(zst)} (FORMAT csv, COMPRESSION zstd)`),
  );
  await loadDataset({ data: zst });
  const bytes = readFileSync(zst);
  for (const size of [bytes.length - 1, bytes.length >> 1, 3]) {
    writeFileSync(zst, bytes);
    truncateSync(zst, size);
    assert.match(await refusal(zst), /not a complete Zstandard file: it ends within a frame/, `${size} bytes`);
  }
  assert.match(
    await refusal(f.write('no.csv.zst', bytes.subarray(8))),
    /not a complete Zstandard file: no frame starts at/,
  );
});

test('if too little data is left, the error says how much each filter removed', async (t) => {
  const f = testFolder(t);
  const path = f.write('g.csv', head + good);
  assert.match(
    await refusal(f.write('one.csv', 'user,item\na,b\n'), { minUser: 1 }),
    /all 1 interactions are of one user; at least two users/,
  );
  const lonely = `user,item\n${Array.from({ length: 9 }, (_, k) => `a,${k}\n`).join('')}`;
  assert.match(await refusal(f.write('lonely.csv', lonely)), /all 9 interactions are of one user/);
  const narrow = `user,item\n${Array.from({ length: 9 }, (_, k) => `${k},a\n`).join('')}`;
  assert.match(await refusal(f.write('narrow.csv', narrow), { minUser: 1 }), /all 9 interactions are with one item/);
  assert.match(
    await refusal(path, { minRating: 5 }),
    /no interaction is left \(30 rows read; minRating 5 removed 30 of 30 rows;/,
  );
  assert.match(
    await refusal(path, { minUser: 11 }),
    /no interaction is left \(.*minUser 11 removed 3 of 3 users \(30 interactions\), minItem 1 removed 0 of 10 items \(0 interactions\); 0 users and 10 items were left with none\)/,
  );
  assert.match(await refusal(path, { ratios: [0.9, 0.05, 0.05] }), /no interaction is left in valid/);
});

test('options that cannot be met', async (t) => {
  const f = testFolder(t);
  const path = f.write('g.csv', head + good);
  for (const ratios of [
    [0.5, 0.5],
    [0.5, 0.2, 0.2],
    [0, 0.5, 0.5],
    [0.8, 0.2, 0],
  ]) {
    assert.match(await refusal(path, { ratios }), /^bad-option: option "ratios"/);
  }
  assert.match(await refusal(path, { split: 'given' }), /^usage: g is not a ready split/);
  assert.match(await refusal(path, { format: 'split' }), /is not a ready split/);
  assert.match(await refusal(path, { split: 'time', time: 'none' }), /^needs-not-met: the split time needs times/);
  assert.match(await refusal('synthetic', { minRating: 3 }), /^usage: minRating does not apply to synthetic data/);
  assert.match(await refusal(path, { labels: join(f.path, 'no.tsv') }), /^file-missing/);
  assert.match(
    await refusal(path, { mineUser: 3 } as Partial<DataOptions>),
    /^unknown-option: .*mineUser.* Did you mean "minUser"/,
  );
});
