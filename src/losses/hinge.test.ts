import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hinge } from './hinge.js';

const lossOf = (scores: readonly number[], margin: number) => {
  const gradient = new Float64Array(scores.length).fill(7);
  return { loss: hinge(Float64Array.from(scores), gradient, scores.length / 2, margin), gradient: [...gradient] };
};

test('the loss of a triple is the violation of the margin', () => {
  // Apart by more than the margin, by just the margin, by less, the wrong way round.
  const { loss, gradient } = lossOf([-1, -4, -1, -3, -1, -2, -5, -1], 2);
  assert.equal(loss, 0 + 0 + 1 + 6);
  assert.deepEqual(gradient, [0, 0, 0, 0, -1, 1, -1, 1]);
});

test('the gradient is the derivative away from the kink', () => {
  const score = fc.double({ min: -3, max: 3, noNaN: true });
  fc.assert(
    fc.property(score, score, fc.double({ min: 0.1, max: 2, noNaN: true }), (positive, negative, margin) => {
      fc.pre(Math.abs(margin - positive + negative) > 1e-4);
      const { gradient } = lossOf([positive, negative], margin);
      const h = 1e-5;
      const slope = (at: number) => {
        const moved = (x: number) => lossOf([positive, negative].with(at, [positive, negative][at]! + x), margin).loss;
        return (moved(h) - moved(-h)) / (2 * h);
      };
      for (const at of [0, 1]) assert.ok(Math.abs(gradient[at]! - slope(at)) < 1e-9);
    }),
  );
});

test('NaN shows in the loss', () => {
  assert.ok(Number.isNaN(lossOf([0, 1, Number.NaN, 0], 1).loss));
});
