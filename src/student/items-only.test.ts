/** Answers of students without users: their vector, their profile, and bad input. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { historyFactor, historyVector } from './history.js';
import { itemsOnlyModel } from './items-only.test.support.js';
import { createStudent } from './student.js';
import type { StudentModel } from './student-model.js';

const model = itemsOnlyModel();
const student = createStudent(model);
const ids = (...items: number[]) => items.map((i) => model.itemIds[i]!);

test('the vector is a float32 sum in ascending order, multiplied once', () => {
  const inputs = Float32Array.of(1, 2 ** -24, 2 ** -24, 4, 4, 4);
  // In ascending order both small values are lost, in another order they would not be.
  assert.deepEqual([...historyVector(inputs, 1, [0, 1, 2], 0)], [1]);
  assert.deepEqual(
    [...historyVector(inputs, 2, [0, 2], 0.5)],
    [Math.fround(5 / Math.SQRT2), Math.fround(4 / Math.SQRT2)],
  );
  assert.deepEqual([...historyVector(inputs, 2, [1, 2], 1)], [Math.fround((2 ** -24 + 4) / 2), 4]);
  assert.deepEqual([...historyVector(inputs, 2, [], 0)], [0, 0]);
  assert.deepEqual(
    [historyFactor(0, 0), historyFactor(9, 0.5), historyFactor(4, 1), historyFactor(7, 0)],
    [0, 1 / 3, 0.25, 1],
  );
});

test('the power of the length of a history is that of the engine, from square roots alone', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, exponent) => {
      assert.ok(Math.abs(historyFactor(n, exponent) * n ** exponent - 1) < 1e-14, `${n} ** -${exponent}`);
      assert.deepEqual([historyFactor(n, 0), historyFactor(n, 0.5), historyFactor(n, 1)], [1, 1 / Math.sqrt(n), 1 / n]);
    }),
    { numRuns: 2000 },
  );
  assert.equal(historyFactor(10 ** 6, 5e-324), 1);
  // The same bits in every engine.
  assert.deepEqual([historyFactor(81, 0.75), historyFactor(16, 0.25)], [1 / 27, 0.5]);
});

test('the order of the given items does not matter, an item counts once, unknown ones are ignored', () => {
  const list = student.recommendFromItems(ids(3, 17, 40), { k: 60 });
  assert.deepEqual(student.recommendFromItems(ids(40, 3, 17), { k: 60 }), list);
  assert.deepEqual(student.recommendFromItems([...ids(40, 3, 40, 17, 3), 'unknown'], { k: 60 }), list);
  assert.equal(list.length, 57);
  assert.ok(list.every(({ itemId }) => !ids(3, 17, 40).includes(itemId)));
  assert.equal(student.recommendFromItems(ids(3, 17, 40), { k: 60, includeSeen: true }).length, 60);
});

test('a profile changes item by item, and its exact answers are those of the whole list', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 59 })), { maxLength: 60 }), (changes) => {
      const profile = student.profile(ids(5));
      const own = new Set([5]);
      for (const [adds, item] of changes) {
        const [id] = ids(item);
        assert.equal(adds ? profile.add(id!) : profile.remove(id!), adds !== own.has(item));
        if (adds) own.add(item);
        else own.delete(item);
      }
      const sorted = [...own].sort((a, b) => a - b);
      assert.deepEqual(profile.items(), ids(...sorted));
      assert.equal(profile.size, own.size);
      assert.deepEqual(profile.recommend({ k: 8 }), student.recommendFromItems(ids(...sorted), { k: 8 }));
      if (own.size === 0) return;
      const near = profile.recommend({ k: 60, exact: false, includeSeen: true });
      const exact = profile.recommend({ k: 60, includeSeen: true });
      for (const { itemId, score } of exact) {
        assert.equal(profile.score(itemId), score);
        assert.ok(Math.abs(profile.score(itemId, { exact: false }) - score) < 1e-5);
        assert.equal(near.find((r) => r.itemId === itemId)!.score, profile.score(itemId, { exact: false }));
      }
    }),
    { numRuns: 50 },
  );
});

test('a profile says what it cannot do', () => {
  const profile = student.profile([...ids(1), 'unknown']);
  assert.equal(profile.size, 1);
  assert.equal(profile.has(ids(1)[0]!), true);
  assert.throws(() => profile.add('unknown'), { code: 'unknown-item' });
  assert.throws(() => profile.remove('unknown'), { code: 'unknown-item' });
  assert.throws(() => profile.recommend({ exact: 1 as never }), { code: 'bad-argument' });
  assert.throws(() => profile.recommend({ l2: 3 }), { code: 'bad-argument', message: /without fold-in/ });
  assert.throws(() => student.profile('1' as never), { code: 'bad-argument' });
  const nothing = { code: 'unknown-item', message: /none of the 2 given items/ };
  assert.throws(() => student.profile(['no', 'nor']), nothing);
  const empty = student.profile();
  assert.throws(() => empty.recommend({ exact: 1 as never }), { code: 'bad-argument', message: /exact is 1/ });
  assert.throws(() => empty.recommend({ l2: 3 }), { code: 'bad-argument', message: /without fold-in/ });
  const folding = createStudent({ ...model, answer: { by: 'fold-in', userNorm: 2 } });
  const folded = folding.profile(ids(1));
  folded.add(ids(2)[0]!);
  assert.deepEqual(folded.recommend(), folding.recommendFromItems(ids(1, 2)));
  assert.throws(() => folded.recommend({ exact: false }), { code: 'bad-argument', message: /fold-in/ });
  for (const give of [folding.profile().recommend, (o: object) => folding.recommendFromItems([], o)])
    assert.throws(() => give({ l2: -1 }), { code: 'bad-argument', message: /l2 is -1/ });
  assert.throws(() => folding.profile().recommend({ exact: false }), { code: 'bad-argument', message: /fold-in/ });
});

test('without items: popular ones, or an error that says so', () => {
  const popular = student.recommendFromItems([], { k: 2, exclude: ids(59) });
  assert.deepEqual(
    popular.map(({ itemId, rank, score }) => [itemId, rank, score]),
    [
      [ids(58)[0], 1, 99],
      [ids(57)[0], 2, 98],
    ],
  );
  assert.deepEqual(student.profile().recommend({ k: 1 }), student.recommendFromItems([], { k: 1 }));
  assert.throws(() => student.recommendFromItems([], { k: 0 }), { code: 'bad-argument' });
  const { popular: _, ...bare } = model;
  assert.throws(() => createStudent(bare).recommendFromItems([]), {
    code: 'empty-history',
    message: /no popular items/,
  });
  assert.throws(() => student.recommendFromItems(['x', 'y']), { code: 'unknown-item', message: /none of the 2 given/ });
});

test('without items, a student with histories recommends their popular items', () => {
  const withUsers: StudentModel = {
    ...{
      nUsers: 3,
      nItems: 4,
      dim: 1,
      userFactors: Float32Array.of(1, 2, 3),
      itemFactors: Float32Array.of(1, 2, 3, 4),
    },
    ...{ userIds: ['a', 'b', 'c'], itemIds: ['p', 'q', 'r', 's'] },
    seen: { indptr: Int32Array.of(0, 2, 3, 4), indices: Int32Array.of(1, 3, 3, 3) },
  };
  const users = createStudent(withUsers);
  const expected = [
    { itemId: 's', rank: 1, score: 3 },
    { itemId: 'q', rank: 2, score: 1 },
  ];
  assert.deepEqual(users.profile([]).recommend({ k: 2 }), expected);
  assert.deepEqual(users.recommendFromItems([], { k: 2 }), expected);
  assert.throws(() => users.profile(['nope']), { code: 'unknown-item' });
  const { seen: _, ...bare } = withUsers;
  // Without histories, by the mean score of the users.
  const best = [
    { itemId: 's', rank: 1, score: 8 },
    { itemId: 'r', rank: 2, score: 6 },
  ];
  assert.deepEqual(createStudent(bare).profile().recommend({ k: 2 }), best);
  assert.deepEqual(createStudent(bare).recommendFromItems([], { k: 2 }), best);
});

test('calls that need users are refused with what to do', () => {
  const refused = { code: 'wrong-kind', message: /items-only and has no users/, hint: /recommendFromItems/ };
  assert.throws(() => student.recommend('ann'), refused);
  assert.throws(() => student.batch(['ann']), refused);
  assert.throws(() => student.score('ann', '10'), refused);
  assert.equal(student.hasUser('ann'), false);
  assert.equal(student.similarItems(ids(1)[0]!, { k: 3 }).length, 3);
});

test('a catalogue of one item, and a history of 100,000 items', () => {
  const one = createStudent(itemsOnlyModel({ nItems: 1 }));
  assert.deepEqual(one.recommendFromItems(['10']), []);
  assert.equal(one.recommendFromItems(['10'], { includeSeen: true }).length, 1);
  assert.equal(one.warmUp(), createStudent(model).warmUp());
  const many: StudentModel = itemsOnlyModel({ nItems: 100_010, dim: 4 });
  const large = createStudent(many);
  const own = many.itemIds.slice(0, 100_000);
  const list = large.recommendFromItems(own, { k: 20 });
  assert.equal(list.length, 10);
  assert.deepEqual(large.recommendFromItems([...own].reverse(), { k: 20 }), list);
  assert.ok(list.every(({ score }) => Number.isFinite(score)));
});

test('lists with and without WebAssembly are the same', () => {
  const large = itemsOnlyModel({ nItems: 5000, dim: 9, exponent: 0.7 });
  const [fast, plain] = [createStudent(large), createStudent(large, { kernel: 'plain' })];
  for (let n = 0; n < 50; n++) {
    const own = [n, 7 * n + 3, 4999 - n].map((i) => large.itemIds[i]!);
    assert.deepEqual(fast.recommendFromItems(own, { k: 50 }), plain.recommendFromItems(own, { k: 50 }));
  }
});
