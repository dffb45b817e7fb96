import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type ErrorCode, RecdistillError } from '../errors.js';
import { readItemLabels } from './labels.js';
import { loadDataset } from './load.js';
import { type DataOptions, dataOptions } from './options.js';
import { limitedBytes } from './text-limits.js';

const folder = mkdtempSync(join(tmpdir(), 'text-limits-'));
after(() => rmSync(folder, { recursive: true }));

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const is = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RecdistillError && error.code === code, String(error));
  assert.match(error.message, message);
  assert.doesNotMatch(error.message, /Error:|copy-|read_csv/);
  return true;
};

const load = (data: string, more: Partial<DataOptions> = {}) =>
  loadDataset({ ...dataOptions.parse({ data, minUser: 1, minItem: 1, split: 'leave-one-out' }), ...more });

const CSV = `user,item\n${Array.from({ length: 60 }, (_, n) => `u${n % 6},i${n % 10}`).join('\n')}\n`;

test('the bytes of a text are counted while it is decompressed', async () => {
  async function* chunks() {
    for (;;) yield new Uint8Array(1000);
  }
  const read = async () => {
    for await (const _ of limitedBytes(chunks(), 10_000, 'names.gz'));
  };
  await assert.rejects(read(), is('over-limit', /^names\.gz .*more than 10000 bytes/));
});

test('a line of 17 MB is refused in every file, with the name of the file', { timeout: 60_000 }, async () => {
  const long = 'x'.repeat(17 * 2 ** 20);
  const lines = put('names.csv.gz', gzipSync(`i1,${long}\n`));
  await assert.rejects(readItemLabels(lines, ['i1']), is('bad-data', /names\.csv\.gz.*(?:line 1|longer than 16 MiB)/s));
  await assert.rejects(load(put('long.csv', `${CSV}u1,${long}\n`)), is('bad-data', /long\.csv.*longer than 16 MiB/s));
});

test('tables with too many columns, and objects with a key twice, are refused', { timeout: 60_000 }, async () => {
  const wide = put('wide.csv', `user,item${',x'.repeat(1e6)}\nu1,i1${',x'.repeat(1e6)}\n`);
  await assert.rejects(load(wide), is('over-limit', /wide\.csv.*more than 10000 columns/));
  const keys = Array.from({ length: 20_000 }, (_, n) => `"k${n}":1`).join();
  await assert.rejects(load(put('keys.jsonl', `{${keys}}\n`)), is('over-limit', /keys\.jsonl.*more than 10000/));
  const twice = put('twice.jsonl', '{"user":"u1","item":"i1"}\n{"user":"u1","item":"i1","user":"u2"}\n');
  await assert.rejects(load(twice), is('bad-data', /twice\.jsonl: row 2 has a key twice/));
});

test('errors of the data engine name the file as it was given', { timeout: 60_000 }, async () => {
  // Mixed line ends: the engine reads a copy.
  const mixed = put('mixed.csv', `${CSV}u1,"i2\r\nu2,i3\n`);
  await assert.rejects(load(mixed), is('bad-data', /mixed\.csv/));
  const labels = put('names.csv', 'i1,"Name\ni2,Other\n');
  await assert.rejects(load(put('clicks.csv', CSV), { labels }), is('bad-data', /names\.csv/));
  const object = '{"user":"u1","item":["a",{"b":1}]}';
  await assert.rejects(load(put('deep.jsonl', `${object}\n`), { explode: true }), is('bad-data', /deep\.jsonl: row 1/));
  const nan = put('nan.jsonl', '{"user":"u1","item":"i1","rating":NaN}\n{"user":"u1","item":"i2","rating":1}\n');
  await assert.rejects(load(nan, { minRating: 1 }), is('bad-data', /nan\.jsonl: row 1, column rating: .*"NaN"/));
  const infinite = put(
    'infinite.jsonl',
    '{"user":"u1","item":"i1","time":Infinity}\n{"user":"u1","item":"i2","time":1}\n',
  );
  await assert.rejects(load(infinite), is('bad-data', /infinite\.jsonl: row 1, column time/));
  const deep = put('brackets.jsonl', `${'['.repeat(1e5)}\n`);
  await assert.rejects(load(deep), is('bad-data', /brackets\.jsonl/));
});
