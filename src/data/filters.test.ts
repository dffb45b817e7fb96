import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compact, ratedAtLeast, withMinimum } from './filters.js';
import { count, fromPairs, type Interactions, itemCounts, itemsOf } from './interactions.js';
import { splits } from './splits/index.js';

const interactions = fc.array(fc.tuple(fc.nat(11), fc.nat(8)), { maxLength: 70 }).map((list) =>
  fromPairs(
    12,
    9,
    list.map((p) => p[0]),
    list.map((p) => p[1]),
    list.map((p) => p[0] * 100 + p[1]),
  ),
);

const entries = (x: Interactions): string[] =>
  Array.from({ length: x.nUsers }, (_, u) => [...itemsOf(x, u)].map((i) => `${u},${i}`)).flat();

/** Filters again and again until nothing changes, or once: the definition, without any cleverness. */
function oracle(x: Interactions, minUser: number, minItem: number, core: 'once' | 'k-core'): string[] {
  let rows = entries(x);
  for (;;) {
    const counts = new Map<string, number>();
    for (const row of rows) {
      const [u, i] = row.split(',');
      counts.set(`u${u}`, (counts.get(`u${u}`) ?? 0) + 1);
      counts.set(`i${i}`, (counts.get(`i${i}`) ?? 0) + 1);
    }
    const kept = rows.filter((row) => {
      const [u, i] = row.split(',');
      return counts.get(`u${u}`)! >= minUser && counts.get(`i${i}`)! >= minItem;
    });
    if (core === 'once' || kept.length === rows.length) return kept;
    rows = kept;
  }
}

test('withMinimum equals the definition, once and as k-core', () => {
  const minimum = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(interactions, minimum, minimum, fc.constantFrom('once', 'k-core'), (x, minUser, minItem, core) => {
      const kept = withMinimum(x, minUser, minItem, core);
      assert.deepEqual(entries(kept), oracle(x, minUser, minItem, core));
      for (let u = 0; u < kept.nUsers; u++) {
        itemsOf(kept, u).forEach((i, k) => {
          assert.equal(kept.times![kept.indptr[u]! + k], u * 100 + i);
        });
      }
    }),
  );
});

test('compact only removes empty rows and columns', () => {
  fc.assert(
    fc.property(interactions, (x) => {
      const { interactions: small, users, items } = compact(x);
      const back = entries(small).map((row) => {
        const [u, i] = row.split(',').map(Number);
        return `${users[u!]},${items[i!]}`;
      });
      assert.deepEqual(back, entries(x));
      assert.ok(itemCounts(small).every((n) => n > 0));
      for (let u = 0; u < small.nUsers; u++) assert.ok(itemsOf(small, u).length > 0);
      assert.equal(count(small), count(x));
    }),
  );
});

test('ratedAtLeast keeps the rows at the threshold and above, whole', () => {
  const kept = ratedAtLeast(
    {
      users: Int32Array.of(0, 1, 2),
      items: Int32Array.of(3, 4, 5),
      ratings: Float64Array.of(3.5, 4, 5),
      times: Float64Array.of(7, 8, 9),
    },
    4,
  );
  assert.deepEqual(
    [[...kept.users], [...kept.items], [...kept.times!]],
    [
      [1, 2],
      [4, 5],
      [8, 9],
    ],
  );
});

test('a filter in the arrays of its input gives the same as one in new arrays', () => {
  const [nUsers, nItems, n] = [20_000, 5000, 300_000];
  const users = Int32Array.from({ length: n }, (_, k) => (k * 7919) % nUsers);
  const items = Int32Array.from({ length: n }, (_, k) =>
    Math.floor(nItems * (((k * 31 + (k >> 3)) % 9973) / 9973) ** 2),
  );
  const times = Float64Array.from({ length: n }, (_, k) => k);
  const fresh = () => fromPairs(nUsers, nItems, users, items, times);
  const kept = compact(withMinimum(fresh(), 10, 30, 'k-core'));
  assert.ok(kept.interactions.indices.length > 1000 && kept.interactions.indices.length < n);
  assert.deepEqual(compact(withMinimum(fresh(), 10, 30, 'k-core', true), true), kept);
  for (const { name, divide } of Object.values(splits)) {
    const spec = { ratios: [0.6, 0.2, 0.2], holdOut: 'random', seed: 3, foldInShare: 0.8 } as const;
    const ids = { users: Array.from(users.keys(), String), items: Array.from(items.keys(), String) };
    assert.deepEqual(divide(fresh(), { ...spec, ids, reuse: true }), divide(fresh(), { ...spec, ids }), name);
  }
});
