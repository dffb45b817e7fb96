import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Dataset, Interactions } from '../interactions.js';
import { loadRows } from '../load.js';
import type { Row } from '../rows.js';

const rowsOf = (pairs: readonly (readonly [number, number])[]): Row[] =>
  pairs.map(([user, item]) => ({ user: `u${user}`, item: `i${item}` }));

const keys = ({ users, items }: Dataset, x: Interactions): string[] =>
  Array.from({ length: x.nUsers }, (_, u) => u).flatMap((u) =>
    Array.from(x.indices.subarray(x.indptr[u]!, x.indptr[u + 1]!), (i) => `${users.ids[u]} ${items.ids[i]}`),
  );

const dense = Array.from({ length: 40 * 50 }, (_, n) => [n % 40, Math.floor(n / 40)] as const);
const load = (rows: Row[], more: object = {}) => loadRows(rows, { split: 'hash', minUser: 1, ...more });

test('what is held out stays held out when rows are added, and what is in train stays there', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: dense.length, maxLength: dense.length }),
      fc.nat(9),
      (taken, splitSeed) => {
        const some = dense.filter((_, n) => taken[n]);
        fc.pre(some.length > 500);
        const [before, now] = [load(rowsOf(some), { splitSeed }), load(rowsOf(dense), { splitSeed })];
        for (const part of ['train', 'valid', 'test'] as const) {
          const later = new Set(keys(now, now[part]));
          assert.ok(
            keys(before, before[part]).every((key) => later.has(key)),
            part,
          );
        }
      },
    ),
    { numRuns: 20 },
  );
});

test('the shares are met, other seeds hold out others, and the order of rows does not matter', () => {
  const one = load(rowsOf(dense));
  const sizes = [one.train, one.valid, one.test].map((part) => part.indices.length / dense.length);
  for (const [at, share] of [0.6, 0.2, 0.2].entries()) assert.ok(Math.abs(sizes[at]! - share) < 0.04, String(sizes));
  assert.equal(load(rowsOf([...dense].reverse())).fingerprint, one.fingerprint);
  assert.notEqual(load(rowsOf(dense), { splitSeed: 1 }).fingerprint, one.fingerprint);
  assert.equal(load(rowsOf(dense), { ratios: [0.8, 0, 0.2] }).valid.indices.length, 0);
  assert.throws(() => load(rowsOf(dense), { holdOut: 'latest' }), { code: 'usage' });
});

test('held-out interactions of a user without train interactions are dropped, never trained on', () => {
  const few = [...dense, ...Array.from({ length: 60 }, (_, n) => [1000 + n, n % 50] as const)];
  const { train, valid, test: tested, notes } = load(rowsOf(few));
  const size = (x: Interactions, u: number) => x.indptr[u + 1]! - x.indptr[u]!;
  for (let u = 0; u < train.nUsers; u++) assert.ok(size(train, u) > 0 || size(valid, u) + size(tested, u) === 0);
  assert.match(notes.join('\n'), /dropped \d+ valid and test interactions of \d+ users who have no train interactions/);
});
