import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { count, fromPairs, has, type Interactions, itemsOf } from '../interactions.js';
import type { Parts, SplitSpec } from './_split.js';
import { type SplitName, splits } from './index.js';

/** Splits of interactions. The split `users` divides users, and its tests are in users.test.ts. */
const names = (Object.keys(splits) as SplitName[]).filter((name) => name !== 'users');
const ids = Array.from({ length: 100 }, (_, n) => String(n));
const spec: SplitSpec = {
  ...{ ratios: [0.6, 0.2, 0.2], holdOut: 'random', seed: 0, foldInShare: 0.8 },
  ids: { users: ids, items: ids },
};
const list = fc.array(fc.tuple(fc.nat(9), fc.nat(20), fc.nat(1000)), { minLength: 1, maxLength: 120 });

function build(rows: readonly (readonly [number, number, number])[]): Interactions {
  return fromPairs(
    10,
    21,
    rows.map((r) => r[0]),
    rows.map((r) => r[1]),
    rows.map((r) => r[2]),
  );
}

const flat = (parts: Parts) =>
  [parts.train, parts.valid, parts.test].map((p) => [[...p.indptr], [...p.indices], [...p.times!]]);

test('every file of this folder is in the registry', () => {
  const files = readdirSync(new URL('.', import.meta.url)).filter((f) => /^[a-z-]+\.js$/.test(f) && f !== 'index.js');
  assert.deepEqual(files.map((f) => f.replace('.js', '')).sort(), Object.keys(splits).sort());
});

for (const name of names) {
  test(`${name}: the parts are disjoint and make up the whole, with the times they had`, () => {
    fc.assert(
      fc.property(list, fc.constantFrom('random', 'latest'), fc.integer(), (rows, holdOut, seed) => {
        const x = build(rows);
        const parts = splits[name].divide(x, { ...spec, holdOut: name === 'hash' ? 'random' : holdOut, seed });
        const sum = count(parts.train) + count(parts.valid) + count(parts.test);
        assert.equal(sum, count(x));
        for (let u = 0; u < x.nUsers; u++) {
          itemsOf(x, u).forEach((item, k) => {
            const holders = [parts.train, parts.valid, parts.test].filter((p) => has(p, u, item));
            assert.equal(holders.length, 1);
            const at = holders[0]!.indptr[u]! + itemsOf(holders[0]!, u).indexOf(item);
            assert.equal(holders[0]!.times![at], x.times![x.indptr[u]! + k]);
          });
        }
      }),
    );
  });

  test(`${name}: the same seed gives the same parts, whatever the order of the source rows`, () => {
    fc.assert(
      fc.property(list, fc.integer(), (rows, seed) => {
        const forwards = splits[name].divide(build(rows), { ...spec, seed });
        const backwards = splits[name].divide(build([...rows].reverse()), { ...spec, seed });
        assert.deepEqual(flat(forwards), flat(backwards));
      }),
    );
  });
}

/** `n` interactions of one user at times n, n - 1, ... 1. */
const oneUser = (n: number): Interactions =>
  fromPairs(
    1,
    n,
    new Array(n).fill(0),
    Array.from({ length: n }, (_, k) => k),
    Array.from({ length: n }, (_, k) => n - k),
  );

test('ratio rounds valid and test down and leaves the rest to train', () => {
  const expected = [
    [1, 1, 0, 0],
    [4, 4, 0, 0],
    [5, 3, 1, 1],
    [9, 7, 1, 1],
    [10, 6, 2, 2],
    [30, 18, 6, 6],
  ];
  for (const [n, train, valid, held] of expected) {
    const parts = splits.ratio.divide(oneUser(n!), spec);
    assert.deepEqual([count(parts.train), count(parts.valid), count(parts.test)], [train, valid, held], `n = ${n}`);
  }
  // 0.1 * 30 and 0.7 * 10 are not exact in floating point.
  const parts = splits.ratio.divide(oneUser(30), { ...spec, ratios: [0.8, 0.1, 0.1] });
  assert.deepEqual([count(parts.valid), count(parts.test)], [3, 3]);
});

test('another seed gives another split, and users are shuffled apart', () => {
  const x = fromPairs(
    2,
    40,
    Array.from({ length: 80 }, (_, k) => (k >> 5) & 1),
    Array.from({ length: 80 }, (_, k) => k % 40),
  );
  const a = splits.ratio.divide(x, spec);
  assert.notDeepEqual([...a.test.indices], [...splits.ratio.divide(x, { ...spec, seed: 1 }).test.indices]);
  assert.notDeepEqual([...itemsOf(a.test, 0)], [...itemsOf(a.test, 1)]);
});

test('latest holds out the latest: test after valid after train', () => {
  for (const name of ['ratio', 'leave-one-out'] as const) {
    const { train, valid, test: held } = splits[name].divide(oneUser(12), { ...spec, holdOut: 'latest' });
    assert.ok(Math.max(...train.times!) < Math.min(...valid.times!), name);
    assert.ok(Math.max(...valid.times!) < Math.min(...held.times!), name);
  }
});

test('leave-one-out holds out one item for valid and one for test, and none of a user with fewer than three', () => {
  for (const [n, train, held] of [
    [1, 1, 0],
    [2, 2, 0],
    [3, 1, 1],
    [50, 48, 1],
  ] as const) {
    const parts = splits['leave-one-out'].divide(oneUser(n), spec);
    assert.deepEqual([count(parts.train), count(parts.valid), count(parts.test)], [train, held, held]);
  }
});

test('time divides at two moments and keeps one moment together', () => {
  const parts = splits.time.divide(oneUser(10), spec);
  assert.deepEqual([count(parts.train), count(parts.valid), count(parts.test)], [6, 2, 2]);
  assert.ok(Math.max(...parts.train.times!) < Math.min(...parts.valid.times!));
  assert.ok(Math.max(...parts.valid.times!) < Math.min(...parts.test.times!));
  const same = fromPairs(2, 3, [0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [5, 5, 5, 5, 5]);
  assert.equal(count(splits.time.divide(same, spec).test), 5);
});

test('time and latest refuse data without times', () => {
  const x = fromPairs(2, 3, [0, 0, 1], [0, 1, 2]);
  assert.throws(() => splits.time.divide(x, spec), { code: 'needs-not-met' });
  assert.throws(() => splits.ratio.divide(x, { ...spec, holdOut: 'latest' }), { code: 'needs-not-met' });
});
