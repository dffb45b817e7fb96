import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hetcompLoss, type SampledHetcompRow, sampledHetcompLoss } from './index.js';

const near = (actual: number, expected: number, allowed: number, what = '') =>
  assert.ok(Math.abs(actual - expected) <= allowed, `${what}: ${actual} is not within ${allowed} of ${expected}`);

const lossOf = (scores: readonly number[], row: SampledHetcompRow) => {
  const gradient = new Float64Array(scores.length).fill(7);
  return { loss: sampledHetcompLoss(Float64Array.from(scores), row, gradient), gradient };
};

const phase = fc.constantFrom('overall' as const, 'fine' as const);
const sizes = fc.record({
  phase,
  observed: fc.integer({ min: 0, max: 4 }),
  ranked: fc.integer({ min: 0, max: 25 }),
  drawn: fc.integer({ min: 0, max: 12 }),
  topK: fc.constantFrom(1, 10, 20, 25, 40),
});
const scoresOf = (n: number) =>
  fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: n, maxLength: n }).map((s) => s.map(Math.fround));
const cases = sizes.chain((size) =>
  scoresOf(size.observed + size.ranked + size.drawn).map((scores) => ({ ...size, scores })),
);

test('if all remaining items are sampled, loss and gradient are those of the whole catalogue', () => {
  fc.assert(
    fc.property(cases, ({ scores, phase, observed, ranked, drawn, topK }) => {
      const row = { observed, ranked, remainder: drawn, phase, topK };
      const got = lossOf(scores, row);
      const ids = scores.map((_, i) => i);
      const own = ids.slice(0, observed);
      const full = { observed: own, train: own, ranked: ids.slice(observed, observed + ranked) };
      const gradient = new Float64Array(scores.length);
      const expected = hetcompLoss(scores, { ...full, phase, formulas: 'exact', topK }, gradient);
      near(got.loss, expected, 1e-9 * (1 + Math.abs(expected)), 'loss');
      for (const [i, g] of gradient.entries()) near(got.gradient[i]!, g, 1e-9, `gradient ${i}`);
    }),
  );
});

test('the gradient matches the loss if each sampled item represents several', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 1000 }), ({ scores, drawn, ...size }, times) => {
      const row = { ...size, remainder: drawn * times };
      const { gradient } = lossOf(scores, row);
      for (let i = 0; i < scores.length; i++) {
        const at = (x: number) => lossOf(scores.with(i, x), row).loss;
        const h = 1e-5;
        near(gradient[i]!, (at(scores[i]! + h) - at(scores[i]! - h)) / (2 * h), 1e-5, `gradient ${i}`);
      }
    }),
    { numRuns: 40 },
  );
});

test('a sampled item has the weight of the items that it represents', () => {
  const row = { observed: 0, ranked: 1, topK: 10, phase: 'overall' as const };
  near(lossOf([2, 1], { ...row, remainder: 5 }).loss, Math.log(Math.exp(2) + 5 * Math.E) - 2, 1e-12);
  near(lossOf([2, 1, 1, 1, 1, 1], { ...row, remainder: 5 }).loss, Math.log(Math.exp(2) + 5 * Math.E) - 2, 1e-12);
});

test('it is stable for scores that differ by thousands, and 0 without lists', () => {
  for (const phase of ['overall', 'fine'] as const) {
    const { loss, gradient } = lossOf([-3000, 5000, 0, 4000, -4000], {
      ...{ observed: 1, ranked: 2, remainder: 90, topK: 20 },
      phase,
    });
    assert.ok(Number.isFinite(loss) && gradient.every(Number.isFinite));
    const empty = lossOf([1, 2], { observed: 0, ranked: 0, remainder: 7, topK: 10, phase });
    assert.deepEqual([empty.loss, ...empty.gradient], [0, 0, 0]);
  }
});
