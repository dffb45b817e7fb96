import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAgreement, reranked, topByDissensus } from './dissensus.js';
import { createFusion } from './fuse.js';

const ITEMS = 12;
const o = { importance: 'rank', temperature: 5, cutoff: 100 } as const;
const list = fc.shuffledSubarray([...Array(ITEMS).keys()]).map((items) => Int32Array.from(items));

test('with delta 0 the list is that of the ensemble, with weights too', () => {
  const weight = fc.constantFrom(0.25, 0.5, 1);
  const ranking = fc.record({ list, weight });
  fc.assert(
    fc.property(
      fc.array(ranking, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('rank', 'rank+consistency'),
      (rankings, importance) => {
        const own = { ...o, importance } as const;
        const found = topByDissensus(createAgreement(ITEMS, own)(rankings), 0, ITEMS);
        const importanceOf = createFusion(ITEMS, own).importance(rankings);
        assert.deepEqual(
          [...found].sort((a, b) => a - b),
          [...importanceOf.keys()].filter((i) => importanceOf[i]! > 0),
        );
        found.forEach((item, at) => {
          const before = importanceOf[found[at - 1] ?? item]!;
          assert.ok(before >= importanceOf[item]! - 1e-12, 'importance descends');
        });
      },
    ),
  );
});

test('an item of one teacher overtakes one on which all agree as delta grows', () => {
  const rankings = [
    [0, 1, 2],
    [0, 1, 3],
    [1, 0, 4],
  ].map((items) => ({ list: Int32Array.from(items) }));
  const agreement = createAgreement(ITEMS, o)(rankings);
  assert.deepEqual([...topByDissensus(agreement, 0, 2)], [0, 1]);
  assert.ok(topByDissensus(agreement, 100, 2).every((item) => item >= 2));
  const equal = createAgreement(ITEMS, o)([rankings[0]!, rankings[0]!, rankings[0]!]);
  // A sum of three equal numbers is rounded.
  assert.ok(equal.dissensus.every((value) => value < 1e-15));
});

test('own items are left out, and ranks are among the others', () => {
  const { items, consensus } = createAgreement(ITEMS, o)([{ list: Int32Array.of(7, 3) }], Int32Array.of(7));
  assert.deepEqual([[...items], [...consensus]], [[3], [1]]);
});

test('re-ranking with eta 0, or where teachers agree, keeps the order', () => {
  fc.assert(
    fc.property(list, fc.double({ min: 0, max: 0.99, noNaN: true }), (items, eta) => {
      const flat = new Float64Array(items.length);
      assert.deepEqual(reranked(items, flat, { eta, temperature: 10 }), items);
      const rising = flat.map((_, at) => at);
      assert.deepEqual(reranked(items, rising, { eta: 0, temperature: 10 }), items);
      assert.deepEqual(reranked(items, rising, { eta: 1, temperature: 10 }), items.slice().reverse());
    }),
  );
});
