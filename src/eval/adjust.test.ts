import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { benjaminiHochberg, bonferroni, holm } from './adjust.js';

const near = (got: ArrayLike<number>, expected: readonly number[]): void => {
  assert.equal(got.length, expected.length);
  for (const [k, e] of expected.entries()) {
    assert.ok(Math.abs(got[k]! - e) < 1e-15, `entry ${k}: ${got[k]}, expected ${e}`);
  }
};

describe('adjusted p-values', () => {
  const p = [0.04, 0.01, 0.03, 0.6];

  it('of Holm', () => near(holm(p), [0.09, 0.04, 0.09, 0.6]));
  it('of Benjamini and Hochberg', () => near(benjaminiHochberg(p), [0.16 / 3, 0.04, 0.16 / 3, 0.6]));
  it('of Bonferroni', () => near(bonferroni(p), [0.16, 0.04, 0.12, 1]));

  it('lie between p and Bonferroni, keep the order, and Benjamini-Hochberg is never above Holm', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (given) => {
        const h = holm(given);
        const bh = benjaminiHochberg(given);
        const most = bonferroni(given);
        for (const [k, x] of given.entries()) {
          assert.ok(x <= bh[k]! * (1 + 1e-12) && bh[k]! <= h[k]! * (1 + 1e-12) && h[k]! <= most[k]!);
          for (const [j, y] of given.entries()) assert.ok(x > y || (h[k]! <= h[j]! && bh[k]! <= bh[j]!));
        }
      }),
    );
  });

  it('leave out tests that were not defined', () => {
    for (const adjust of [holm, benjaminiHochberg, bonferroni]) {
      const got = adjust([0.02, Number.NaN, 0.5]);
      assert.ok(Number.isNaN(got[1]));
      near(Float64Array.of(got[0]!, got[2]!), Array.from(adjust([0.02, 0.5])));
    }
  });
});
