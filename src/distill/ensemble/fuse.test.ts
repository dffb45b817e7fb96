import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromPairs } from '../../data/interactions.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import { createFuser, fuseRankings, type Voice } from './fuse.js';
import type { ImportanceOptions } from './importance.js';

const CATALOGUE = 20;
const list = fc.shuffledSubarray([...Array(CATALOGUE).keys()]).map((l) => Int32Array.from(l));
const voice = fc.record({ list, earlier: fc.array(list, { maxLength: 3 }) });
const options = fc.record<ImportanceOptions>({
  importance: fc.constantFrom('rank', 'rank+consistency'),
  temperature: fc.constantFrom(0.01, 1, 10, 1000),
  cutoff: fc.constantFrom(1, 3, 100, Number.POSITIVE_INFINITY),
});

/** Straight from the definition, one item after the other. */
function naive(voices: readonly Voice[], o: ImportanceOptions): Map<number, number> {
  const sums = new Map<number, number>();
  for (const { list, earlier = [] } of voices) {
    for (const [rank, item] of [...list].entries()) {
      if (rank >= o.cutoff) continue;
      let worth = Math.exp(-rank / o.temperature);
      sums.set(item, (sums.get(item) ?? 0) + worth);
      if (o.importance === 'rank') continue;
      const ranks = [...earlier.map((l) => (l.includes(item) ? l.indexOf(item) : l.length)), rank];
      const mean = ranks.reduce((a, b) => a + b, 0) / ranks.length;
      const variance = ranks.reduce((a, r) => a + (r - mean) ** 2, 0) / ranks.length;
      worth = Math.exp(-Math.sqrt(variance) / 100);
      sums.set(item, sums.get(item)! + worth);
    }
  }
  return sums;
}

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-12 * (1 + Math.abs(b)), `${a}, expected ${b}`);

test('importance sums what each teacher thinks of an item', () => {
  fc.assert(
    fc.property(fc.array(voice, { maxLength: 4 }), options, (voices, o) => {
      const expected = naive(voices, o);
      createFuser(CATALOGUE, o)
        .importance(voices)
        .forEach((got, item) => {
          near(got, expected.get(item) ?? 0);
        });
    }),
  );
});

test('the fused list is the catalogue by importance, what is left out left out, and filled up if asked', () => {
  const input = fc.record({ voices: fc.array(voice, { maxLength: 4 }), o: options, without: list, topK: fc.nat(25) });
  fc.assert(
    fc.property(input, fc.boolean(), fc.boolean(), ({ voices, o, without, topK }, masked, fill) => {
      const fuser = createFuser(CATALOGUE, o);
      const worth = fuser.importance(voices);
      const expected = [...Array(CATALOGUE).keys()]
        .filter((item) => !masked || !without.includes(item))
        .filter((item) => fill || worth[item]! > 0)
        .sort((a, b) => worth[b]! - worth[a]! || a - b)
        .slice(0, topK);
      const asked = { fill, ...(masked ? { without } : {}) };
      assert.deepEqual([...fuser.fuse(voices, topK, asked)], expected);
      // The next user finds the row clean.
      assert.deepEqual([...fuser.fuse(voices, topK, asked)], expected);
      assert.deepEqual([...fuser.fuse([], topK)], []);
    }),
  );
});

test('two teachers who rank in opposite order leave ties to the lower id', () => {
  const fuser = createFuser(CATALOGUE, { importance: 'rank', temperature: 10, cutoff: 100 });
  const mirrored = [{ list: Int32Array.of(7, 2, 9, 4) }, { list: Int32Array.of(4, 9, 2, 7) }];
  assert.deepEqual([...fuser.fuse(mirrored, 4)], [4, 7, 2, 9]);
});

test('importance that underflows counts as none and gives no item twice', () => {
  const fuser = createFuser(CATALOGUE, { importance: 'rank', temperature: 0.001, cutoff: 100 });
  const voices = [{ list: Int32Array.of(1, 5, 6) }, { list: Int32Array.of(1, 5, 6) }];
  assert.deepEqual([...fuser.fuse(voices, 10)], [1]);
  assert.deepEqual([...fuser.fuse(voices, 4, { fill: true })], [1, 0, 2, 3]);
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
