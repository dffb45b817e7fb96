import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runSync } from '../progress.js';
import { fromPairs, type Interactions } from './interactions.js';
import { createMerger, type MergeSpec } from './merge-rows.js';

interface Rows {
  readonly users: ArrayLike<number>;
  readonly items: ArrayLike<number>;
  readonly times?: ArrayLike<number>;
  readonly weights?: ArrayLike<number>;
}

function merge(nUsers: number, nItems: number, { users, items, times, weights }: Rows, how: MergeSpec['weights']) {
  const userRows = new Int32Array(nUsers);
  for (let k = 0; k < users.length; k++) userRows[users[k]!]! += 1;
  const merger = createMerger({ nUsers, nItems, userRows, timed: times !== undefined, weights: how });
  for (let k = 0; k < users.length; k++) merger.add(users[k]!, items[k]!, times?.[k] ?? 0, weights?.[k] ?? 1);
  return runSync(merger.merging());
}

const plain = ({ indptr, indices, times, weights }: Interactions) =>
  [indptr, indices, times, weights].map((x) => x && [...x]);

test('rows in any order become what fromPairs makes of them', () => {
  const row = fc.tuple(fc.nat(6), fc.nat(8), fc.nat(40), fc.constantFrom(0.1, 0.7, 1, 3e5));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 80 }), fc.boolean(), (rows, timed) => {
      const of = (column: 0 | 1 | 2 | 3) => rows.map((r) => r[column]);
      const given = { users: of(0), items: of(1), ...(timed ? { times: of(2) } : {}) };
      assert.deepEqual(
        plain(merge(7, 9, given, 'none')),
        plain(fromPairs(7, 9, given.users, given.items, given.times)),
      );
      const ones = of(3).map(() => 1);
      assert.deepEqual(
        plain(merge(7, 9, given, 'rows')),
        plain(fromPairs(7, 9, given.users, given.items, given.times, ones)),
      );
      const weighted = { ...given, weights: of(3) };
      assert.deepEqual(
        plain(merge(7, 9, weighted, 'given')),
        plain(fromPairs(7, 9, given.users, given.items, given.times, weighted.weights)),
      );
    }),
  );
});

test('so many rows that the loops are compiled while they run', () => {
  const [nUsers, nItems, n] = [50_000, 20_000, 1_000_000];
  const users = Int32Array.from({ length: n }, (_, k) => (k * 7919) % nUsers);
  const items = Int32Array.from({ length: n }, (_, k) => (k * 31 + (k >> 3)) % nItems);
  const expected = fromPairs(nUsers, nItems, users, items);
  const found = merge(nUsers, nItems, { users, items }, 'none');
  assert.equal(Buffer.compare(Buffer.from(found.indptr.buffer), Buffer.from(expected.indptr.buffer)), 0);
  assert.ok(
    found.indices.length === expected.indices.length && found.indices.every((i, k) => i === expected.indices[k]),
  );
});

test('a summed weight that float32 cannot hold is refused', () => {
  const rows = { users: [0, 1, 1], items: [0, 2, 2], weights: [1, 3e38, 3e38] };
  assert.throws(() => merge(2, 3, rows, 'given'), {
    code: 'bad-data',
    message: /weight of item 2 of user 1 .* is 6e\+38/,
  });
});
