import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { count, fromPairs, has, type Interactions, itemsOf } from '../interactions.js';
import type { SplitSpec } from './_split.js';
import { users } from './users.js';

const ids = Array.from({ length: 100 }, (_, n) => String(n));
const spec: SplitSpec = {
  ...{ ratios: [0.6, 0.2, 0.2], holdOut: 'random', seed: 0, foldInShare: 0.8 },
  ids: { users: ids, items: ids },
};

/** Interactions of users with the given numbers of items, each the first ones of the catalogue. */
const withSizes = (sizes: readonly number[], reverse = false): Interactions => {
  const pairs = sizes.flatMap((n, user) => Array.from({ length: n }, (_, item) => [user, item] as const));
  if (reverse) pairs.reverse();
  return fromPairs(
    sizes.length,
    Math.max(2, ...sizes),
    pairs.map(([user]) => user),
    pairs.map(([, item]) => item),
    pairs.map(([user, item]) => 100 * user + item),
  );
};

const size = (x: Interactions, user: number): number => itemsOf(x, user).length;

test('a held-out user has a history and judged items, nothing in train, and every interaction is in one part', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 10, maxLength: 60 });
  const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  fc.assert(
    fc.property(sizes, share, fc.integer(), (given, foldInShare, seed) => {
      const able = given.filter((n) => n > 1).length;
      fc.pre(able >= 5);
      const x = withSizes(given);
      const { train, valid, test: tested, foldIn } = users(x, { ...spec, foldInShare, seed });
      assert.equal(count(train) + count(valid) + count(tested) + count(foldIn!), count(x));
      const held = { valid: 0, test: 0 };
      for (const [user, n] of given.entries()) {
        const [inTrain, history] = [size(train, user), size(foldIn!, user)];
        const judged = size(valid, user) + size(tested, user);
        if (inTrain > 0) {
          assert.deepEqual([inTrain, history, judged], [n, 0, 0]);
          continue;
        }
        assert.ok(n > 1, 'a user with one interaction cannot be evaluated');
        assert.equal(judged, Math.min(n - 1, Math.max(1, Math.floor((1 - foldInShare) * n + 1e-9))));
        assert.equal(history, n - judged);
        assert.ok(size(valid, user) === 0 || size(tested, user) === 0, 'a user is in one of both parts');
        held[size(valid, user) > 0 ? 'valid' : 'test'] += 1;
      }
      const expected = Math.floor(0.2 * able + 1e-9);
      assert.deepEqual(held, { valid: expected, test: expected });
    }),
  );
});

test('it depends on the seed and not on the order of the rows; the times go with their interactions', () => {
  const sizes = Array.from({ length: 50 }, (_, u) => 2 + (u % 9));
  const flat = (reverse: boolean, seed: number) => {
    const { train, valid, test: tested, foldIn } = users(withSizes(sizes, reverse), { ...spec, seed });
    return [train, valid, tested, foldIn!].map((p) => [[...p.indptr], [...p.indices], [...p.times!]]);
  };
  assert.deepEqual(flat(true, 3), flat(false, 3));
  assert.notDeepEqual(flat(false, 4), flat(false, 3));
  const { valid } = users(withSizes(sizes), spec);
  for (let u = 0; u < 50; u++) {
    for (let k = valid.indptr[u]!; k < valid.indptr[u + 1]!; k++)
      assert.equal(valid.times![k], 100 * u + valid.indices[k]!);
  }
});

test('another share of the history keeps the held-out users', () => {
  const x = withSizes(Array.from({ length: 40 }, () => 10));
  const [more, less] = [0.9, 0.5].map((foldInShare) => users(x, { ...spec, foldInShare }));
  for (let u = 0; u < 40; u++) {
    assert.equal(size(more!.train, u), size(less!.train, u));
    for (const item of itemsOf(more!.test, u)) assert.ok(has(less!.test, u, item));
  }
  assert.equal(count(more!.test), 8);
  assert.equal(count(less!.test), 40);
});

test('no valid part with a share of 0; a share that is less than one user, one user and the latest are refused', () => {
  const ten = withSizes(Array.from({ length: 10 }, () => 5));
  assert.equal(count(users(ten, { ...spec, ratios: [0.8, 0, 0.2] }).valid), 0);
  const refused = (x: Interactions, more: Partial<SplitSpec>, message: RegExp, code = 'needs-not-met') =>
    assert.throws(() => users(x, { ...spec, ...more }), { code, message });
  refused(ten, { ratios: [0.9, 0.05, 0.05] }, /no user in test: a share of 0.05 of 10 users/);
  refused(ten, { ratios: [0.75, 0.05, 0.2] }, /no user in valid/);
  refused(withSizes([9]), {}, /a share of 0.2 of 1 users/);
  refused(withSizes([1, 1, 1, 1, 1, 1]), {}, /0 users with at least 2 interactions/);
  refused(ten, { holdOut: 'latest' }, /holdOut is latest/, 'usage');
});
