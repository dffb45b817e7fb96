import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, mock, test } from 'node:test';
import fc from 'fast-check';
import { RecdistillError } from '../errors.js';
import { appendLine, keepLines, readJsonLines, readLines } from './lines.js';

let dir: string;
let path: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-lines-'));
  path = join(dir, 'log.jsonl');
});
afterEach(() => {
  mock.restoreAll();
  fs.rmSync(dir, { recursive: true, force: true });
});

test('a file that is cut at any byte keeps its complete lines and is continued after them', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((s) => !s.includes('\n'));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), fc.nat(), (lines, cut) => {
      fs.rmSync(path, { force: true });
      for (const text of lines) appendLine(path, text);
      assert.deepEqual(readLines(path), lines);
      if (lines.length === 0) return;
      const bytes = fs.readFileSync(path);
      const size = cut % (bytes.length + 1);
      fs.truncateSync(path, size);
      const whole = lines.slice(0, bytes.subarray(0, size).toString('latin1').split('\n').length - 1);
      assert.deepEqual(readLines(path), whole);
      appendLine(path, 'next');
      assert.deepEqual(readLines(path), [...whole, 'next']);
    }),
    { numRuns: 60 },
  );
});

test('a torn line longer than one block is cut', () => {
  appendLine(path, 'first');
  fs.appendFileSync(path, 'x'.repeat(10_000));
  appendLine(path, 'second');
  assert.deepEqual(readLines(path), ['first', 'second']);
});

test('a full disk leaves the lines before, and no half line', () => {
  appendLine(path, 'first');
  const write = fs.writeSync;
  let calls = 0;
  mock.method(fs, 'writeSync', (fd: number, bytes: Uint8Array, at: number) => {
    calls += 1;
    if (calls === 1) return write(fd, bytes, at, 3);
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  });
  assert.throws(
    () => appendLine(path, 'second'),
    (error) => error instanceof RecdistillError && error.code === 'write-failed' && /disk is full/.test(error.message),
  );
  assert.equal(calls, 2);
  assert.equal(fs.readFileSync(path, 'utf8'), 'first\n');
});

test('keepLines cuts to a number of lines', () => {
  for (const text of ['a', 'b', 'c']) appendLine(path, text);
  keepLines(path, 2);
  assert.equal(fs.readFileSync(path, 'utf8'), 'a\nb\n');
  keepLines(path, 0);
  assert.equal(fs.readFileSync(path, 'utf8'), '');
  keepLines(join(dir, 'absent'), 0);
  assert.deepEqual(fs.readdirSync(dir), ['log.jsonl']);
});

test('a line that is not an object is named', () => {
  for (const [text, n] of [
    ['{"a":1}\nxx\n', 2],
    ['[1]\n', 1],
  ] as const) {
    fs.writeFileSync(path, text);
    assert.throws(
      () => readJsonLines(path),
      (error) => error instanceof RecdistillError && error.message.includes(`line ${n} is not a JSON object`),
    );
  }
  assert.throws(() => appendLine(path, 'a\nb'), TypeError);
  assert.deepEqual(readJsonLines(join(dir, 'absent')), []);
});
