import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bd } from './bd.js';

const loss = (own: readonly number[], other: readonly number[], temperature: number, lambda: number) => {
  const gradient = new Float64Array(own.length);
  const value = bd(Float64Array.from(own), Float64Array.from(other), temperature, lambda, gradient, own.length);
  return { value, gradient };
};

test('the loss is minimal at the softened scores of the other model, and the gradient matches the loss', () => {
  const other = [-3, 0.5, 8];
  const least = loss(
    other.map((z) => z / 4),
    other,
    4,
    1,
  );
  assert.ok(least.gradient.every((g) => Math.abs(g) < 1e-15));
  const [own, h] = [[1, -2, 0.25], 1e-6];
  const { gradient } = loss(own, other, 4, 0.3);
  own.forEach((z, k) => {
    const at = (x: number) => loss(own.with(k, x), other, 4, 0.3).value;
    assert.ok(Math.abs((at(z + h) - at(z - h)) / (2 * h) - gradient[k]!) < 1e-8);
  });
});

test('only the first n scores are used, the gradient can overwrite the scores, and large scores stay finite', () => {
  const own = Float64Array.of(1000, -1000, 5);
  const value = bd(own, Float64Array.of(-1000, 1000, 1), 1, 0.5, own, 2);
  assert.deepEqual([value, ...own], [1000, 0.5, -0.5, 5]);
});

test('lambda weighs loss and gradient alike', () => {
  const [one, half] = [1, 0.5].map((lambda) => loss([0.3, -1], [2, 2], 2, lambda));
  assert.equal(half!.value, one!.value / 2);
  assert.deepEqual(
    half!.gradient,
    one!.gradient.map((g) => g / 2),
  );
});
