import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from './interactions.js';
import { leakageReport } from './leakage.js';

test('counts every kind of leak planted', () => {
  const parts = {
    train: fromPairs(3, 5, [0, 0, 1], [0, 1, 2], [10, 40, 20]),
    valid: fromPairs(3, 5, [0, 0, 2], [1, 3, 0], [31, 32, 33]),
    test: fromPairs(3, 5, [0, 1, 1, 2], [3, 2, 4, 1], [30, 35, 36, 37]),
  };
  const found = leakageReport(parts, { train: 2, valid: 0, test: 1 });
  const table = found.map((f) => [f.check, f.where, f.count, f.of]);
  assert.deepEqual(table, [
    ['shared-pairs', 'train and valid', 1, 3],
    ['shared-pairs', 'train and test', 1, 4],
    ['shared-pairs', 'valid and test', 1, 4],
    ['duplicates', 'train', 2, 5],
    ['duplicates', 'valid', 0, 3],
    ['duplicates', 'test', 1, 5],
    ['items-never-trained', 'valid', 1, 3],
    ['items-never-trained', 'test', 2, 4],
    ['users-never-trained', 'valid', 1, 2],
    ['users-never-trained', 'test', 1, 3],
    ['future-in-train', 'train', 1, 3],
  ]);
  for (const f of found) {
    assert.equal(f.share, f.count / f.of);
    assert.match(f.explanation, /^[A-Z].+\.$/);
  }
});

test('without times there is no leakage report about the future', () => {
  const x = fromPairs(1, 1, [0], [0]);
  assert.ok(leakageReport({ train: x, valid: x, test: x }).every((f) => f.check !== 'future-in-train'));
});
