import assert from 'node:assert/strict';
import { test } from 'node:test';
import { popularityGroups } from './popularity-groups.js';

test('what is left at the end joins the last group, also in a catalogue of 300,000 items', () => {
  const [n, half] = [300_007, 150_003];
  const [first, second, ...more] = popularityGroups(new Int32Array(n).fill(1), 2);
  assert.deepEqual(
    first,
    Int32Array.from({ length: half }, (_, item) => item),
  );
  assert.deepEqual(
    second,
    Int32Array.from({ length: n - half }, (_, k) => half + k),
  );
  assert.equal(more.length, 0);
});
