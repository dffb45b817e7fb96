import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plackettLuce } from './plackett-luce.js';

const near = (actual: number, expected: number, allowed = 1e-10) =>
  assert.ok(Math.abs(actual - expected) <= allowed, `${actual} is not within ${allowed} of ${expected}`);

const lossOf = (scores: readonly number[], ranked: number, cap?: number) => {
  const gradient = new Float64Array(scores.length + 1).fill(7);
  const loss = plackettLuce(Float64Array.from(scores), gradient, ranked, scores.length, cap);
  assert.equal(gradient[scores.length], 7);
  return { loss, gradient: gradient.subarray(0, scores.length) };
};

const list = fc
  .array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 12 })
  .chain((scores) => fc.record({ scores: fc.constant(scores), ranked: fc.nat(scores.length) }));

test('the loss is the sum of the choices in order, and the gradient its slope', () => {
  fc.assert(
    fc.property(list, ({ scores, ranked }) => {
      const { loss, gradient } = lossOf(scores, ranked);
      let direct = 0;
      for (let k = 0; k < ranked; k++) {
        const sum = scores.slice(k).reduce((a, s) => a + Math.exp(s), 0);
        direct += Math.log(sum) - scores[k]!;
      }
      near(loss, direct, 1e-9);
      const step = 1e-5;
      scores.forEach((s, k) => {
        const at = (value: number) => lossOf(scores.with(k, value), ranked).loss;
        near(gradient[k]!, (at(s + step) - at(s - step)) / (2 * step), 1e-6);
      });
    }),
  );
});

test('only differences of scores count, however large the scores', () => {
  const [here, there] = [lossOf([1, 3, 2, 0], 2), lossOf([-1e6 + 1, -1e6 + 3, -1e6 + 2, -1e6], 2)];
  near(here.loss, there.loss, 1e-8);
  here.gradient.forEach((g, k) => {
    near(g, there.gradient[k]!, 1e-8);
  });
  const far = lossOf([-2000, 2000, -2000], 2);
  near(far.loss, 4000);
  assert.deepEqual([...far.gradient], [-1, 1, 0]);
});

test('a list that is only ranked, one without any ranked item, an empty one', () => {
  near(lossOf([0, 0, 0], 3).loss, Math.log(3) + Math.log(2));
  assert.deepEqual(lossOf([1, 2], 0), { loss: 0, gradient: Float64Array.of(0, 0) });
  assert.deepEqual(lossOf([], 0), { loss: 0, gradient: new Float64Array(0) });
});

test('above the cap all scores are the same and have no gradient', () => {
  const { loss, gradient } = lossOf([90, 85, 3], 2, 80);
  near(loss, Math.log(2 + Math.exp(-77)) + Math.log1p(Math.exp(-77)));
  assert.deepEqual([...gradient.subarray(0, 2)], [0, 0]);
  assert.ok(lossOf([80, 79], 1, 80).gradient[0]! < 0);
});

test('NaN shows in the loss', () => {
  assert.ok(Number.isNaN(lossOf([0, 1, Number.NaN], 1).loss));
});
