import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bce } from './bce.js';

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const pairs = fc.array(fc.record({ x: number(-30, 30), t: number(0, 1) }), { maxLength: 20 });

const lossOf = (logits: readonly number[], targets: readonly number[]): { loss: number; gradient: Float64Array } => {
  const gradient = new Float64Array(logits.length + 1).fill(7);
  return { loss: bce(Float64Array.from(logits), Float64Array.from(targets), gradient, logits.length), gradient };
};

test('the loss is the cross-entropy of sigmoid(x), and the gradient its slope', () => {
  fc.assert(
    fc.property(pairs, (given) => {
      const [logits, targets] = [given.map((p) => p.x), given.map((p) => p.t)];
      const { loss, gradient } = lossOf(logits, targets);
      const direct = given.reduce((sum, { x, t }) => {
        return sum + t * Math.log(1 + Math.exp(-x)) + (1 - t) * Math.log(1 + Math.exp(x));
      }, 0);
      assert.ok(Math.abs(loss - direct) <= 1e-12 * (1 + direct) + 1e-11, `${loss}, ${direct}`);
      const step = 1e-5;
      logits.forEach((x, k) => {
        const at = (value: number) => lossOf(logits.with(k, value), targets).loss;
        assert.ok(Math.abs(gradient[k]! - (at(x + step) - at(x - step)) / (2 * step)) < 1e-6);
      });
      assert.equal(gradient[logits.length], 7);
    }),
  );
});

test('far logits neither overflow nor vanish, and NaN shows in the loss', () => {
  const { loss, gradient } = lossOf([1000, -1000, 1000, -1000], [1, 0, 0, 1]);
  assert.equal(loss, 2000);
  assert.deepEqual([...gradient.subarray(0, 4)], [0, 0, 1, -1]);
  assert.ok(Number.isNaN(lossOf([Number.NaN], [1]).loss));
});
