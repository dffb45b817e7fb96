import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { RecdistillError } from '../../errors.js';
import type { Metric, UserMetric } from './_metric.js';
import { bdRankings } from './bd-compat.js';
import { defaultMetrics, metricOf, metrics } from './index.js';

const here = new URL('.', import.meta.url);
const files = readdirSync(here).filter((f) => f.endsWith('.js') && !/^(_|index\.)|\.test\./.test(f));

const isMetric = (value: unknown): value is Metric =>
  typeof value === 'object' && value !== null && 'formula' in value && 'value' in value;

const near = (got: number, expected: number): void =>
  assert.ok(Math.abs(got - expected) < 1e-12, `got ${got}, expected ${expected}`);

describe('the registry of metrics', () => {
  for (const file of files) {
    it(`holds what ${file} exports, under its own name`, async () => {
      const exported: unknown[] = Object.values(await import(new URL(file, here).href));
      const found = exported.filter(isMetric);
      assert.ok(found.length > 0, `${file} exports no metric`);
      for (const metric of found) assert.equal(metricOf(metric.name), metric);
      if (found.length === 1) assert.equal(`${found[0]!.name}.js`, file);
    });
  }

  it('follows the formulas of docs/evaluation.md', () => {
    const page = readFileSync(new URL('../../../docs/evaluation.md', here), 'utf8').replace(/ +/g, ' ');
    for (const { name, label, formula } of Object.values(metrics)) {
      assert.ok(page.includes(`| \`${name}\` | ${label} | ${formula} |`), `the row of ${name} is missing or differs`);
    }
  });

  it('gives every metric a label of its own', () => {
    const labels = Object.values(metrics).map((metric) => metric.label);
    assert.equal(new Set(labels).size, labels.length);
  });

  it('never evaluates a compatible variant unasked', () => {
    assert.deepEqual(
      Object.keys(metrics).filter((name) => !defaultMetrics.some((d) => d === name)),
      ['bd-hit-rate', 'bd-ndcg'],
    );
  });

  it('names the known metrics when one is unknown', () => {
    for (const name of ['reccall', 'toString']) {
      assert.throws(
        () => metricOf(name),
        (error) =>
          error instanceof RecdistillError && error.code === 'unknown-name' && /recall, precision/.test(error.hint),
      );
    }
  });
});

describe('user metrics on a list with hits at ranks 2 and 5, of 3 relevant items, K = 5', () => {
  const hits = Int32Array.of(1, 4);
  const expected: Record<string, number> = {
    recall: 2 / 3,
    precision: 2 / 5,
    'hit-rate': 1,
    mrr: 1 / 2,
    map: (1 / 2 + 2 / 5) / 3,
    ndcg: (1 / Math.log2(3) + 1 / Math.log2(6)) / (1 + 1 / Math.log2(3) + 1 / 2),
    // Rank 5 is not below K = 5, and rank 2 is treated as if it were 3.
    'bd-hit-rate': 1 / 3,
    'bd-ndcg': 1 / Math.log2(4) / 3,
  };
  for (const [name, value] of Object.entries(expected)) {
    it(name, () => near((metricOf(name) as UserMetric).value(hits, 3, 5), value));
  }

  it('all are 0 without a hit', () => {
    for (const metric of Object.values(metrics)) {
      if (metric.kind === 'user') assert.equal(metric.value(new Int32Array(0), 3, 5), 0);
    }
  });

  it('recall, hit rate, mrr, map and ndcg are exactly 1 for a perfect list', () => {
    for (const name of ['recall', 'hit-rate', 'mrr', 'map', 'ndcg'] as const) {
      assert.equal(metrics[name].value(Int32Array.of(0, 1, 2), 3, 3), 1);
    }
  });
});

describe('list metrics', () => {
  const lists = {
    rankings: { nUsers: 3, nItems: 4, depth: 2, items: Int32Array.of(0, 1, 0, -1, -1, -1) },
    users: Int32Array.of(0, 1, 2),
    k: 2,
    exposure: Int32Array.of(2, 1, 0, 0),
    trainCounts: Int32Array.of(7, 1, 5, 5),
  };

  it('coverage counts distinct items', () => assert.equal(metrics.coverage.value(lists), 2 / 4));

  it('gini is the mean difference of all pairs over twice the mean', () => {
    const x = Array.from(lists.exposure);
    const pairs = x.flatMap((a) => x.map((b) => Math.abs(a - b))).reduce((a, b) => a + b);
    near(metrics.gini.value(lists), pairs / (2 * 4 * 3));
  });

  it('gini is 0 where all items are shown equally often', () => {
    assert.equal(metrics.gini.value({ ...lists, exposure: Int32Array.of(2, 2, 2, 2) }), 0);
  });

  it('popularity leaves out a user with an empty list', () => {
    assert.equal(metrics.popularity.value(lists), ((7 + 1) / 2 + 7) / 2);
  });

  it('gini and popularity are not defined where nothing is shown', () => {
    const empty = { ...lists, users: Int32Array.of(2), exposure: new Int32Array(4) };
    assert.ok(Number.isNaN(metrics.gini.value(empty)));
    assert.ok(Number.isNaN(metrics.popularity.value(empty)));
    assert.equal(metrics.coverage.value(empty), 0);
  });
});

describe('the rankings of the BD code', () => {
  it('keep train items at score 0 and prefer the higher id of equal scores', () => {
    const train = { nUsers: 1, nItems: 5, indptr: Int32Array.of(0, 2), indices: Int32Array.of(1, 4) };
    const rankings = bdRankings(Float64Array.of(-1, 9, 2, 0, 9), train);
    assert.deepEqual(Array.from(rankings.items), [2, 4, 3, 1, 0]);
  });

  it('do not rank NaN', () => {
    const train = { nUsers: 1, nItems: 3, indptr: Int32Array.of(0, 0), indices: new Int32Array(0) };
    assert.deepEqual(Array.from(bdRankings(Float32Array.of(1, Number.NaN, 2), train).items), [2, 0, -1]);
  });

  it('refuse a matrix of another shape', () => {
    const train = { nUsers: 2, nItems: 3, indptr: Int32Array.of(0, 0, 0), indices: new Int32Array(0) };
    assert.throws(() => bdRankings(new Float64Array(5), train), { code: 'needs-not-met' });
  });
});
