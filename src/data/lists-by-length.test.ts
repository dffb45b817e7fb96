import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListsByLength } from './lists-by-length.js';
import { rankingOf, rowsOf } from './rankings.js';

const own = { nUsers: 3, nItems: 9, indptr: Int32Array.of(0, 4, 4, 6), indices: Int32Array.of(1, 2, 5, 8, 0, 3) };

test('lists are read padded to their depth, and keep the order in which items were added', () => {
  const lists = new ListsByLength(own, 3);
  for (const item of [8, 1, 5, 2]) lists.add(0, item);
  lists.add(2, 3);
  assert.deepEqual(Array.from(lists.items), [8, 1, 5, -1, -1, -1, 3, -1, -1]);
  assert.deepEqual(Array.from(rowsOf(lists, 2, 3)), [3, -1, -1]);
  assert.deepEqual(Array.from(rankingOf(lists, 0)), [8, 1, 5]);
  assert.deepEqual([lists.nUsers, lists.nItems, lists.depth], [3, 9, 3]);
});

test('room is kept for the items of a user, not for the depth', () => {
  const lists = new ListsByLength(own, 100);
  for (const item of [8, 5, 2, 1]) lists.add(0, item);
  lists.add(0, 7);
  assert.deepEqual(Array.from(rankingOf(lists, 0)), [8, 5, 2, 1]);
  assert.equal(rowsOf(lists, 0, 1).length, 100);
});
