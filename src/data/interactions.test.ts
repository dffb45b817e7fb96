import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { avoiding, type Dataset, fromPairs, has, itemCounts, itemsOf, transpose, union } from './interactions.js';

const pairs = fc.array(fc.tuple(fc.nat(7), fc.nat(9), fc.nat(50)), { maxLength: 60 });
const build = (list: readonly (readonly [number, number, number])[]) =>
  fromPairs(
    8,
    10,
    list.map((p) => p[0]),
    list.map((p) => p[1]),
    list.map((p) => p[2]),
  );

test('fromPairs holds exactly the different pairs, in order, each with its earliest time', () => {
  fc.assert(
    fc.property(pairs, (list) => {
      const oracle = new Map<string, number>();
      for (const [u, i, t] of list) oracle.set(`${u},${i}`, Math.min(t, oracle.get(`${u},${i}`) ?? t));
      const x = build(list);
      assert.equal(x.indices.length, oracle.size);
      for (let u = 0; u < 8; u++) {
        const items = itemsOf(x, u);
        assert.deepEqual(
          [...items],
          [...new Set(items)].sort((a, b) => a - b),
        );
        items.forEach((i, k) => {
          assert.equal(x.times![x.indptr[u]! + k], oracle.get(`${u},${i}`));
        });
      }
    }),
  );
});

test('transpose, union, has and itemCounts agree with sets of pairs', () => {
  fc.assert(
    fc.property(pairs, pairs, (a, b) => {
      const [x, y] = [build(a), build(b)];
      const set = new Set([...a, ...b].map(([u, i]) => `${u},${i}`));
      const both = union(x, y);
      const t = transpose(both);
      for (let u = 0; u < 8; u++) {
        for (let i = 0; i < 10; i++) {
          assert.equal(has(both, u, i), set.has(`${u},${i}`));
          assert.equal(has(t, i, u), set.has(`${u},${i}`));
        }
      }
      itemCounts(both).forEach((n, i) => {
        assert.equal(n, itemsOf(t, i).length);
      });
    }),
  );
});

test('held-out items are only avoided as negatives on request', () => {
  const [train, valid, test] = [1, 0, 2].map((item) => fromPairs(2, 4, [0, 1], [item, 3]));
  const dataset = { train, valid, test } as unknown as Dataset;
  assert.equal(avoiding(dataset), train);
  const { avoided, ...rest } = avoiding(dataset, 'held-out');
  assert.deepEqual(rest, train);
  assert.deepEqual([...itemsOf(avoided!, 0), '', ...itemsOf(avoided!, 1)], [0, 1, 2, '', 3]);
});
