import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, quantile, summarise } from './statistics.js';

test('quantiles interpolate between neighbours and leave the input alone', () => {
  const values = [30, 10, 20, 40];
  assert.equal(median(values), 25);
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(quantile(values, 0.25), 17.5);
  assert.equal(quantile(values, 0), 10);
  assert.equal(quantile(values, 1), 40);
  assert.deepEqual(values, [30, 10, 20, 40]);
  assert.throws(() => median([]), RangeError);
});

test('a summary holds median, extremes and the distance of the quartiles', () => {
  assert.deepEqual(summarise([30, 10, 20, 40, 50]), { medianMs: 30, minMs: 10, maxMs: 50, iqrMs: 20, rounds: 5 });
});
