import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { RecdistillError } from '../errors.js';
import {
  dataMemory,
  kernelShare,
  memoryAvailable,
  memoryForAll,
  planMemory,
  plannedThreads,
  programParts,
  readingParts,
  refuseBeyond,
  totalOf,
} from './index.js';

afterEach(() => planMemory({ threads: 1 }));

const refusal = (message: RegExp) => (error: unknown) =>
  error instanceof RecdistillError && error.code === 'out-of-memory' && message.test(error.message);

test('the memory at hand is a sensible number', () => {
  assert.ok(memoryAvailable() > 0 && memoryAvailable() < 2 ** 50);
  assert.ok(memoryForAll() > process.memoryUsage.rss());
});

test('a limit bounds everything that the process uses, and the refusal names it and the largest parts', () => {
  planMemory({ threads: 8, memoryLimit: 300e6 });
  assert.equal(memoryForAll(), 300e6);
  assert.equal(plannedThreads(), 8);
  refuseBeyond([{ name: 'a', bytes: 300e6 }], 'it', 'Do less.');
  const parts = [
    { name: 'a', bytes: 1e6 },
    { name: 'b', bytes: 300e6 },
  ];
  assert.throws(
    () => refuseBeyond(parts, 'it', 'Do less.'),
    refusal(/it needs 301 MB \(b 300 MB, a 1 MB\), 300 MB by the memory limit available/),
  );
});

test('kernels may use what the program and its threads leave', () => {
  assert.equal(kernelShare(1e9, 2) + totalOf(programParts(2)), 1e9);
  assert.ok(kernelShare(1e9, 64) < kernelShare(1e9, 2));
  assert.ok(kernelShare(1e6, 2) > 0);
});

test('data from files takes more than data in memory, and reading is part of it', () => {
  const size = { users: 1000, items: 2000, rows: 1e6 };
  const [rows, files] = [dataMemory(size), dataMemory(size, 'files')];
  assert.ok(totalOf(files.held) > totalOf(rows.held) && files.reading > rows.reading);
  assert.equal(totalOf(readingParts(rows)), totalOf(programParts(1)) + totalOf(rows.held) + rows.reading);
  assert.ok(dataMemory({ ...size, rows: 2e6 }).reading > rows.reading);
});
