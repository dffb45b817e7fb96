import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agree, put, putInts, wholes } from './_agree.test.js';
import type { Kernels } from './_kernels.js';
import { createKernels } from './create.js';

/** Small whole numbers: sums of their products are exact in float32. */
const exact = (seed: number, n: number) => wholes(seed, n, 33).map((x) => x - 16);

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  n: fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 2, max: 1500 })),
  rows: fc.integer({ min: 1, max: 40 }),
  columns: fc.integer({ min: 1, max: 200 }),
  dim: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 33)),
});

test('dotPairs and accumulate are exact on whole numbers: any shape, also without pairs', () => {
  fc.assert(
    fc.property(shapes, ({ seed, n, rows, columns, dim }) => {
      const run = (k: Kernels) => {
        const [a, b] = [put(k, exact(seed, rows * dim)), put(k, exact(seed + 1, columns * dim))];
        const [at, of] = [putInts(k, wholes(seed + 2, n, rows)), putInts(k, wholes(seed + 3, n, columns))];
        const [out, weights] = [k.floats(n), put(k, exact(seed + 4, n))];
        k.dotPairs(a, b, dim, at, of, out, n);
        k.accumulate(a, at, b, of, weights, dim, n);
        const results = { out: out.slice(), target: a.slice() };
        k.free(a, b, at, of, out, weights);
        return results;
      };
      agree(run);
    }),
    { numRuns: 60 },
  );
});

test('accumulate without pairs changes nothing, whatever an earlier call left in memory', () => {
  const k = createKernels({ threads: 1, memoryLimit: 2 ** 24 });
  const junk = k.ints(100_000).fill(7);
  const target = k.floats(64);
  k.free(junk);
  const empty = k.ints(0);
  k.accumulate(target, empty, target, empty, k.floats(0), 4, 0);
  assert.ok(target.every((x) => x === 0));
  k.close();
});
