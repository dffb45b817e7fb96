import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideInteractions } from './hide.js';
import { count, fromPairs, itemsOf, union } from './interactions.js';
import { loadDataset } from './load.js';

const sizes = [0, 1, 2, 5, 10, 33];
const users = sizes.flatMap((n, u) => Array.from({ length: n }, () => u));
const items = sizes.flatMap((n) => Array.from({ length: n }, (_, i) => i));
const train = fromPairs(
  sizes.length,
  40,
  users,
  items,
  items.map((i) => i * 10),
);

test("a share of each user's interactions is hidden, never the last one, and none is lost", () => {
  for (const share of [0.1, 0.2, 0.5, 0.9]) {
    const { train: left, hidden } = hideInteractions(train, share, 3);
    for (const [u, n] of sizes.entries())
      assert.equal(itemsOf(hidden, u).length, Math.max(0, Math.min(Math.round(share * n), n - 1)), `user ${u}`);
    const all = union(left, hidden);
    assert.deepEqual([all.indptr, all.indices], [train.indptr, train.indices]);
    for (const part of [left, hidden])
      assert.deepEqual(
        Array.from(part.times!),
        Array.from(part.indices, (i) => i * 10),
      );
  }
});

test('the same seed hides the same, another one other interactions', () => {
  const of = (seed: number) => [...hideInteractions(train, 0.5, seed).hidden.indices];
  assert.deepEqual(of(1), of(1));
  assert.notDeepEqual(of(1), of(2));
});

test('a data set that hides something is another one, over the same users, items, valid and test', async () => {
  const data = 'synthetic:60x80x900';
  const [whole, part] = [await loadDataset({ data }), await loadDataset({ data, hiddenShare: 0.2 })];
  assert.equal(whole.hidden, undefined);
  assert.notEqual(part.fingerprint, whole.fingerprint);
  assert.equal(part.hidden!.whole, whole.fingerprint);
  assert.deepEqual(union(part.train, part.hidden!.interactions).indices, whole.train.indices);
  assert.deepEqual([part.valid, part.test], [whole.valid, whole.test]);
  assert.ok(part.notes.some((n) => n.startsWith(`${count(part.hidden!.interactions)} train interactions are hidden`)));
});
