import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { approximateRank, dynamicWeight, positionWeights, weightedPositives } from './rd.js';

const near = (actual: number, expected: number, allowed = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= allowed, `${actual} is not within ${allowed} of ${expected}`);

test('static weights fall by e^(-1 / temperature) and sum to 1, at any temperature', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.double({ min: 1e-4, max: 1e4, noNaN: true }), (n, temperature) => {
      const w = positionWeights(n, temperature);
      near(
        w.reduce((a, b) => a + b, 0),
        1,
      );
      for (let k = 1; k < n; k++) near(w[k]!, w[k - 1]! * Math.exp(-1 / temperature));
    }),
  );
});

test('the rank follows from the share of samples above; equal ones are not above', () => {
  const samples = Float64Array.of(3, 1, 2, 2);
  assert.deepEqual(
    [4, 2.5, 2, 1, 0].map((s) => approximateRank(s, samples, 11)),
    [0, 2, 2, 7, 10],
  );
  assert.equal(approximateRank(0, new Float64Array(0), 11), 0);
});

test('an item that is ranked high enough has no loss', () => {
  assert.deepEqual([dynamicWeight(2, 2, 0.5), dynamicWeight(0, 4, 0.5)], [0, 0]);
  near(dynamicWeight(5, 2, 0.5), Math.tanh(1.5));
});

test('the loss of positives is weighted, and the gradient its slope', () => {
  const numbers = fc.array(
    fc.tuple(fc.double({ min: -20, max: 20, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true })),
  );
  fc.assert(
    fc.property(numbers, (given) => {
      const [scores, weights] = [given.map(([s]) => s), given.map(([, w]) => w)];
      const lossOf = (x: readonly number[]) => {
        const gradient = new Float64Array(x.length);
        return { loss: weightedPositives(Float64Array.from(x), weights, gradient, x.length), gradient };
      };
      const { loss, gradient } = lossOf(scores);
      near(
        loss,
        scores.reduce((sum, s, k) => sum + weights[k]! * Math.log(1 + Math.exp(-s)), 0),
        1e-9,
      );
      scores.forEach((s, k) => {
        const at = (x: number) => lossOf(scores.with(k, x)).loss;
        near(gradient[k]!, (at(s + 1e-5) - at(s - 1e-5)) / 2e-5, 1e-6);
      });
    }),
  );
  const gradient = new Float64Array(2);
  assert.equal(weightedPositives(Float64Array.of(-1000, 1000), [2, 2], gradient, 2), 2000);
  assert.deepEqual([...gradient], [-2, -0]);
});
