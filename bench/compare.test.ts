import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostlyNear, near, sameRankings } from './compare.js';
import { tensor } from './tensors.js';

const floats = (...values: number[]) => tensor(Float32Array.from(values));

test('near measures the largest difference against the largest value', () => {
  const c = near('x', floats(1, 2, 8.5), floats(1, 2.25, 8), 0.07);
  assert.equal(c.worst, 0.5 / 8);
  assert.equal(c.passed, true);
  assert.equal(near('x', floats(1, 2, 8.5), floats(1, 2.25, 8), 0.06).passed, false);
  assert.equal(near('x', floats(0, 0), floats(0, 0), 0).passed, true);
});

test('NaN, a missing array and other lengths never pass', () => {
  assert.equal(near('x', floats(1, Number.NaN), floats(1, 2), 1).passed, false);
  assert.equal(near('x', floats(1, 2), floats(1, Number.NaN), 1).passed, false);
  assert.equal(near('x', floats(1), floats(1, 2), 1).passed, false);
  assert.equal(near('x', floats(), floats(), 1).passed, false);
  assert.equal(near('x', floats(1), floats(0), 1).passed, false);
  assert.equal(mostlyNear('x', floats(Number.NaN), floats(Number.NaN), 1, 0).passed, false);
});

test('mostlyNear counts the entries that are too far apart', () => {
  const c = mostlyNear('x', floats(0, 0, 0, 0), floats(0, 0.1, 0.3, 0), 0.2, 0.25);
  assert.deepEqual([c.worst, c.passed], [0.25, true]);
  assert.equal(mostlyNear('x', floats(0, 0, 0, 0), floats(0, 0.3, 0.3, 0), 0.2, 0.25).passed, false);
});

test('rankings may exchange equal items, but no others, and repeat or unmask none', () => {
  // Scores: item 0 and 1 equal, then 2, 3, 4; item 5 is masked.
  const scores = [10, 10, 8, 6, 4, 99];
  const against = (mine: number[], theirs: number[]) => {
    const lists = tensor(Int32Array.from(mine));
    const ours = { lists, depth: 3, score: (_: number, item: number) => scores[item]!, masked: () => Int32Array.of(5) };
    return sameRankings('lists', ours, tensor(Int32Array.from(theirs)), 6, 1e-6).passed;
  };
  assert.equal(against([0, 1, 2], [0, 1, 2]), true);
  assert.equal(against([1, 0, 2], [0, 1, 2]), true);
  assert.equal(against([0, 1, 3], [0, 1, 2]), false);
  assert.equal(against([0, 0, 2], [0, 1, 2]), false);
  assert.equal(against([0, 1, 2], [5, 1, 2]), false);
  assert.equal(against([0, 1, -1], [0, 1, 2]), false);
  assert.equal(against([0, 1, 2, 0, 1, 2], [0, 1, 2]), false);
});
