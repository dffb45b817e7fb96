import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type ErrorCode, RecdistillError } from '../errors.js';
import { readJsonLines } from './lines.js';
import { readBytes } from './read.js';
import { readSafetensors } from './safetensors.js';
import { parseJsonFile, readJsonObject } from './sealed-json.js';

const folder = fs.mkdtempSync(join(tmpdir(), 'read-'));
after(() => fs.rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

const is = (code: ErrorCode, message: RegExp) => (error: unknown) =>
  error instanceof RecdistillError && error.code === code && message.test(error.message);

/** A file of any size that takes no space. */
function sparse(name: string, bytes: number, start = ''): string {
  fs.writeFileSync(path(name), start);
  fs.truncateSync(path(name), bytes);
  return path(name);
}

test('a file above the limit is refused before it is read', () => {
  const file = sparse('large', 3 * 2 ** 30);
  assert.throws(() => readBytes(file, 2 ** 20), is('over-limit', /has 3221225472 bytes; at most 1048576 bytes/));
  assert.throws(() => parseJsonFile(file), is('over-limit', /large/));
  assert.throws(() => readJsonLines(file), is('over-limit', /large/));
  assert.equal(readBytes(sparse('small', 10), 10).length, 10);
});

test('a result that is padded with 2 GiB of zero bytes is refused', () => {
  const file = sparse('result.json', 2 ** 31, '{"a": 1}');
  assert.throws(() => parseJsonFile(file), is('over-limit', /2147483648 bytes/));
  sparse('result.json', 100, '{"a": 1}');
  assert.throws(() => parseJsonFile(file), is('artifact-damaged', /not JSON/));
});

test('a pipe and a device are refused at once', { timeout: 20_000, skip: process.platform === 'win32' }, () => {
  execFileSync('mkfifo', [path('pipe')]);
  assert.throws(() => readBytes(path('pipe'), 10), is('read-failed', /it is a pipe; expected a regular file/));
  assert.throws(() => parseJsonFile('/dev/zero'), is('read-failed', /it is a device/));
  assert.throws(() => readSafetensors('/dev/zero'), is('read-failed', /it is a device/));
  assert.throws(() => readBytes(folder, 10), is('read-failed', /it is a folder/));
});

test('JSON and lines that are too deep or too long are refused with their place', () => {
  fs.writeFileSync(path('deep.json'), '['.repeat(1e6));
  assert.throws(() => parseJsonFile(path('deep.json')), is('over-limit', /deep\.json.*deeper than 100 levels/));
  fs.writeFileSync(path('log.jsonl'), `{"a":1}\n{"a":${'['.repeat(500)}\n`);
  assert.throws(() => readJsonLines(path('log.jsonl')), is('over-limit', /line 2: it is nested deeper/));
  fs.writeFileSync(path('log.jsonl'), `{"a":1}\n{"a":"${'x'.repeat(2 ** 21)}"}\n`);
  assert.throws(() => readJsonLines(path('log.jsonl')), is('over-limit', /line 2 has \d+ bytes; at most 1048576/));
  fs.writeFileSync(path('null.json'), 'null');
  assert.throws(() => readJsonObject(path('null.json')), is('artifact-damaged', /not a JSON object/));
});

test('a header with a deeply nested type is refused', () => {
  const header = Buffer.from(
    `{"a":{"dtype":${'['.repeat(50_000)}${']'.repeat(50_000)},"shape":[],"data_offsets":[0,0]}}`,
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  fs.writeFileSync(path('deep.safetensors'), Buffer.concat([length, header]));
  assert.throws(() => readSafetensors(path('deep.safetensors')), is('artifact-damaged', /deeper than 8 levels/));
});
