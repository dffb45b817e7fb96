import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { pairedT, wilcoxonSignedRank } from './significance.js';

const near = (got: number, expected: number, relative = 1e-12): void =>
  assert.ok(Math.abs(got - expected) <= relative * Math.abs(expected), `got ${got}, expected ${expected}`);

const zeros = (n: number): number[] => new Array<number>(n).fill(0);

describe('pairedT', () => {
  it('follows the formula', () => {
    const { t, df, meanDifference, sdDifference, dz, pTwoSided } = pairedT([3, 5, 4, 8], [1, 2, 4, 3]);
    // d = 2, 3, 0, 5: mean 2.5, squared deviations 0.25 + 0.25 + 6.25 + 6.25 = 13.
    assert.equal(meanDifference, 2.5);
    assert.equal(df, 3);
    near(sdDifference, Math.sqrt(13 / 3));
    near(t, 2.5 / Math.sqrt(13 / 12));
    near(dz, t / 2);
    // Closed form of the t distribution with 3 degrees of freedom.
    const angle = Math.atan(t / Math.sqrt(3));
    near(pTwoSided, 1 - (2 / Math.PI) * (angle + Math.sin(angle) * Math.cos(angle)), 1e-10);
  });

  it('has tails that add up, and turns round with its arguments', () => {
    const a = [0.3, 0.1, 0.9, 0.4, 0.6];
    const b = [0.2, 0.4, 0.5, 0.4, 0.1];
    const forth = pairedT(a, b);
    const back = pairedT(b, a);
    near(forth.pGreater + forth.pLess, 1);
    near(forth.pTwoSided, 2 * Math.min(forth.pGreater, forth.pLess));
    assert.equal(back.t, -forth.t);
    assert.equal(back.pLess, forth.pGreater);
  });

  it('keeps a p-value above 0 for t = 30 over thousands of users', () => {
    const d = Array.from({ length: 5001 }, (_, j) => (j % 2 === 0 ? 1 : -1) + 0.4243);
    const { t, pTwoSided } = pairedT(d, zeros(5001));
    assert.ok(t > 29.9 && t < 30.2);
    assert.ok(pTwoSided > 1e-185 && pTwoSided < 1e-175, `p = ${pTwoSided}`);
  });

  it('is not defined for equal values or a single user', () => {
    for (const { t, pTwoSided, dz } of [pairedT([1, 2, 3], [1, 2, 3]), pairedT([1], [2])]) {
      assert.ok(Number.isNaN(t) && Number.isNaN(pTwoSided) && Number.isNaN(dz));
    }
  });

  it('has p = 0 if all differences are equal', () => {
    const { t, pTwoSided, pGreater, pLess } = pairedT([2, 3, 4], [1, 2, 3]);
    assert.deepEqual([t, pTwoSided, pGreater, pLess], [Number.POSITIVE_INFINITY, 0, 0, 1]);
  });

  it('refuses values that are not paired or not finite', () => {
    assert.throws(() => pairedT([1, 2], [1]), { code: 'needs-not-met', message: /2 and 1 values/ });
    assert.throws(() => pairedT([1, Number.NaN], [1, 2]), {
      code: 'needs-not-met',
      message: /NaN and 2 at position 1/,
    });
  });
});

/** P(W >= w) by trying all 2^n signs. */
function enumerated(n: number, w: number): number {
  let reached = 0;
  for (let signs = 0; signs < 2 ** n; signs++) {
    let sum = 0;
    for (let rank = 1; rank <= n; rank++) if (signs & (1 << (rank - 1))) sum += rank;
    if (sum >= w) reached += 1;
  }
  return reached / 2 ** n;
}

describe('wilcoxonSignedRank', () => {
  it('has the exact distribution of all signs', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }), (signs) => {
        const d = signs.map((up, j) => (up ? j + 1 : -(j + 1)));
        const { plus, minus, statistic, p, pExact, pExactGreater } = wilcoxonSignedRank(d, zeros(d.length));
        assert.equal(
          plus,
          d.filter((x) => x > 0).reduce((a, b) => a + b, 0),
        );
        assert.equal(statistic, Math.min(plus, minus));
        assert.equal(pExactGreater, enumerated(d.length, plus));
        assert.equal(pExact, Math.min(1, 2 * enumerated(d.length, Math.max(plus, minus))));
        assert.equal(p, pExact);
      }),
      { numRuns: 60 },
    );
  });

  it('drops zeros, shares the ranks of ties, and then reports the continuity-corrected p', () => {
    // |d| = 1, 1, 1, 2, 2 -> ranks 2, 2, 2, 4.5, 4.5; one zero dropped.
    const got = wilcoxonSignedRank([1, -1, 1, 2, 2, 0], zeros(6));
    assert.deepEqual([got.plus, got.minus, got.nonzero], [13, 2, 5]);
    assert.ok(Number.isNaN(got.pExact) && Number.isNaN(got.pExactGreater));
    assert.equal(got.p, got.pContinuity);
    assert.ok(got.pContinuity > got.pAsymptotic);
  });

  it('takes differences for tied that are equal on paper and differ by rounding', () => {
    assert.notEqual(0.9 - 0.8, 0.1);
    const { plus, minus } = wilcoxonSignedRank([0.9, 0.3, 0.7], [0.8, 0.4, 0.2]);
    assert.deepEqual([plus, minus], [1.5 + 3, 1.5]);
  });

  it('is exact up to 50 differences', () => {
    const ramp = (n: number): number[] => Array.from({ length: n }, (_, j) => j + 1);
    near(wilcoxonSignedRank(ramp(50), zeros(50)).pExact, 2 ** -49);
    assert.ok(Number.isNaN(wilcoxonSignedRank(ramp(51), zeros(51)).pExact));
  });

  it('is not defined if no user differs', () => {
    const { nonzero, p } = wilcoxonSignedRank([1, 2], [1, 2]);
    assert.equal(nonzero, 0);
    assert.ok(Number.isNaN(p));
  });

  it('refuses values that are not paired', () => {
    assert.throws(() => wilcoxonSignedRank([1], []), { code: 'needs-not-met' });
  });
});
