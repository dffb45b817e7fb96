import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Rankings } from '../../data/rankings.js';
import type { Trajectory } from '../../data/trajectory.js';
import type { HetcompFormulas } from '../../losses/hetcomp.js';
import {
  advance,
  allReached,
  discrepancy,
  discrepancyWeights,
  fineUsers,
  type KnowledgeOptions,
  meanSelected,
  newSelection,
  progressOf,
  roundHalfEven,
  threshold,
} from './knowledge.js';

const CATALOGUE = 12;

const rankingsOf = (...lists: readonly (readonly number[])[]): Rankings => {
  const depth = Math.max(1, ...lists.map((l) => l.length));
  const items = new Int32Array(lists.length * depth).fill(-1);
  for (const [u, list] of lists.entries()) items.set(list, u * depth);
  return { nUsers: lists.length, nItems: CATALOGUE, depth, items };
};

/** One list per checkpoint, the same for all of `users`. */
const teacherOf = (lists: readonly (readonly number[])[], nUsers = 1): Trajectory => ({
  teacher: 't',
  dataFingerprint: '',
  checkpoints: lists.map((list, epoch) => ({
    epoch,
    metrics: {},
    rankings: rankingsOf(...Array.from({ length: nUsers }, () => list)),
  })),
});

const knowledge = (formulas: HetcompFormulas, more: Partial<KnowledgeOptions> = {}): KnowledgeOptions => ({
  discrepancyK: 3,
  alpha: 1.05,
  decay: 0.995,
  period: 10,
  formulas,
  ...more,
});

const distance = (student: readonly number[], teacher: readonly number[], k: number, formulas: HetcompFormulas) =>
  discrepancy(
    Int32Array.from(student),
    Int32Array.from(teacher),
    discrepancyWeights(k),
    new Int32Array(CATALOGUE),
    1,
    formulas,
  );

describe('roundHalfEven', () => {
  // What Python's round() answers.
  const known: readonly (readonly [number, number, number])[] = [
    [0, 2, 0],
    [0.125, 2, 0.12],
    [0.375, 2, 0.38],
    [2.375, 2, 2.38],
    [2.625, 2, 2.62],
    [2.675, 2, 2.67],
    [1.115, 2, 1.11],
    [2.994999, 2, 2.99],
    [2.996, 2, 3],
    [0.03125, 4, 0.0312],
    [0.09375, 4, 0.0938],
    [0.96610820355, 4, 0.9661],
    [1, 4, 1],
  ];
  for (const [x, digits, expected] of known) {
    it(`makes ${x} with ${digits} decimals ${expected}`, () => assert.equal(roundHalfEven(x, digits), expected));
  }

  it('is never further away than half a unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3, noNaN: true }), fc.constantFrom(2, 4), (x, digits) => {
        assert.ok(Math.abs(roundHalfEven(x, digits) - x) <= 0.5 * 10 ** -digits * (1 + 1e-9));
      }),
    );
  });
});

describe('discrepancy', () => {
  const lists = fc
    .tuple(fc.shuffledSubarray([...Array(CATALOGUE).keys()]), fc.shuffledSubarray([...Array(CATALOGUE).keys()]))
    .chain(([a, b]) => fc.record({ a: fc.constant(a), b: fc.constant(b), k: fc.integer({ min: 1, max: 15 }) }));

  it("is one minus the weighted share of common items, at the student's positions", () => {
    fc.assert(
      fc.property(lists, ({ a, b, k }) => {
        const weight = (p: number) => (2 ** Math.exp(-p / 10) - 1) / Math.log2(p + 2);
        const places = [...Array(k).keys()];
        const teacher = new Set(b.slice(0, k));
        const sum = (of: readonly number[]) => of.reduce((total, p) => total + weight(p), 0);
        const got = sum(places.filter((p) => p < a.length && teacher.has(a[p]!)));
        const candidates = sum(places.filter((p) => p < a.length));
        const expected = a.length === 0 ? 0 : 1 - got / candidates;
        assert.ok(Math.abs(distance(a, b, k, 'exact') - expected) < 1e-12);
        assert.equal(distance(a, b, k, 'published'), 1 - roundHalfEven(got / sum(places), 4));
      }),
    );
  });

  it('is 0 for equal lists, also with few or no candidates', () => {
    assert.equal(distance([4, 7], [7, 4], 10, 'exact'), 0);
    assert.equal(distance([], [], 10, 'exact'), 0);
    assert.ok(distance([4, 7], [7, 4], 10, 'published') > 0.5);
  });

  it('does not see the order of the teacher', () => {
    assert.equal(distance([1, 2, 5], [3, 2, 1], 3, 'exact'), distance([1, 2, 5], [1, 2, 3], 3, 'exact'));
  });

  it('keeps no state between users', () => {
    const marks = new Int32Array(CATALOGUE);
    const weights = discrepancyWeights(2);
    const of = (s: number[], t: number[], mark: number) =>
      discrepancy(Int32Array.from(s), Int32Array.from(t), weights, marks, mark, 'exact');
    assert.equal(of([1, 2], [1, 2], 1), 0);
    assert.equal(of([1, 2], [3, 4], 2), 1);
  });
});

describe('advance', () => {
  const far = [9, 10, 11];
  const teacher = teacherOf([far, [0, 1, 2], [3, 4, 5], [6, 7, 8]]);
  const toNext = (student: readonly number[], next: readonly number[]) => distance(student, next, 3, 'published');

  it('only measures the distance to the next checkpoint in the first call', () => {
    const s = newSelection(1, 1);
    advance(s, rankingsOf([0, 1, 9]), [teacher], knowledge('published'), 10);
    assert.deepEqual([...s.selected], [0]);
    assert.equal(s.distance[0], toNext([0, 1, 9], [0, 1, 2]));
    assert.equal(s.started, true);
  });

  it('moves on when the student has come nearer than the threshold asks, and measures the one after', () => {
    const s = newSelection(1, 1);
    advance(s, rankingsOf([0, 9, 10]), [teacher], knowledge('published'), 10);
    advance(s, rankingsOf([0, 1, 3]), [teacher], knowledge('published'), 20);
    assert.deepEqual([...s.selected], [1]);
    assert.equal(s.distance[0], toNext([0, 1, 3], [3, 4, 5]));
  });

  it('does not advance without changes until the threshold is below 1', () => {
    const s = newSelection(1, 1);
    const o = knowledge('published');
    const same = rankingsOf([0, 9, 10]);
    for (let epoch = 10; epoch <= 90; epoch += 10) advance(s, same, [teacher], o, epoch);
    assert.ok(threshold(o, 90) > 1);
    assert.deepEqual([...s.selected], [0]);
    advance(s, same, [teacher], o, 100);
    assert.ok(threshold(o, 100) < 1);
    assert.deepEqual([...s.selected], [1]);
  });

  it('moves on when the student has drifted away', () => {
    const s = newSelection(1, 1);
    advance(s, rankingsOf([0, 1, 9]), [teacher], knowledge('published'), 10);
    advance(s, rankingsOf([0, 9, 10]), [teacher], knowledge('published'), 20);
    assert.deepEqual([...s.selected], [1]);
  });

  it('moves on when the student has arrived; when it already was there, only with exact formulas', () => {
    for (const formulas of ['published', 'exact'] as const) {
      const arrived = newSelection(1, 1);
      advance(arrived, rankingsOf([0, 9, 10]), [teacher], knowledge(formulas), 10);
      advance(arrived, rankingsOf([2, 1, 0]), [teacher], knowledge(formulas), 20);
      assert.deepEqual([...arrived.selected], [1], formulas);
      const there = newSelection(1, 1);
      for (const epoch of [10, 20]) advance(there, rankingsOf([2, 1, 0]), [teacher], knowledge(formulas), epoch);
      assert.deepEqual([...there.selected], [formulas === 'exact' ? 1 : 0], formulas);
    }
  });

  it('keeps the distance to the last checkpoint on the last but one, and stops there', () => {
    const s = newSelection(1, 1);
    const o = knowledge('exact', { alpha: 0.5 });
    for (let epoch = 10; epoch <= 30; epoch += 10) advance(s, rankingsOf([0, 3, 6]), [teacher], o, epoch);
    assert.deepEqual([...s.selected], [2]);
    advance(s, rankingsOf([0, 3, 6]), [teacher], o, 40);
    assert.deepEqual([...s.selected], [3]);
    const kept = s.distance[0]!;
    assert.equal(kept, distance([0, 3, 6], [6, 7, 8], 3, 'exact'));
    advance(s, rankingsOf([9, 10, 11]), [teacher], o, 50);
    assert.deepEqual([[...s.selected], s.distance[0]], [[3], kept]);
  });

  it('handles every user and teacher separately, and never moves back or beyond the last checkpoint', () => {
    const list = fc.shuffledSubarray([...Array(CATALOGUE).keys()], { minLength: 1 });
    const input = fc.record({
      a: fc.array(list, { minLength: 1, maxLength: 4 }),
      b: fc.array(list, { minLength: 1, maxLength: 4 }),
      calls: fc.array(fc.tuple(list, list), { minLength: 1, maxLength: 8 }),
      formulas: fc.constantFrom<HetcompFormulas>('exact', 'published'),
    });
    fc.assert(
      fc.property(input, ({ a, b, calls, formulas }) => {
        const o = knowledge(formulas);
        const teachers = [teacherOf(a, 2), teacherOf(b, 2)];
        const [both, alone] = [newSelection(2, 2), newSelection(1, 1)];
        let before = [0, 0, 0, 0];
        for (const [at, [first, second]] of calls.entries()) {
          advance(both, rankingsOf(first, second), teachers, o, 10 * (at + 1));
          advance(alone, rankingsOf(second), [teacherOf(b)], o, 10 * (at + 1));
          const now = [...both.selected];
          assert.ok(now.every((v, n) => v >= before[n]! && v - before[n]! <= 1 && v < [a, b][n % 2]!.length));
          assert.deepEqual([now[3], both.distance[3]], [alone.selected[0], alone.distance[0]]);
          before = now;
        }
      }),
    );
  });
});

describe('the switch to fine-grained order', () => {
  const teachers = [teacherOf([[0], [1], [2], [3]]), teacherOf([[0], [1]])];
  const selectionOf = (values: readonly number[]) => {
    const s = newSelection(values.length / 2, 2);
    s.selected.set(values);
    return s;
  };

  it('comes when everybody is at the last checkpoint of every teacher, however many each has', () => {
    for (const formulas of ['exact', 'published'] as const) {
      assert.equal(allReached(selectionOf([3, 1, 3, 1]), teachers, formulas), true);
      assert.equal(allReached(selectionOf([3, 1, 3, 0]), teachers, formulas), false);
      assert.equal(allReached(selectionOf([2, 1, 3, 1]), teachers, formulas), false);
    }
  });

  it('comes with published formulas when the rounded means are equal', () => {
    const all = Array.from({ length: 300 }, () => [3, 1]).flat();
    all[0] = 2;
    assert.equal(allReached(selectionOf(all), teachers, 'published'), true);
    assert.equal(allReached(selectionOf(all), teachers, 'exact'), false);
  });

  it('uses means that are rounded half to even', () => {
    const s = selectionOf([1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual(meanSelected(s, 2, 'published'), [0.12, 0.38]);
    assert.deepEqual(meanSelected(s, 2, 'exact'), [0.125, 0.375]);
  });

  it('is seen coming in the shares of users at each checkpoint', () => {
    assert.deepEqual(progressOf(selectionOf([3, 1, 0, 1, 3, 0, 2, 1]), teachers), [
      [0.25, 0, 0.25, 0.5],
      [0.25, 0.75],
    ]);
  });
});

describe('fineUsers', () => {
  const teachers = [teacherOf([[1], [2], [3]], 3), teacherOf([[1], [2]], 3)];
  const at = (selected: readonly number[], started = true) => ({
    ...newSelection(3, 2),
    selected: Uint8Array.from(selected),
    started,
  });
  const some = [2, 1, 2, 0, 2, 1];
  const every = [2, 1, 2, 1, 2, 1];

  it('by user: users at the last checkpoint of each teacher; for all: no user before all are', () => {
    assert.deepEqual([...fineUsers(at(some), teachers, 'exact', 'user')], [1, 0, 1]);
    assert.deepEqual([...fineUsers(at(some), teachers, 'exact', 'all')], [0, 0, 0]);
    for (const rule of ['user', 'all'] as const)
      assert.deepEqual([...fineUsers(at(every), teachers, 'exact', rule)], [1, 1, 1]);
  });

  it('is no user before the first construction, even with a single checkpoint', () => {
    for (const rule of ['user', 'all'] as const)
      assert.deepEqual([...fineUsers(at(every, false), teachers, 'exact', rule)], [0, 0, 0]);
  });
});
