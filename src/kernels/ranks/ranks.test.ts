import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromPairs } from '../../data/interactions.js';
import { stream } from '../../math/random.js';
import { agree, numbers, put, putInts, wholes } from '../_agree.test.js';
import { createKernels } from '../create.js';
import type { Kernels } from '../kernels.js';
import { freeRows, type Rows, takeRows } from '../rows.js';
import type { DrawPlan, RankRule } from './ranks.js';

const shapes = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  rows: fc.integer({ min: 1, max: 9 }),
  nItems: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(32, 33, 64, 2500)),
  // Few different scores make ties.
  levels: fc.constantFrom(1, 3, 1e6),
});

/** Scores of both signs, zeros of both signs among them. */
const scoresOf = (seed: number, n: number, levels: number): number[] =>
  Array.from(wholes(seed, n, levels), (w, at) => (w === 0 ? (at % 2 === 0 ? 0 : -0) : (w - (levels >> 1)) / 4));

/** Masks for twice as many users as there are rows, some empty. */
const masksOf = (k: Kernels, seed: number, nUsers: number, nItems: number): Rows => {
  const n = Math.floor((nUsers * nItems) / 4);
  const train = fromPairs(nUsers, nItems, wholes(seed, n, nUsers), wholes(seed + 1, n, nItems));
  return takeRows(k, { columns: nItems, indptr: train.indptr, indices: train.indices });
};

test('ranks agree on any shape, whichever comes first, whatever becomes of masked items', () => {
  const orders = fc.record({
    first: fc.constantFrom('highest' as const, 'lowest' as const),
    masked: fc.constantFrom('not', 'left out', 0, 0.25, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
  });
  fc.assert(
    fc.property(shapes, orders, ({ seed, rows, nItems, levels }, { first, masked }) => {
      agree((k) => {
        const scores = put(k, scoresOf(seed, rows * nItems, levels));
        const mask = masksOf(k, seed + 1, 2 * rows, nItems);
        const maskRows = putInts(k, wholes(seed + 2, rows, 2 * rows));
        const out = k.ints(rows * nItems + 1).fill(7);
        const with_ = masked === 'not' ? {} : { mask, maskRows };
        k.ranks(
          scores,
          rows,
          nItems,
          { first, ...with_, ...(typeof masked === 'number' ? { maskedScore: masked } : {}) },
          out,
        );
        const copy = out.slice();
        freeRows(k, mask);
        k.free(scores, maskRows, out);
        return { out: copy };
      });
    }),
    { numRuns: 100 },
  );
});

test('ranks by hand: ties to the lower id either way, masked items out or in with a score', () => {
  const k = createKernels({ threads: 1, memoryLimit: 2 ** 24 });
  const scores = put(k, [2, -1, 2, 0, 5]);
  const mask = takeRows(k, { columns: 5, indptr: Int32Array.of(0, 0, 1), indices: Int32Array.of(4) });
  const [maskRows, out] = [putInts(k, [1]), k.ints(5)];
  k.ranks(scores, 1, 5, { first: 'highest' }, out);
  assert.deepEqual([...out], [2, 5, 3, 4, 1]);
  k.ranks(scores, 1, 5, { first: 'lowest' }, out);
  assert.deepEqual([...out], [3, 1, 4, 2, 5]);
  k.ranks(scores, 1, 5, { first: 'highest', mask, maskRows }, out);
  assert.deepEqual([...out], [1, 4, 2, 3, 0]);
  k.ranks(scores, 1, 5, { first: 'lowest', mask, maskRows, maskedScore: 0 }, out);
  assert.deepEqual([...out], [4, 1, 5, 2, 3]);
  k.close();
});

/** Ranks of two random orders of the same items; some items are left out of both. */
function twoOrders(k: Kernels, seed: number, rows: number, nItems: number) {
  const ranks = [0, 1].map(() => k.ints(rows * nItems));
  const maskRows = putInts(k, wholes(seed + 2, rows, 2 * rows));
  const mask = masksOf(k, seed, 2 * rows, nItems);
  ranks.forEach((out, model) => {
    const scores = put(k, numbers(seed + 3 + model, rows * nItems));
    k.ranks(scores, rows, nItems, { first: 'highest', mask, maskRows }, out);
    k.free(scores);
  });
  freeRows(k, mask);
  k.free(maskRows);
  return { a: ranks[0]!, b: ranks[1]! };
}

/** A rule by the difference of ranks, as a table over all differences. */
const byDifference = (k: Kernels, nItems: number, weight: (d: number) => number): RankRule => ({
  weights: put(
    k,
    Array.from({ length: 2 * nItems + 1 }, (_, at) => weight(at - nItems)),
  ),
  offset: nItems,
  first: 1,
  second: -1,
});

test('samples are bit-identical on any shape, with and without weights, also for rows without samples', () => {
  fc.assert(
    fc.property(shapes, fc.integer({ min: 1, max: 3 }), ({ seed, rows, nItems }, repeats) => {
      agree((k) => {
        const { a, b } = twoOrders(k, seed, rows, nItems);
        const rule = byDifference(k, nItems, (d) => (d > 0 ? Math.tanh(d / 10) : 0));
        const counts = putInts(k, wholes(seed + 7, rows, 5));
        const stride = counts.reduce((sum, n) => sum + n, 0) + 2;
        const starts = k.ints(rows);
        for (let r = 1; r < rows; r++) starts[r] = starts[r - 1]! + counts[r - 1]!;
        const out = k.ints(repeats * stride).fill(-7);
        const plan: DrawPlan = { starts, counts, repeats, stride, key: stream(seed, 'draws'), epoch: 5 };
        k.drawByRanks(a, b, rows, nItems, rule, plan, out);
        const copy = out.slice();
        k.free(a, b, rule.weights, counts, starts, out);
        return { out: copy };
      });
    }),
    { numRuns: 100 },
  );
});

test('every item is sampled in proportion to its weight', () => {
  const k = createKernels({ threads: 2, memoryLimit: 2 ** 26 });
  const nItems = 75;
  const { a, b } = twoOrders(k, 11, 1, nItems);
  const rule = byDifference(k, nItems, (d) => Math.exp(0.05 * d) - (d < -30 ? Math.exp(0.05 * d) : 0));
  const n = 400_000;
  const [starts, counts, out] = [putInts(k, [0]), putInts(k, [n]), k.ints(n)];
  k.drawByRanks(a, b, 1, nItems, rule, { starts, counts, repeats: 1, stride: n, key: stream(1, 'x'), epoch: 1 }, out);
  const weights = Array.from(a, (rank, i) => (rank === 0 ? 0 : rule.weights[nItems + rank - b[i]!]!));
  const total = weights.reduce((sum, w) => sum + w, 0);
  const drawn = new Int32Array(nItems);
  for (const item of out) drawn[item]! += 1;
  weights.forEach((w, i) => {
    const expected = (n * w) / total;
    assert.ok(Math.abs(drawn[i]! - expected) <= 5 * Math.sqrt(expected), `item ${i}: ${drawn[i]} for ${expected}`);
    if (w === 0) assert.equal(drawn[i], 0);
  });
  k.close();
});

test('nothing is sampled if all weights are 0; extremely different weights are sampled correctly', () => {
  agree((k) => {
    const nItems = 100;
    const { a, b } = twoOrders(k, 3, 2, nItems);
    const [starts, counts, out] = [putInts(k, [0, 4]), putInts(k, [4, 4]), k.ints(8)];
    const plan: DrawPlan = { starts, counts, repeats: 1, stride: 8, key: stream(1, 'y'), epoch: 1 };
    const none = byDifference(k, nItems, () => 0);
    k.drawByRanks(a, b, 2, nItems, none, plan, out);
    assert.deepEqual([...out], Array(8).fill(-1));
    const wild = byDifference(k, nItems, (d) => (d === 3 ? 1e30 : d < 0 ? 1e-30 : 0));
    k.drawByRanks(a, b, 2, nItems, wild, plan, out);
    assert.ok([...out].every((item) => item >= 0));
    const copy = out.slice();
    k.free(a, b, none.weights, wild.weights, starts, counts, out);
    return { copy };
  });
});
