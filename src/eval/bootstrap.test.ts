import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bootstrapMean, bootstrapMeanDifference, bootstrapMeans } from './bootstrap.js';

/** 1000 values with mean 0 and standard deviation 1 / sqrt(3): evenly spread over [-1, 1]. */
const even = Array.from({ length: 1000 }, (_, j) => (2 * j + 1) / 1000 - 1);

describe('bootstrap intervals', () => {
  it('are as wide as the standard error predicts', () => {
    const { low, high } = bootstrapMean(even, { resamples: 4000 });
    const width = 1.96 / Math.sqrt(3 * 1000);
    assert.ok(Math.abs(low + width) < width / 10, `low ${low}, expected about ${-width}`);
    assert.ok(Math.abs(high - width) < width / 10, `high ${high}, expected about ${width}`);
  });

  it('draw every value equally often, for odd and even numbers of users', () => {
    for (const n of [2, 5, 8]) {
      // Column k holds n for user k alone, so that its mean is how often that user was drawn, binomial (n, 1/n);
      // its 5 % quantile is 0, its 95 % quantile 2 for n = 2 and 3 for n = 5 and 8.
      const columns = Array.from({ length: n }, (_, k) => Array.from({ length: n }, (_, j) => (j === k ? n : 0)));
      for (const { low, high } of bootstrapMeans(columns, { resamples: 5000, level: 0.9 })) {
        assert.equal(low, 0);
        assert.equal(high, n === 2 ? 2 : 3);
      }
    }
    assert.deepEqual(bootstrapMean([0.5]), { low: 0.5, high: 0.5 });
  });

  it('depend on the seed only', () => {
    const again = bootstrapMean(even, { seed: 7 });
    assert.deepEqual(bootstrapMean(even, { seed: 7 }), again);
    assert.notDeepEqual(bootstrapMean(even, { seed: 8 }), again);
    assert.deepEqual(bootstrapMeans([even.map((x) => 2 * x), even], { seed: 7 })[1], again);
  });

  it('grow with the level', () => {
    const narrow = bootstrapMean(even, { level: 0.5 });
    const wide = bootstrapMean(even, { level: 0.99 });
    assert.ok(wide.low < narrow.low && narrow.high < wide.high);
  });

  it('of a difference keep the pairs', () => {
    const shifted = even.map((x) => x + 0.25);
    const { low, high } = bootstrapMeanDifference(shifted, even);
    assert.ok(Math.abs(low - 0.25) < 1e-12 && Math.abs(high - 0.25) < 1e-12);
  });

  it('are NaN without users', () => {
    const { low, high } = bootstrapMean([]);
    assert.ok(Number.isNaN(low) && Number.isNaN(high));
  });

  it('refuse options out of range and columns of different lengths', () => {
    for (const resamples of [0, 2.5]) assert.throws(() => bootstrapMean(even, { resamples }), { code: 'bad-option' });
    for (const level of [0, 1, Number.NaN]) assert.throws(() => bootstrapMean(even, { level }), { code: 'bad-option' });
    assert.throws(() => bootstrapMeans([[1], [1, 2]]), { code: 'needs-not-met' });
    assert.throws(() => bootstrapMeanDifference([1], [1, 2]), { code: 'needs-not-met' });
  });
});
