import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Dataset, fromPairs } from '../../data/interactions.js';
import type { Rankings } from '../../data/rankings.js';
import { createEvaluator } from '../../eval/evaluation.js';
import { runSync } from '../../progress.js';
import { fuseRankings } from './fuse.js';
import { createFusedValue } from './fused-value.js';

const [USERS, ITEMS] = [5, 12];
const list = fc.shuffledSubarray([...Array(ITEMS).keys()]);
const lists = fc.array(list, { minLength: USERS, maxLength: USERS });
const weight = fc.constantFrom(0, 0.25, 0.5, 1, 3);

const rankingsOf = (of: readonly (readonly number[])[]): Rankings => ({
  nUsers: USERS,
  nItems: ITEMS,
  depth: ITEMS,
  items: Int32Array.from(of.flatMap((l) => [...l, ...Array(ITEMS - l.length).fill(-1)])),
});
const pairsOf = (of: readonly (readonly number[])[]) => {
  const pairs = of.flatMap((items, u) => [...items].sort((a, b) => a - b).map((i) => [u, i] as const));
  return fromPairs(
    USERS,
    ITEMS,
    pairs.map(([u]) => u),
    pairs.map(([, i]) => i),
  );
};

test('the value of weights is that of the evaluator for the lists fused with them', () => {
  const input = fc.record({
    members: fc.array(lists, { minLength: 1, maxLength: 4 }),
    own: lists,
    weights: fc.array(weight, { minLength: 4, maxLength: 4 }),
    temperature: fc.constantFrom(0.01, 2, 40),
    cutoff: fc.constantFrom(1, 4, 100),
    selectBy: fc.constantFrom('recall@3', 'ndcg@5', 'coverage@3'),
  });
  fc.assert(
    fc.property(input, ({ members, own, weights, temperature, cutoff, selectBy }) => {
      const train = pairsOf(own.map((items) => items.slice(0, 3)));
      const valid = pairsOf(own.map((items, u) => (u === 0 ? [1] : items.slice(3, 7))));
      fc.pre(own[0]!.slice(0, 3).every((item) => item !== 1));
      const dataset: Pick<Dataset, 'train' | 'valid' | 'test'> = { train, valid, test: valid };
      const evaluator = createEvaluator({ ...dataset } as Dataset, { at: [3, 5], selectBy });
      const rankings = members.map(rankingsOf);
      const used = weights.slice(0, rankings.length);
      const o = { importance: 'rank', temperature, cutoff } as const;
      const fused = fuseRankings(rankings, o, ITEMS, { mask: train, weights: used });
      const expected = evaluator.select(evaluator.valid(fused));
      const value = createFusedValue(rankings, o, { valid, evaluator });
      // The second call finds the buffers clean.
      for (let call = 0; call < 2; call++) assert.equal(runSync(value(used)), expected);
    }),
  );
});

test('weights of 1 give the lists without weights, and a weight of 0 leaves a member out', () => {
  fc.assert(
    fc.property(lists, lists, (a, b) => {
      const both = [rankingsOf(a), rankingsOf(b)];
      const o = { importance: 'rank', temperature: 5, cutoff: 100 } as const;
      const items = (weights?: number[], of = both) => fuseRankings(of, o, ITEMS, weights ? { weights } : {}).items;
      assert.deepEqual(items([1, 1]), items());
      assert.deepEqual(items([0, 0.5]), items([0.5], [both[1]!]));
    }),
  );
});
