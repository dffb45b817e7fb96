/** Popularity of lists: intervals, differences, means over seeds, and data with one group or without lists. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fromPairs, type Interactions, itemCounts } from '../../data/interactions.js';
import type { Rankings } from '../../data/rankings.js';
import { stream, uniformInt } from '../../math/random.js';
import type { Evaluation } from '../evaluate.js';
import { transferRatio, transferRatios } from '../transfer-ratio.js';
import {
  meanPopularity,
  popularityDifferences,
  popularityLift,
  popularityValues,
  summariseAll,
  summarisePopularity,
  userThirds,
} from './index.js';

const [USERS, ITEMS] = [60, 40];
const key = stream(2, 'test');

/** Low items are popular: each user has the items below a random bound. */
function pairs(purpose: number, most: number): Interactions {
  const [users, items]: [number[], number[]] = [[], []];
  for (let u = 0; u < USERS; u++) {
    const n = 1 + uniformInt(key, purpose, u, most);
    for (let j = 0; j < n; j++) {
      users.push(u);
      items.push(uniformInt(key, 100 * purpose + j, u, 1 + uniformInt(key, 7 * purpose + j, u, ITEMS)));
    }
  }
  return fromPairs(USERS, ITEMS, users, items);
}

const [train, test] = [pairs(1, 12), pairs(2, 4)];
const listsFrom = (start: number): Rankings => ({
  ...{ nUsers: USERS, nItems: ITEMS, depth: 5 },
  items: Int32Array.from({ length: USERS * 5 }, (_, at) => (start + (at % 5) + Math.floor(at / 5)) % ITEMS),
});
const valuesOf = (rankings: Rankings) => popularityValues(rankings, test, train, itemCounts(train), [2, 5]);

describe('popularity of lists', () => {
  it('has a value inside of each interval, and thirds that cover all users', () => {
    const values = valuesOf(listsFrom(3));
    const thirds = userThirds(values.lists);
    assert.deepEqual(
      thirds.flatMap((rows) => [...rows]).sort((a, b) => a - b),
      [...values.lists.profile.keys()],
    );
    const means = thirds.map((rows) => popularityLift(values.lists, 5, rows).gapProfile);
    assert.ok(means[0]! < means[1]! && means[1]! < means[2]!);
    for (const summary of summarisePopularity(values)) {
      const all = [summary.lift, ...summary.thirds, ...summary.groups.flatMap((g) => [g.exposure, g.recall])];
      for (const { value, interval } of all) assert.ok(interval.low <= value && value <= interval.high);
      assert.ok(summary.groups.every((g) => g.recallAllUsers <= g.recall.value));
      assert.equal(summary.groups.length, 2);
    }
  });

  it('of several runs is that of each alone, whatever runs are beside it', () => {
    const runs = [valuesOf(listsFrom(3)), valuesOf({ ...listsFrom(0), items: new Int32Array(USERS * 5).fill(-1) })];
    runs.push(valuesOf(listsFrom(9)));
    const together = summariseAll(runs, { resamples: 50 });
    assert.deepEqual(
      together,
      runs.map((values) => summarisePopularity(values, { resamples: 50 })),
    );
    assert.notDeepEqual(together[0], together[2]);
  });

  it('is 0 for lists of the items that users had', () => {
    const lists = fromPairs(2, 6, [0, 0, 1], [0, 3, 4]);
    const rankings = { nUsers: 2, nItems: 6, depth: 2, items: Int32Array.of(3, 0, 4, -1) };
    const values = popularityValues(rankings, lists, lists, itemCounts(lists), [2]);
    const [{ lift }] = summarisePopularity(values) as [ReturnType<typeof summarisePopularity>[number]];
    assert.deepEqual([lift.value, lift.interval], [0, { low: 0, high: 0 }]);
  });

  it('of two runs is compared user by user', () => {
    const [one, other] = [valuesOf(listsFrom(3)), valuesOf(listsFrom(9))];
    const same = popularityDifferences(one, one);
    assert.ok(same.every((d) => d.difference.value === 0 && d.difference.interval.low === 0));
    const found = popularityDifferences(one, other);
    const lift = (v: typeof one) => popularityLift(v.lists, 5).lift;
    const row = found.find((d) => d.metric === 'popularity-lift@5')!;
    assert.ok(Math.abs(row.difference.value - (lift(one) - lift(other))) < 1e-12);
    assert.ok(
      row.difference.interval.low < row.difference.value && row.difference.value < row.difference.interval.high,
    );
    assert.deepEqual(
      found.map((d) => d.metric),
      ['popularity-lift', 'recall-popular', 'recall-unpopular'].flatMap((name) => [`${name}@2`, `${name}@5`]),
    );
  });

  it('over seeds is the mean of each user; of other users there is none', () => {
    const [one, other] = [valuesOf(listsFrom(3)), valuesOf(listsFrom(9))];
    const both = meanPopularity([one, other])!;
    const lift = (v: typeof one) => popularityLift(v.lists, 2).lift;
    assert.ok(Math.abs(lift(both) - (lift(one) + lift(other)) / 2) < 1e-12);
    const fewer = { ...other, lists: { ...other.lists, users: other.lists.users.slice(1) } };
    assert.equal(meanPopularity([one, fewer]), undefined);
  });

  it('has one group of items if one item has all interactions, and leaves out users without train items or lists', () => {
    const single = fromPairs(3, 4, [0, 1], [2, 2]);
    const rankings = { nUsers: 3, nItems: 4, depth: 2, items: Int32Array.of(1, 0, -1, -1, 2, 3) };
    const values = popularityValues(rankings, fromPairs(3, 4, [0, 2], [1, 2]), single, itemCounts(single), [2]);
    assert.deepEqual([[...values.lists.users], values.items.sizes], [[0], [1]]);
    const [summary] = summarisePopularity(values);
    assert.equal(summary!.lift.value, -1);
    assert.equal(summary!.groups[0]!.recall.value, 1);
    // No user has two thirds of one user.
    assert.ok(Number.isNaN(summary!.thirds[0]!.value) && summary!.thirds[2]!.value === -1);
  });

  it('is not defined without any list', () => {
    const empty = { ...listsFrom(0), items: new Int32Array(USERS * 5).fill(-1) };
    const [summary] = summarisePopularity(valuesOf(empty));
    assert.ok(
      [summary!.lift.value, summary!.lift.interval.low, summary!.groups[0]!.exposure.value].every(Number.isNaN),
    );
  });
});

describe('the transfer ratio', () => {
  const evaluation = (values: readonly number[]): Evaluation => ({
    ...{ users: Int32Array.from(values.keys()), usersLeftOut: 0, perUser: { 'recall@5': Float64Array.from(values) } },
    means: { 'recall@5': values.reduce((a, b) => a + b, 0) / values.length },
    beyondAccuracy: { evaluatedUsers: {}, allUsers: {} },
  });
  const waves = (level: number) => evaluation(Array.from({ length: 200 }, (_, u) => level + 0.05 * Math.sin(u)));

  it('of a student halfway to the teacher is a half, with an interval around it', () => {
    const of = { alone: waves(0.2), teacher: waves(0.4), distilled: waves(0.3) };
    const [found] = transferRatios([of], 'recall@5');
    assert.ok(Math.abs(found!.ratio - 0.5) < 1e-12);
    assert.ok(Math.abs(found!.interval.low - 0.5) < 1e-9 && Math.abs(found!.interval.high - 0.5) < 1e-9);
  });

  it('is not defined where the teacher is not better; its interval is not where the teacher may be worse', () => {
    assert.equal(transferRatio(0.3, 0.2, 0.2), undefined);
    const [worse] = transferRatios([{ alone: waves(0.2), teacher: waves(0.1), distilled: waves(0.3) }], 'recall@5');
    assert.equal(worse, undefined);
    const noisy = evaluation(Array.from({ length: 200 }, (_, u) => 0.201 + 0.05 * Math.cos(u)));
    const [unsure] = transferRatios([{ alone: waves(0.2), teacher: noisy, distilled: waves(0.3) }], 'recall@5');
    assert.ok(unsure!.ratio > 1 && Number.isNaN(unsure!.interval.low));
  });
});
