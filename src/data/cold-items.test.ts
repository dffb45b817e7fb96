import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropColdItems } from './cold-items.js';
import { fromPairs, itemsOf } from './interactions.js';

// Item 3 is never trained. User 0 keeps both parts, user 1 loses valid, user 2 had no test, user 3 has neither.
const parts = {
  train: fromPairs(4, 4, [0, 1, 2, 3], [0, 1, 2, 0]),
  valid: fromPairs(4, 4, [0, 0, 1, 2], [1, 3, 3, 0]),
  test: fromPairs(4, 4, [0, 1], [2, 0]),
};

test('drops cold interactions, then both parts of a user for whom one is empty', () => {
  const cold = dropColdItems(parts, true);
  assert.deepEqual([cold.coldRows, cold.nUsers, cold.userRows], [2, 2, 2]);
  assert.deepEqual([[...itemsOf(cold.parts.valid, 0)], [...itemsOf(cold.parts.test, 0)]], [[1], [2]]);
  for (const u of [1, 2, 3]) assert.equal(itemsOf(cold.parts.valid, u).length + itemsOf(cold.parts.test, u).length, 0);
  assert.equal(cold.parts.train, parts.train);
});

test('drops only cold interactions when users are not paired', () => {
  const cold = dropColdItems(parts, false);
  assert.deepEqual([cold.coldRows, cold.nUsers, cold.userRows], [2, 0, 0]);
  assert.deepEqual([[...itemsOf(cold.parts.test, 1)], [...itemsOf(cold.parts.valid, 2)]], [[0], [0]]);
});
