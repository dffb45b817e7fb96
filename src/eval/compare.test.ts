import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holm } from './adjust.js';
import { bootstrapMeanDifference } from './bootstrap.js';
import { type CompareOptions, compare } from './compare.js';
import type { Evaluation } from './evaluate.js';
import { pairedT, wilcoxonSignedRank } from './significance.js';

function evaluation(perUser: Record<string, number[]>, users?: number[]): Evaluation {
  const columns = Object.entries(perUser);
  const ids = users ?? columns[0]![1].map((_, row) => row);
  return {
    users: Int32Array.from(ids),
    usersLeftOut: 0,
    perUser: Object.fromEntries(columns.map(([key, values]) => [key, Float64Array.from(values)])),
    means: Object.fromEntries(columns.map(([key, values]) => [key, values.reduce((a, b) => a + b, 0) / values.length])),
    beyondAccuracy: { evaluatedUsers: {}, allUsers: {} },
  };
}

const before = { 'recall@1': [0, 0.5, 0.25, 0, 1], 'ndcg@1': [0, 0, 0, 0, 0] };
const better = { 'recall@1': [0.5, 0.75, 0.25, 0.125, 1], 'ndcg@1': [0, 0.5, 0.25, 0, 1] };
const base = evaluation(before);
const others = [
  { name: 'better', evaluation: evaluation(better) },
  { name: 'same', evaluation: evaluation(before) },
];
const options: CompareOptions = {
  metrics: ['recall@1', 'ndcg@1'],
  adjust: 'holm',
  bootstrap: { seed: 3, resamples: 200 },
};

describe('compare', () => {
  const rows = compare(base, others, options);

  it('gives a row for each metric and evaluation', () => {
    assert.deepEqual(
      rows.map((row) => [row.name, row.metric]),
      [
        ['better', 'recall@1'],
        ['same', 'recall@1'],
        ['better', 'ndcg@1'],
        ['same', 'ndcg@1'],
      ],
    );
  });

  it('puts the parts together', () => {
    const [row] = rows;
    const t = pairedT(better['recall@1'], before['recall@1']);
    assert.equal(row!.base, 0.35);
    assert.equal(row!.mean, 0.525);
    assert.ok(Math.abs(row!.difference - 0.175) < 1e-15 && Math.abs(row!.relativeDifference - 0.5) < 1e-12);
    assert.equal(row!.p, t.pTwoSided);
    assert.equal(row!.dz, t.dz);
    assert.deepEqual(row!.interval, bootstrapMeanDifference(better['recall@1'], before['recall@1'], options.bootstrap));
  });

  it('adjusts over all rows, those that are not defined aside', () => {
    assert.deepEqual(
      rows.map((row) => row.adjustedP),
      Array.from(holm(rows.map((row) => row.p))),
    );
    assert.ok(Number.isNaN(rows[1]!.p) && Number.isNaN(rows[1]!.adjustedP));
    assert.equal(rows[0]!.adjustedP, Math.max(...[0, 2].map((k) => rows[k]!.p), 2 * Math.min(rows[0]!.p, rows[2]!.p)));
  });

  it('has no relative difference to 0', () => assert.ok(Number.isNaN(rows[2]!.relativeDifference)));

  it('uses the Wilcoxon test when asked', () => {
    const [row] = compare(base, others, { ...options, test: 'wilcoxon' });
    assert.equal(row!.p, wilcoxonSignedRank(better['recall@1'], before['recall@1']).p);
  });

  it('refuses other users, unknown keys, tests and adjustments', () => {
    const moved = { name: 'moved', evaluation: evaluation(better, [0, 1, 2, 3, 5]) };
    assert.throws(() => compare(base, [moved], options), {
      code: 'needs-not-met',
      message: /"moved".*on 5 different users/,
    });
    const fewer = { name: 'fewer', evaluation: evaluation({ 'recall@1': [1] }) };
    assert.throws(() => compare(base, [fewer], options), { code: 'needs-not-met', message: /1 users instead of 5/ });
    assert.throws(() => compare(base, others, { ...options, metrics: ['recall@2'] }), { code: 'unknown-name' });
    assert.throws(() => compare(base, others, { ...options, test: 'z' as 't' }), { code: 'unknown-name' });
    assert.throws(() => compare(base, others, { ...options, adjust: 'none' as 'bh' }), { code: 'unknown-name' });
  });
});
