import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agree, numbers, put, putInts, wholes } from '../_agree.test.js';
import { createKernels } from '../create.js';

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  rows: fc.integer({ min: 1, max: 60 }),
  columns: fc.integer({ min: 1, max: 60 }),
  dim: fc.integer({ min: 1, max: 70 }),
  n: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(512, 513, 3000)),
});

for (const kernel of ['dotPairs', 'distancePairs'] as const)
  test(`${kernel} agrees on any shape`, () => {
    fc.assert(
      fc.property(shapes, ({ seed, rows, columns, dim, n }) => {
        agree(
          (k) => {
            const a = put(k, numbers(seed, rows * dim));
            const b = put(k, numbers(seed + 1, columns * dim));
            const r = putInts(k, wholes(seed + 2, n, rows));
            const c = putInts(k, wholes(seed + 3, n, columns));
            // One place more than asked for: it must stay as it was.
            const out = k.floats(n + 1).fill(5);
            k[kernel](a, b, dim, r, c, out, n);
            const copy = out.slice();
            k.free(a, b, r, c, out);
            return { out: copy };
          },
          { out: 2e-6 },
        );
      }),
      { numRuns: 50 },
    );
  });

test('accumulate agrees on any shape, with rows that are hit never, once and often', () => {
  fc.assert(
    fc.property(shapes, ({ seed, rows, columns, dim, n }) => {
      agree(
        (k) => {
          const target = put(k, numbers(seed, rows * dim));
          const source = put(k, numbers(seed + 1, columns * dim));
          // A third of the entries go to one row.
          const r = putInts(
            k,
            wholes(seed + 2, n, rows).map((row, at) => (at % 3 === 0 ? rows - 1 : row)),
          );
          const c = putInts(k, wholes(seed + 3, n, columns));
          const weights = put(k, numbers(seed + 4, n));
          // Twice: the first call must leave its working memory fit for the second.
          k.accumulate(target, r, source, c, weights, dim, n);
          k.accumulate(target, r, source, c, weights, dim, n);
          const own = put(k, numbers(seed + 5, rows * dim));
          const away = k.floats(rows * dim);
          k.accumulate(away, r, source, c, weights, dim, n, own);
          const copies = { target: target.slice(), away: away.slice() };
          k.free(target, source, r, c, weights, own, away);
          return copies;
        },
        { target: 1e-5, away: 1e-5 },
        // A sum of n terms of random sign, each at most 1.
        Math.sqrt(n),
      );
    }),
    { numRuns: 50 },
  );
});

test('gather agrees on any shape', () => {
  fc.assert(
    fc.property(shapes, ({ seed, rows, dim, n }) => {
      agree((k) => {
        const table = put(k, numbers(seed, rows * dim));
        const picked = putInts(k, wholes(seed + 1, n, rows));
        const out = k.floats(n * dim + 1).fill(5);
        k.gather(table, picked, dim, out, n);
        const copy = out.slice();
        k.free(table, picked, out);
        return { out: copy };
      });
    }),
    { numRuns: 50 },
  );
});

test('accumulate without pairs has no effect, whatever is in memory', () => {
  const k = createKernels({ threads: 1, memoryLimit: 2 ** 24 });
  const junk = k.ints(100_000).fill(1e9);
  const target = k.floats(64);
  k.free(junk);
  const empty = k.ints(0);
  k.accumulate(target, empty, target, empty, k.floats(0), 4, 0);
  assert.ok(target.every((x) => x === 0));
  k.close();
});
