import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lambdaRank } from './lambda-rank.js';

const near = (actual: number, expected: number, allowed = 1e-10) =>
  assert.ok(Math.abs(actual - expected) <= allowed, `${actual} is not within ${allowed} of ${expected}`);

const lossOf = (scores: readonly number[], labels: readonly number[]) => {
  const gradient = new Float64Array(scores.length + 1).fill(7);
  const { loss, pairs } = lambdaRank(Float64Array.from(scores), labels, gradient, scores.length);
  assert.equal(gradient[scores.length], 7);
  return { loss, pairs, gradient: [...gradient.subarray(0, scores.length)] };
};

test('the weight of a pair is the difference of the reciprocal ranks', () => {
  const { loss, pairs, gradient } = lossOf([1, 3, 2], [1, 0, 0]);
  // Ranks 3, 1, 2: pairs (0, 1) and (0, 2).
  near(loss, (1 - 1 / 3) * Math.log1p(Math.exp(2)) + (1 / 2 - 1 / 3) * Math.log1p(Math.exp(1)));
  assert.equal(pairs, 2);
  near(
    gradient.reduce((a, b) => a + b, 0),
    0,
  );
});

test('equal labels make no pair, padding none and no rank', () => {
  assert.deepEqual(lossOf([1, 2], [0.5, 0.5]), { loss: 0, pairs: 0, gradient: [0, 0] });
  const [with9, without] = [lossOf([1, 9, 2], [0, -1, 1]), lossOf([1, 2], [0, 1])];
  assert.deepEqual([with9.loss, with9.pairs, with9.gradient[1]], [without.loss, 1, 0]);
  assert.deepEqual(lossOf([], []), { loss: 0, pairs: 0, gradient: [] });
});

test('the gradient is the derivative as long as the order does not change', () => {
  const rows = fc.array(
    fc.record({ s: fc.integer({ min: -20, max: 20 }), y: fc.constantFrom(-1, -0.5, -0.25, 0, 0.5, 1) }),
    {
      maxLength: 8,
    },
  );
  fc.assert(
    fc.property(rows, (given) => {
      // Scores apart from each other, so that a small step leaves ranks alone.
      const scores = given.map(({ s }, at) => s / 5 + at * 1e-3);
      const labels = given.map(({ y }) => y);
      const { gradient } = lossOf(scores, labels);
      scores.forEach((s, k) => {
        const at = (x: number) => lossOf(scores.with(k, x), labels).loss;
        near(gradient[k]!, (at(s + 1e-5) - at(s - 1e-5)) / 2e-5, 1e-6);
      });
    }),
  );
});

test('ties go to the first item; large scores are finite; NaN gives NaN', () => {
  near(lossOf([0, 0], [0, 1]).loss, 0.5 * Math.log(2));
  near(lossOf([-1e6, 1e6], [1, 0]).loss, 1e6);
  assert.ok(Number.isNaN(lossOf([0, Number.NaN], [1, 0]).loss));
});
