import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agree, numbers, put, putInts, wholes } from '../_agree.test.js';
import { createReferenceKernels } from '../create.js';
import { freeRows, takeRows } from '../rows.js';
import { TILE } from './layout.js';
import { placeOf, symmetricLength, takeSymmetric } from './symmetric.js';

test('every element of the lower triangle has a place of its own, and its mirror image the same', () => {
  const n = 2 * TILE + 3;
  const seen = new Set<number>();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      seen.add(placeOf(i, j));
      assert.equal(placeOf(j, i), placeOf(i, j));
    }
  }
  assert.equal(seen.size, (n * (n + 1)) / 2);
  assert.ok(Math.max(...[...seen].slice(-n)) < symmetricLength(n));
  // A whole matrix of this size would take 9 tiles, its lower triangle takes 6.
  assert.equal(symmetricLength(n), 6 * TILE * TILE);
});

test('sumRows agrees on any size: rows of no, one and many names, chosen in any order and more than once', () => {
  const shapes = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    n: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(TILE, TILE + 1, 2 * TILE + 10)),
    rows: fc.integer({ min: 1, max: 12 }),
    chosen: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(40)),
    weighted: fc.boolean(),
  });
  fc.assert(
    fc.property(shapes, ({ seed, n, rows, chosen, weighted }) => {
      const lists = Array.from({ length: rows }, (_, r) =>
        [...new Set(wholes(seed + r, r * 2, n))].sort((a, b) => a - b),
      );
      const indptr = Int32Array.from([0, ...lists.map((_, r) => lists.slice(0, r + 1).flat().length)]);
      const weights = weighted ? numbers(seed + 50, indptr[rows]!).map((x) => Math.exp(x)) : undefined;
      const elements = numbers(seed, n * n);
      const value = (i: number, j: number) => elements[Math.max(i, j) * n + Math.min(i, j)]!;
      const picked = wholes(seed + 99, chosen, rows);
      const { out } = agree(
        (k) => {
          const a = takeSymmetric(k, n);
          for (let i = 0; i < n; i++) {
            for (let j = 0; j < n; j++) {
              // The place of (i, j) itself in a tile on the diagonal; else that of the lower triangle.
              const near = Math.floor(i / TILE) === Math.floor(j / TILE);
              a.values[near ? placeOf(i, i) - (i % TILE) + (j % TILE) : placeOf(i, j)] = value(i, j);
            }
          }
          const taken = takeRows(k, { columns: n, indptr, indices: Int32Array.from(lists.flat()) }, weights);
          // One number more than needed: it must stay as it was.
          const [users, sums] = [putInts(k, picked), put(k, new Float32Array(chosen * n + 1).fill(5))];
          k.sumRows(taken, users, a, sums);
          const copy = sums.slice();
          freeRows(k, taken);
          k.free(a.values, users, sums);
          return { out: copy };
        },
        { out: 2e-6 },
      );
      for (let r = 0; r < chosen; r++) {
        const [own, j] = [lists[picked[r]!]!, (r * 7) % n];
        const weight = (e: number) => weights?.[indptr[picked[r]!]! + e] ?? 1;
        const sum = own.reduce((total, i, e) => total + weight(e) * value(i, j), 0);
        assert.ok(Math.abs(out![r * n + j]! - sum) < 1e-9);
      }
    }),
    { numRuns: 40 },
  );
});

test('sumRows of the identity by its own rows is the sparse rows themselves', () => {
  const k = createReferenceKernels();
  const a = takeSymmetric(k, 3);
  for (let i = 0; i < 3; i++) a.values[placeOf(i, i)] = 1;
  const rows = takeRows(k, { columns: 3, indptr: Int32Array.of(0, 2, 2, 3), indices: Int32Array.of(0, 2, 1) });
  const out = k.floats(9).fill(9);
  k.sumRows(rows, Int32Array.of(2, 1, 0), a, out);
  assert.deepEqual([...out], [0, 1, 0, 0, 0, 0, 1, 0, 1]);
});
