import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, type Interactions, itemCounts, itemsOf, transpose } from './interactions.js';
import { splits } from './splits/index.js';
import { parseSynthetic, SYNTHETIC_DEFAULT, synthesize } from './synthetic.js';

function build(spec = SYNTHETIC_DEFAULT): Interactions {
  return synthesize(spec).parts[0]!.interactions;
}

test('makes exactly the size wanted, without repetition, the same for the same seed', () => {
  for (const spec of [
    SYNTHETIC_DEFAULT,
    { nUsers: 2, nItems: 8, interactions: 4, seed: 1 },
    { nUsers: 40, nItems: 20, interactions: 200, seed: 5 },
  ]) {
    const x = build(spec);
    assert.equal(count(x), spec.interactions);
    for (let u = 0; u < x.nUsers; u++) {
      const items = itemsOf(x, u);
      assert.ok(items.length > 0 && items.every((item, at) => at === 0 || item > items[at - 1]!));
    }
    assert.deepEqual(build(spec), x);
  }
  assert.notDeepEqual(build({ ...SYNTHETIC_DEFAULT, seed: 1 }).indices, build().indices);
});

test('popularity and activity have heavy tails', () => {
  const x = build();
  const share = (counts: Int32Array, top: number) => {
    const sorted = counts.slice().sort().reverse();
    return sorted.subarray(0, Math.round(top * sorted.length)).reduce((a, b) => a + b, 0) / count(x);
  };
  const nItems = share(itemCounts(x), 0.1);
  const nUsers = share(itemCounts(transpose(x)), 0.1);
  assert.ok(nItems > 0.25 && nItems < 0.6, `the top tenth of the items has ${nItems}`);
  assert.ok(nUsers > 0.25 && nUsers < 0.6, `the top tenth of the users has ${nUsers}`);
});

test('a personalised model clearly beats popularity', () => {
  const x = build();
  const { train, test: held } = splits.ratio.divide(x, {
    ratios: [0.6, 0.2, 0.2],
    holdOut: 'random',
    seed: 0,
    foldInShare: 0.8,
  });
  const popularity = itemCounts(train);
  const byItem = transpose(train);
  const top = (scores: ArrayLike<number>, seen: Int32Array) => {
    const taken = new Set(seen);
    return Array.from({ length: x.nItems }, (_, i) => i)
      .filter((i) => !taken.has(i))
      .sort((a, b) => scores[b]! - scores[a]! || a - b)
      .slice(0, 20);
  };
  let [popular, personal] = [0, 0];
  for (let u = 0; u < 300; u++) {
    const relevant = new Set(itemsOf(held, u));
    const seen = itemsOf(train, u);
    // Items of users who share items: co-occurrence, divided by popularity as in cosine similarity.
    const scores = new Float64Array(x.nItems);
    for (const i of seen) {
      for (const v of itemsOf(byItem, i))
        for (const j of itemsOf(train, v)) scores[j]! += 1 / Math.sqrt(popularity[i]! * popularity[j]!);
    }
    popular += top(popularity, seen).filter((i) => relevant.has(i)).length;
    personal += top(scores, seen).filter((i) => relevant.has(i)).length;
  }
  assert.ok(personal > 3 * popular, `personal ${personal}, popular ${popular}`);
});

test('ids sort as numbers and every item has a readable name', () => {
  const { users, items, labels } = synthesize(SYNTHETIC_DEFAULT);
  assert.deepEqual([...users].sort(), [...users]);
  assert.equal(items[0], 'i0001');
  assert.equal(labels.length, items.length);
  for (const label of labels) assert.match(label, /^[A-Z][a-z]+ [a-z ]+ \d+$/);
});

test('reads sizes and refuses what cannot be made', () => {
  assert.deepEqual(parseSynthetic('synthetic:30x20x100:9'), { nUsers: 30, nItems: 20, interactions: 100, seed: 9 });
  assert.equal(parseSynthetic('citeulike-t'), undefined);
  for (const bad of ['synthetic:', 'synthetic:3x4', 'synthetic:-3x4x5']) {
    assert.throws(() => parseSynthetic(bad), { code: 'bad-option' });
  }
  const sizes = [
    [1, 20, 5],
    [20, 7, 30],
    [20, 20, 10],
    [20, 20, 101],
    [1e10, 20, 1e10],
  ] as const;
  for (const [nUsers, nItems, interactions] of sizes) {
    assert.throws(() => synthesize({ nUsers, nItems, interactions, seed: 0 }), { code: 'bad-option' });
  }
});
