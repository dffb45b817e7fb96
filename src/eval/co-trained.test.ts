import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from '../data/interactions.js';
import { analysePair } from './co-trained.js';

// Items 0 to 3 have 1, 2, 3 and 4 train interactions; users 0 to 3 have 1, 2, 3 and 4.
const train = fromPairs(4, 5, [0, 1, 1, 2, 2, 2, 3, 3, 3, 3], [3, 3, 2, 3, 2, 1, 3, 2, 1, 0]);
const tested = fromPairs(4, 5, [0, 1, 2, 3], [0, 1, 0, 4]);

function analysis() {
  const before = { teacher: Int32Array.of(1, 5, 3, 20), student: Int32Array.of(4, 2, 3, 2000) };
  const after = { teacher: Int32Array.of(1, 2, 3, 4), student: Int32Array.of(2, 1, 2, 3) };
  return analysePair({ train, test: tested }, { before, after }, 3);
}

test('which model ranks higher, and by how much, on an example', () => {
  const { before, after } = analysis();
  assert.deepEqual(before.ahead, { student: 0.25, teacher: 0.5, neither: 0.25 });
  assert.deepEqual(after.ahead, { student: 0.75, teacher: 0.25, neither: 0 });
  const told = before.discrepancy.filter((b) => b.share > 0);
  assert.deepEqual(told, [
    { from: -9, to: -1, share: 0.25 },
    { from: 0, to: 0, share: 0.25 },
    { from: 1, to: 9, share: 0.25 },
    { from: 1000, to: Number.POSITIVE_INFINITY, share: 0.25 },
  ]);
  for (const { discrepancy } of [before, after]) {
    assert.equal(
      discrepancy.reduce((sum, b) => sum + b.share, 0),
      1,
    );
    assert.deepEqual(
      discrepancy.slice(1).map((b) => b.from),
      discrepancy.slice(0, -1).map((b) => b.to + 1),
    );
  }
});

test('accuracy by popularity and activity: ties are in the same group', () => {
  const { before } = analysis();
  assert.deepEqual(before.byUser, [
    { from: 1, to: 1, interactions: 1, teacher: 1, student: 0 },
    { from: 2, to: 2, interactions: 1, teacher: 0, student: 1 },
    { from: 3, to: 3, interactions: 1, teacher: 1, student: 1 },
    { from: 4, to: 4, interactions: 1, teacher: 0, student: 0 },
  ]);
  // Items 0 (twice), 1 and 4, which nobody has in train.
  assert.deepEqual(before.byItem, [
    { from: 0, to: 0, interactions: 1, teacher: 0, student: 0 },
    { from: 1, to: 1, interactions: 2, teacher: 1, student: 0.5 },
    { from: 2, to: 2, interactions: 1, teacher: 0, student: 1 },
  ]);
});
