import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { drawByWeight } from './draw-by-weight.js';

const weightsOf = fc
  .array(fc.float({ min: Math.fround(1e-3), max: 1000, noNaN: true }), { minLength: 1, maxLength: 50 })
  .map((list) => Float32Array.from(list));
/** In [0, 1), the largest that `uniform` gives included. */
const startOf = fc.oneof(
  fc.constantFrom(0, 1 - 2 ** -53),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
);

const draw = (weights: Float32Array, start: number): Int32Array => {
  const out = new Int32Array(weights.length).fill(-1);
  drawByWeight(weights, start, out);
  return out;
};

const counts = (drawn: Int32Array): Int32Array => {
  const n = new Int32Array(drawn.length);
  for (const entry of drawn) n[entry]! += 1;
  return n;
};

test('each entry occurs in proportion to its weight, rounded up or down', () => {
  fc.assert(
    fc.property(weightsOf, startOf, (weights, start) => {
      const drawn = draw(weights, start);
      const total = weights.reduce((a, b) => a + b, 0);
      assert.deepEqual(drawn.slice().sort(), drawn, 'ascending');
      for (const [entry, n] of counts(drawn).entries()) {
        const wanted = (weights.length * weights[entry]!) / total;
        // A hair's breadth for rounding where the share is a whole number.
        assert.ok(n >= Math.floor(wanted - 1e-9) && n <= Math.ceil(wanted + 1e-9), `${n} times, wanted ${wanted}`);
      }
    }),
  );
});

test('entries of equal weight come once each, whatever the weight and the start', () => {
  const size = fc.integer({ min: 1, max: 3000 });
  const weight = fc.oneof(
    fc.constantFrom(1, 0.1, 3, 1e-30, 1e30),
    fc.float({ min: Math.fround(1e-3), max: 1000, noNaN: true }),
  );
  fc.assert(
    fc.property(size, weight, startOf, (n, w, start) => {
      assert.deepEqual(
        draw(new Float32Array(n).fill(w), start),
        Int32Array.from({ length: n }, (_, k) => k),
      );
    }),
  );
});

test('over evenly spread starts the mean count of an entry is exactly its share', () => {
  // Shares of 4 draws: 0.5, 2, 0.25, 1.25.
  const weights = Float32Array.of(2, 8, 1, 5);
  const sums = new Float64Array(4);
  for (let s = 0; s < 64; s++) for (const [entry, n] of counts(draw(weights, s / 64)).entries()) sums[entry]! += n / 64;
  assert.deepEqual([...sums], [0.5, 2, 0.25, 1.25]);
});
