import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normalUpperTail, studentUpperTail } from './distributions.js';

/** [t, df, P(T >= t)], from mpmath 1.3 with 60 digits (regularized incomplete beta function). */
const student = [
  [0.001, 3, 0.49963244748473046],
  [1, 2, 0.2113248654051871],
  [1.3, 5000, 0.09683044680936032],
  [2, 2, 0.09175170953613698],
  [1.73, 39, 0.04576901320937286],
  [2.5, 11, 0.014753187043682094],
  [5, 4, 0.003745216940637262],
  [8, 199, 5.030730029388484e-14],
  [12, 19, 1.2954473186110996e-10],
  [30, 5000, 2.845829058930851e-182],
  [36, 5218, 5.392181993464098e-254],
  [3, 1_000_000, 0.0013499312707108985],
] as const;

/** [z, P(Z >= z)], from mpmath 1.3 with 60 digits (erfc). */
const normal = [
  [0.0001, 0.4999601057720263],
  [0.5, 0.3085375387259869],
  [1.96, 0.024997895148220435],
  [2, 0.02275013194817921],
  [2.1, 0.017864420562816556],
  [5, 2.866515718791939e-7],
  [8, 6.220960574271784e-16],
  [12, 1.776482112077679e-33],
  [20, 2.7536241186062337e-89],
  [37, 5.725571222524577e-300],
] as const;

function near(got: number, expected: number, relative: number): void {
  assert.ok(Math.abs(got - expected) <= relative * expected, `got ${got}, expected ${expected}`);
}

describe('upper tail of the t distribution', () => {
  for (const [t, df, tail] of student) {
    it(`t = ${t}, df = ${df}`, () => near(studentUpperTail(t, df), tail, df > 50_000 ? 1e-10 : 1e-12));
  }

  it('with one degree of freedom is that of the Cauchy distribution', () => {
    for (const t of [0.01, 0.3, 1, 4, 50]) near(studentUpperTail(t, 1), Math.atan(1 / t) / Math.PI, 1e-13);
  });

  it('is 1 minus the other tail', () => {
    for (const t of [0, 0.7, 3]) near(studentUpperTail(-t, 7), 1 - studentUpperTail(t, 7), 1e-15);
  });

  it('is 0 at the end, and NaN if it is not defined', () => {
    assert.equal(studentUpperTail(Number.POSITIVE_INFINITY, 5), 0);
    assert.equal(studentUpperTail(Number.NEGATIVE_INFINITY, 5), 1);
    assert.equal(studentUpperTail(1e200, 5), 0);
    assert.equal(studentUpperTail(0, 5), 0.5);
    assert.ok(Number.isNaN(studentUpperTail(Number.NaN, 5)));
    assert.ok(Number.isNaN(studentUpperTail(1, 0)));
  });
});

describe('upper tail of the normal distribution', () => {
  for (const [z, tail] of normal) it(`z = ${z}`, () => near(normalUpperTail(z), tail, 1e-13));

  it('is 1 minus the other tail, ends at 0, and is NaN for NaN', () => {
    near(normalUpperTail(-1.5), 1 - normalUpperTail(1.5), 1e-15);
    assert.equal(normalUpperTail(0), 0.5);
    assert.equal(normalUpperTail(Number.POSITIVE_INFINITY), 0);
    assert.ok(Number.isNaN(normalUpperTail(Number.NaN)));
  });
});
