import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromPairs, type Interactions } from '../data/interactions.js';
import { rankingOf } from '../data/rankings.js';
import { rankScores } from './rank.js';

const none = (nUsers: number, nItems: number): Interactions => fromPairs(nUsers, nItems, [], []);

/** By counting instead of sorting: an item's place is the number of candidates that beat it. */
function rankByCounting(row: readonly number[], masked: ReadonlySet<number>, depth: number): number[] {
  const candidates = row.flatMap((score, item) => (Number.isNaN(score) || masked.has(item) ? [] : [item]));
  const list: number[] = [];
  for (const item of candidates) {
    const better = candidates.filter((o) => row[o]! > row[item]! || (row[o] === row[item] && o < item));
    list[better.length] = item;
  }
  return list.slice(0, depth);
}

const score = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
  fc.float({ noNaN: true }),
);
const world = fc
  .record({ nUsers: fc.integer({ min: 1, max: 4 }), nItems: fc.integer({ min: 1, max: 9 }) })
  .chain(({ nUsers, nItems }) => {
    const mask = fc.array(fc.tuple(fc.nat(nUsers - 1), fc.nat(nItems - 1)), { maxLength: 12 });
    return fc.record({
      nUsers: fc.constant(nUsers),
      nItems: fc.constant(nItems),
      scores: fc.array(score, { minLength: nUsers * nItems, maxLength: nUsers * nItems }),
      masks: fc.array(mask, { maxLength: 2 }),
      depth: fc.integer({ min: 1, max: 12 }),
    });
  });

describe('rankScores', () => {
  it('agrees with a count of all pairs', () => {
    fc.assert(
      fc.property(world, fc.boolean(), ({ nUsers, nItems, scores, masks, depth }, single) => {
        const matrix = single ? Float32Array.from(scores) : Float64Array.from(scores);
        const parts = masks.map((pairs) =>
          fromPairs(
            nUsers,
            nItems,
            pairs.map(([u]) => u),
            pairs.map(([, i]) => i),
          ),
        );
        const rankings = rankScores(matrix, nUsers, nItems, parts, depth);
        assert.equal(rankings.items.length, nUsers * depth);
        for (let user = 0; user < nUsers; user++) {
          const masked = new Set(masks.flat().flatMap(([u, i]) => (u === user ? [i] : [])));
          const row = Array.from(matrix.subarray(user * nItems, (user + 1) * nItems));
          assert.deepEqual(Array.from(rankingOf(rankings, user)), rankByCounting(row, masked, depth));
        }
      }),
    );
  });

  it('puts infinite scores at the ends and leaves out NaN', () => {
    const row = Float64Array.of(
      Number.NEGATIVE_INFINITY,
      0,
      Number.POSITIVE_INFINITY,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    );
    assert.deepEqual(Array.from(rankScores(row, 1, 5, [], 6).items), [2, 4, 1, 0, -1, -1]);
  });

  it('works without users', () => assert.equal(rankScores(new Float64Array(0), 0, 3, [none(0, 3)], 2).items.length, 0));

  it('refuses what does not fit together', () => {
    const scores = new Float64Array(6);
    assert.throws(() => rankScores(scores, 2, 4, [], 1), { code: 'needs-not-met', message: /6 scores .* = 8/ });
    assert.throws(() => rankScores(scores, 2, 3, [none(2, 4)], 1), { code: 'needs-not-met', message: /2 users x 4/ });
    for (const depth of [0, -1, 1.5, Number.NaN]) {
      assert.throws(() => rankScores(scores, 2, 3, [], depth), { code: 'bad-option' });
    }
  });
});
