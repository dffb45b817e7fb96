import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharesOf } from './side-by-side.js';

test('the threads are divided with none left over, and nobody is without one', () => {
  assert.deepEqual(sharesOf(4, 2), [2, 2]);
  assert.deepEqual(sharesOf(4, 3), [2, 1, 1]);
  assert.deepEqual(sharesOf(7, 3), [3, 2, 2]);
  assert.deepEqual(sharesOf(2, 5), [1, 1]);
  assert.deepEqual(sharesOf(1, 3), [1]);
});
