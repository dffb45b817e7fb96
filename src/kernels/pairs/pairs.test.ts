import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { agree, numbers, put, putInts, wholes } from '../_agree.test.js';
import { createKernels } from '../create.js';

interface Shape {
  readonly seed: number;
  readonly rows: number;
  readonly columns: number;
  readonly dim: number;
  readonly n: number;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
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

/** Operands of `accumulate`. A third of the entries go to one row. */
const entries = ({ seed, rows, columns, dim, n }: Shape) => ({
  target: numbers(seed, rows * dim),
  source: numbers(seed + 1, columns * dim),
  r: wholes(seed + 2, n, rows).map((row, at) => (at % 3 === 0 ? rows - 1 : row)),
  c: wholes(seed + 3, n, columns),
  weights: numbers(seed + 4, n),
});

/** The largest sum of the absolute values of all terms of one number, of two calls. */
function magnitude(shape: Shape): number {
  const { target, source, r, c, weights } = entries(shape);
  const sums = Float64Array.from(target, Math.abs);
  for (let e = 0; e < shape.n; e++)
    for (let d = 0; d < shape.dim; d++)
      sums[r[e]! * shape.dim + d]! += 2 * Math.abs(weights[e]! * source[c[e]! * shape.dim + d]!);
  return sums.reduce((a, b) => Math.max(a, b), 0);
}

/** A unit in the last place of 1, as a 32-bit float. */
const UNIT = 2 ** -23;

test('accumulate agrees on any shape, with rows that are hit never, once and often', () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const { seed, rows, dim, n } = shape;
      agree(
        (k) => {
          const given = entries(shape);
          const [target, source, weights] = [put(k, given.target), put(k, given.source), put(k, given.weights)];
          const [r, c] = [putInts(k, given.r), putInts(k, given.c)];
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
        UNIT * magnitude(shape),
      );
    }),
    // Terms that cancel: the sum of 1,026 is 0.13.
    { numRuns: 50, examples: [[{ seed: 362332, rows: 1, columns: 6, dim: 1, n: 513 }]] },
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
