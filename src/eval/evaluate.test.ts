import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromPairs, itemCounts, itemsOf } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import { type EvaluateOptions, evaluateRankings } from './evaluate.js';
import { defaultMetrics } from './metrics/index.js';
import { rankScores } from './rank.js';

/** Three users over five items; user 1 has nothing relevant. */
const relevant = fromPairs(3, 5, [0, 0, 2], [1, 4, 3]);
const rankings: Rankings = {
  nUsers: 3,
  nItems: 5,
  depth: 3,
  items: Int32Array.of(4, 0, 1, /**/ 2, 0, -1, /**/ 0, 1, 2),
};
const trainCounts = Int32Array.of(10, 2, 3, 0, 1);
const evaluate = (options: Partial<EvaluateOptions>, given = rankings) =>
  evaluateRankings(given, relevant, { metrics: ['recall'], topK: [1], ...options });

describe('evaluateRankings', () => {
  it('keeps one value per user with relevant items and counts the others', () => {
    const { users, usersLeftOut, perUser, means } = evaluate({ metrics: ['recall', 'mrr'], topK: [1, 3] });
    assert.deepEqual(Array.from(users), [0, 2]);
    assert.equal(usersLeftOut, 1);
    assert.deepEqual(Object.keys(perUser), ['recall@1', 'recall@3', 'mrr@1', 'mrr@3']);
    assert.deepEqual(Array.from(perUser['recall@1']!), [0.5, 0]);
    assert.deepEqual(Array.from(perUser['recall@3']!), [1, 0]);
    assert.equal(means['recall@3'], 0.5);
  });

  it('gives list metrics over the evaluated users and over all', () => {
    const { perUser, beyondAccuracy } = evaluate({ metrics: ['coverage', 'popularity'], topK: [2], trainCounts });
    assert.deepEqual(perUser, {});
    assert.deepEqual(beyondAccuracy.evaluatedUsers, { 'coverage@2': 3 / 5, 'popularity@2': (11 / 2 + 12 / 2) / 2 });
    assert.deepEqual(beyondAccuracy.allUsers, {
      'coverage@2': 4 / 5,
      'popularity@2': (11 / 2 + 13 / 2 + 12 / 2) / 3,
    });
  });

  it('has NaN means if no user has relevant items', () => {
    const evaluation = evaluateRankings(rankings, fromPairs(3, 5, [], []), { metrics: ['ndcg'], topK: [2] });
    assert.equal(evaluation.usersLeftOut, 3);
    assert.ok(Number.isNaN(evaluation.means['ndcg@2']));
  });

  it('accepts K above the catalogue only when the lists hold the whole catalogue', () => {
    const whole = { ...rankings, depth: 5, items: Int32Array.from([0, 1, 2, 3, 4, 4, 3, 2, 1, 0, 1, 0, 2, 3, 4]) };
    const { perUser } = evaluate({ metrics: ['recall', 'precision'], topK: [8] }, whole);
    assert.deepEqual(Array.from(perUser['recall@8']!), [1, 1]);
    assert.deepEqual(Array.from(perUser['precision@8']!), [2 / 8, 1 / 8]);
    assert.throws(() => evaluate({ topK: [2, 4] }), { code: 'bad-option', message: /is 4; expected at most 3/ });
  });

  it('refuses K that is no whole number from 1, and no K at all', () => {
    for (const topK of [[0], [-3], [1.5], [Number.NaN], []])
      assert.throws(() => evaluate({ topK }), { code: 'bad-option' });
  });

  it('refuses unknown metrics, foreign data and missing train counts', () => {
    assert.throws(() => evaluate({ metrics: ['auc'] }), { code: 'unknown-name' });
    const options = { metrics: ['recall'], topK: [1] };
    assert.throws(() => evaluateRankings(rankings, fromPairs(3, 6, [], []), options), { code: 'needs-not-met' });
    assert.throws(() => evaluateRankings(rankings, fromPairs(4, 5, [], []), options), { code: 'needs-not-met' });
    assert.throws(() => evaluate({ metrics: ['popularity'] }), { code: 'needs-not-met', message: /none were given/ });
    assert.throws(() => evaluate({ metrics: ['popularity'], trainCounts: new Int32Array(4) }), {
      code: 'needs-not-met',
    });
  });

  it('refuses malformed lists, naming the user', () => {
    const lists = (...items: number[]): Rankings => ({ ...rankings, items: Int32Array.from(items) });
    assert.throws(() => evaluate({}, lists(0, 1, 2, 3, 1, 3, 0, 1, 2)), {
      code: 'bad-data',
      message: /user 1 .* 3 twice/,
    });
    assert.throws(() => evaluate({}, lists(0, 1, 2, 3, 1, 5, 0, 1, 2)), {
      code: 'bad-data',
      message: /user 1 .* 5, which/,
    });
    assert.throws(() => evaluate({}, lists(0, -1, 2, 3, 1, 2, 0, 1, 2)), { code: 'bad-data', message: /user 0/ });
    assert.throws(() => evaluate({}, lists(0, 1, 2)), { code: 'bad-data', message: /3 entries instead of 3 x 3/ });
  });
});

/** The formulas once more, word by word, on sets. */
function naive(name: string, list: readonly number[], wanted: ReadonlySet<number>, k: number): number {
  const top = list.slice(0, k);
  const positions = top.flatMap((item, p) => (wanted.has(item) ? [p] : []));
  const best = Array.from({ length: Math.min(wanted.size, k) }, (_, p) => 1 / Math.log2(p + 2));
  const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);
  switch (name) {
    case 'recall':
      return positions.length / wanted.size;
    case 'precision':
      return positions.length / k;
    case 'hit-rate':
      return top.some((item) => wanted.has(item)) ? 1 : 0;
    case 'mrr':
      return positions.length > 0 ? 1 / (Math.min(...positions) + 1) : 0;
    case 'ndcg':
      return sum(positions.map((p) => 1 / Math.log2(p + 2))) / sum(best);
    case 'map':
      return sum(positions.map((p) => positions.filter((q) => q <= p).length / (p + 1))) / Math.min(wanted.size, k);
    default:
      throw new Error(name);
  }
}

function naiveOverLists(tops: readonly (readonly number[])[], counts: readonly number[]): Record<string, number> {
  const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
  const shown = counts.map((_, item) => tops.filter((top) => top.includes(item)).length);
  const distances = shown.flatMap((a) => shown.map((b) => Math.abs(a - b)));
  return {
    coverage: new Set(tops.flat()).size / counts.length,
    gini: mean(distances) / (2 * mean(shown)),
    popularity: mean(tops.filter((top) => top.length > 0).map((top) => mean(top.map((item) => counts[item]!)))),
  };
}

it('agrees with the formulas on sets, for any rankings, relevant items and K', () => {
  const USERS = 5;
  const ITEMS = 8;
  const pairs = fc.array(fc.tuple(fc.nat(USERS - 1), fc.nat(ITEMS - 1)), { maxLength: 20 });
  const world = fc.record({
    scores: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: USERS * ITEMS, maxLength: USERS * ITEMS }),
    masked: pairs,
    wanted: pairs,
    topK: fc.uniqueArray(fc.integer({ min: 1, max: ITEMS + 2 }), { minLength: 1, maxLength: 3 }),
  });
  const of = (list: readonly (readonly [number, number])[]) =>
    fromPairs(
      USERS,
      ITEMS,
      list.map(([u]) => u),
      list.map(([, i]) => i),
    );
  fc.assert(
    fc.property(world, ({ scores, masked, wanted, topK }) => {
      const train = of(masked);
      const test = of(wanted);
      const ranked = rankScores(Float64Array.from(scores), USERS, ITEMS, [train], ITEMS);
      const got = evaluateRankings(ranked, test, { metrics: defaultMetrics, topK, trainCounts: itemCounts(train) });
      const lists = Array.from({ length: USERS }, (_, u) =>
        Array.from(ranked.items.subarray(u * ITEMS, (u + 1) * ITEMS)).filter((item) => item >= 0),
      );
      for (const [key, values] of Object.entries(got.perUser)) {
        const [name, k] = key.split('@') as [string, string];
        got.users.forEach((user, row) => {
          const expected = naive(name, lists[user]!, new Set(itemsOf(test, user)), Number(k));
          assert.ok(
            Math.abs(values[row]! - expected) < 1e-12,
            `${key} of user ${user}: ${values[row]}, not ${expected}`,
          );
        });
      }
      for (const k of topK) {
        const tops = lists.map((list) => list.slice(0, k));
        const expected = naiveOverLists(tops, Array.from(itemCounts(train)));
        for (const [name, value] of Object.entries(expected)) {
          const found = got.beyondAccuracy.allUsers[`${name}@${k}`]!;
          const same = Math.abs(found - value) < 1e-12 || (Number.isNaN(found) && Number.isNaN(value));
          assert.ok(same, `${name}@${k}: ${found}, not ${value}`);
        }
      }
    }),
  );
});
