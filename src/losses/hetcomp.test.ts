import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type HetcompRow, hetcompLoss } from './hetcomp.js';

const near = (actual: number, expected: number, allowed = 1e-12) =>
  assert.ok(Math.abs(actual - expected) <= allowed, `${actual} is not within ${allowed} of ${expected}`);

const lossOf = (scores: readonly number[], row: HetcompRow): { loss: number; gradient: Float64Array } => {
  const gradient = new Float64Array(scores.length).fill(7);
  return { loss: hetcompLoss(scores, row, gradient), gradient };
};

const phase = fc.constantFrom('overall' as const, 'fine' as const);
const formulas = fc.constantFrom('published' as const, 'exact' as const);

test('the overall loss of equal scores counts items', () => {
  const row = { observed: [0], ranked: [2, 3], train: [0, 1], phase: 'overall', formulas: 'exact' } as const;
  const { loss, gradient } = lossOf([0, 0, 0, 0, 0, 0, 0], row);
  // Three items against themselves and the four that remain (4, 5, 6 and none of 0..3): log(1 + 3) each.
  near(loss, 3 * Math.log(4));
  for (const [k, expected] of [-0.75, 0, -0.75, -0.75, 0.75, 0.75, 0.75].entries()) near(gradient[k]!, expected);
});

test('the fine loss is Plackett-Luce over the first half and the first tenth of ranked', () => {
  const scores = Array.from({ length: 30 }, (_, i) => Math.sin(i));
  const ranked = Array.from({ length: 20 }, (_, k) => k + 5);
  const train = [0, 1, 2];
  const observed = [2, 0];
  const e = scores.map(Math.exp);
  const plackettLuce = (list: readonly number[], taught: readonly number[]) => {
    let rest = 0;
    for (let i = 0; i < 30; i++) if (!train.includes(i) && !taught.includes(i)) rest += e[i]!;
    return list.reduce((sum, _, k) => {
      const own = list.slice(k).reduce((s, i) => s + e[i]!, 0);
      return sum + Math.log((own + rest) / e[list[k]!]!);
    }, 0);
  };
  const half = ranked.slice(0, 10);
  const tenth = ranked.slice(0, 2);
  const expected = plackettLuce(observed, half) + (plackettLuce(half, half) + plackettLuce(tenth, tenth)) / 2;
  const row = { observed, ranked, train, phase: 'fine' as const };
  near(lossOf(scores, { ...row, formulas: 'exact' }).loss, expected);
  near(lossOf(scores, { ...row, formulas: 'published' }).loss, expected);
  // Filling changes nothing, and a list that ends early is taught as deep as K says.
  const filled = { ...row, ranked: [...ranked, -1, -1], observed: [2, 0, -1], topK: 20, formulas: 'exact' as const };
  near(lossOf(scores, filled).loss, expected);
  const short = { ...row, ranked: [...ranked.slice(0, 7), ...Array(13).fill(-1)], formulas: 'exact' as const };
  const seven = ranked.slice(0, 7);
  near(
    lossOf(scores, short).loss,
    plackettLuce(observed, seven) + (plackettLuce(seven, seven) + plackettLuce(tenth, tenth)) / 2,
  );
});

const row = fc.record({ nItems: fc.integer({ min: 1, max: 30 }), phase, formulas }).chain(({ nItems, ...rest }) =>
  fc.record({
    scores: fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: nItems, maxLength: nItems }),
    observed: fc.array(fc.nat(nItems - 1), { maxLength: 6 }),
    ranked: fc.array(fc.nat(nItems - 1), { maxLength: 25 }),
    train: fc.uniqueArray(fc.nat(nItems - 1), { maxLength: nItems }).map((ids) => ids.sort((a, b) => a - b)),
    phase: fc.constant(rest.phase),
    formulas: fc.constant(rest.formulas),
  }),
);

test('the gradient is the derivative', () => {
  fc.assert(
    fc.property(row, ({ scores, ...rest }) => {
      const { gradient } = lossOf(scores, rest);
      const step = 1e-5;
      for (let i = 0; i < scores.length; i++) {
        const at = (x: number) => lossOf(scores.with(i, scores[i]! + x), rest).loss;
        near(gradient[i]!, (at(step) - at(-step)) / (2 * step), 1e-6);
      }
    }),
  );
});

test('both formulas agree away from the clamps, and a constant added to all scores has no effect', () => {
  fc.assert(
    fc.property(row, fc.double({ min: -1e4, max: 1e4, noNaN: true }), ({ scores, ...rest }, shift) => {
      const exact = lossOf(scores, { ...rest, formulas: 'exact' });
      const published = lossOf(scores, { ...rest, formulas: 'published' });
      near(published.loss, exact.loss, 1e-11);
      for (const [k, g] of published.gradient.entries()) near(g, exact.gradient[k]!, 1e-11);
      const moved = lossOf(
        scores.map((s) => s + shift),
        { ...rest, formulas: 'exact' },
      );
      near(moved.loss, exact.loss, 1e-8);
    }),
  );
});

test('a clamped score and a denominator at its floor pass no gradient', () => {
  const lists = { observed: [0], ranked: [1], train: [0], phase: 'overall', formulas: 'published' } as const;
  const clamped = lossOf([50, 60, -3, -70], lists);
  near(clamped.loss, 2 * Math.log1p((Math.exp(-3) + Math.exp(-40)) / Math.exp(40)));
  assert.deepEqual([clamped.gradient[0], clamped.gradient[1], clamped.gradient[3]], [0, 0, 0]);
  const floored = lossOf([-20, -20, -20, -20], lists);
  near(floored.loss, 2 * (Math.log(1e-5) + 20));
  assert.deepEqual(Array.from(floored.gradient), [-1, -1, 0, 0]);
});

test('exact formulas are finite for any finite scores, and NaN shows in the loss', () => {
  const lists = { observed: [0], ranked: [1, 2], train: [0], phase: 'overall', formulas: 'exact' } as const;
  const { loss, gradient } = lossOf([-1e6, 3e5, -2e5, 1e6], lists);
  near(loss, 2e6 + 7e5 + 1.2e6, 1e-6);
  for (const [k, expected] of [-1, -1, -1, 3].entries()) near(gradient[k]!, expected, 1e-9);
  assert.ok(Number.isNaN(lossOf([0, 0, Number.NaN, 0], lists).loss));
});
