import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromPairs } from '../../data/interactions.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import { createFusion, fuseRankings, type UserRanking } from './fuse.js';
import type { ImportanceOptions } from './importance.js';

const CATALOGUE = 20;
const list = fc.shuffledSubarray([...Array(CATALOGUE).keys()]).map((l) => Int32Array.from(l));
const ranking = fc.record({ list, earlier: fc.array(list, { maxLength: 3 }) });
const options = fc.record<ImportanceOptions>({
  importance: fc.constantFrom('rank', 'rank+consistency'),
  temperature: fc.constantFrom(0.01, 1, 10, 1000),
  cutoff: fc.constantFrom(1, 3, 100, Number.POSITIVE_INFINITY),
});

/** Straight from the definition, one item after the other. */
function naive(rankings: readonly UserRanking[], o: ImportanceOptions): Map<number, number> {
  const sums = new Map<number, number>();
  for (const { list, earlier = [] } of rankings) {
    for (const [rank, item] of [...list].entries()) {
      if (rank >= o.cutoff) continue;
      let importance = Math.exp(-rank / o.temperature);
      sums.set(item, (sums.get(item) ?? 0) + importance);
      if (o.importance === 'rank') continue;
      const ranks = [...earlier.map((l) => (l.includes(item) ? l.indexOf(item) : l.length)), rank];
      const mean = ranks.reduce((a, b) => a + b, 0) / ranks.length;
      const variance = ranks.reduce((a, r) => a + (r - mean) ** 2, 0) / ranks.length;
      importance = Math.exp(-Math.sqrt(variance) / 100);
      sums.set(item, sums.get(item)! + importance);
    }
  }
  return sums;
}

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-12 * (1 + Math.abs(b)), `${a}, expected ${b}`);

test('importance sums the importance of an item over teachers', () => {
  fc.assert(
    fc.property(fc.array(ranking, { maxLength: 4 }), options, (rankings, o) => {
      const expected = naive(rankings, o);
      createFusion(CATALOGUE, o)
        .importance(rankings)
        .forEach((got, item) => {
          near(got, expected.get(item) ?? 0);
        });
    }),
  );
});

test('the fused list has the catalogue by importance without excluded items, and is filled up on request', () => {
  const input = fc.record({
    rankings: fc.array(ranking, { maxLength: 4 }),
    o: options,
    without: list,
    topK: fc.nat(25),
  });
  fc.assert(
    fc.property(input, fc.boolean(), fc.boolean(), ({ rankings, o, without, topK }, masked, fill) => {
      const fusion = createFusion(CATALOGUE, o);
      const importance = fusion.importance(rankings);
      const expected = [...Array(CATALOGUE).keys()]
        .filter((item) => !masked || !without.includes(item))
        .filter((item) => fill || importance[item]! > 0)
        .sort((a, b) => importance[b]! - importance[a]! || a - b)
        .slice(0, topK);
      const asked = { fill, ...(masked ? { without } : {}) };
      assert.deepEqual([...fusion.fuse(rankings, topK, asked)], expected);
      // The next user finds the row clean.
      assert.deepEqual([...fusion.fuse(rankings, topK, asked)], expected);
      assert.deepEqual([...fusion.fuse([], topK)], []);
    }),
  );
});

test('ties of two teachers with opposite orders go to the lower id', () => {
  const fusion = createFusion(CATALOGUE, { importance: 'rank', temperature: 10, cutoff: 100 });
  const mirrored = [{ list: Int32Array.of(7, 2, 9, 4) }, { list: Int32Array.of(4, 9, 2, 7) }];
  assert.deepEqual([...fusion.fuse(mirrored, 4)], [4, 7, 2, 9]);
});

test('importance that underflows counts as none and gives no item twice', () => {
  const fusion = createFusion(CATALOGUE, { importance: 'rank', temperature: 0.001, cutoff: 100 });
  const rankings = [{ list: Int32Array.of(1, 5, 6) }, { list: Int32Array.of(1, 5, 6) }];
  assert.deepEqual([...fusion.fuse(rankings, 10)], [1]);
  assert.deepEqual([...fusion.fuse(rankings, 4, { fill: true })], [1, 0, 2, 3]);
});

test('rankings are fused user by user; masked items keep their ranks and are left out', () => {
  const of = (...lists: number[][]): Rankings => ({
    nUsers: lists.length,
    nItems: CATALOGUE,
    depth: 4,
    items: Int32Array.from(lists.flatMap((l) => [...l, -1, -1, -1, -1].slice(0, 4))),
  });
  const teachers = [of([3, 1, 2], [8]), of([1, 3], [9, 8])];
  const o: ImportanceOptions = { importance: 'rank', temperature: 10, cutoff: 100 };
  const mask = fromPairs(2, CATALOGUE, [0], [1]);
  const lists = (r: Rankings) => Array.from({ length: r.nUsers }, (_, u) => [...rankingOf(r, u)]);
  assert.deepEqual(lists(fuseRankings(teachers, o, 3)), [
    [1, 3, 2],
    [8, 9],
  ]);
  assert.deepEqual(lists(fuseRankings(teachers, o, 3, { mask })), [
    [3, 2],
    [8, 9],
  ]);
  assert.deepEqual(lists(fuseRankings(teachers, o, 3, { mask, fill: true })), [
    [3, 2, 0],
    [8, 9, 0],
  ]);
});
