import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ListOptions } from './list-options.js';
import { createStudent } from './student.js';
import { StudentError } from './student-error.js';
import type { StudentModel } from './student-model.js';

const names = (prefix: string, n: number): string[] => Array.from({ length: n }, (_, k) => `${prefix}${k}`);

/** Small whole numbers make sums exact and ties common. */
const models: fc.Arbitrary<StudentModel> = fc
  .record({
    nUsers: fc.integer({ min: 1, max: 4 }),
    nItems: fc.integer({ min: 1, max: 30 }),
    dim: fc.integer({ min: 1, max: 9 }),
    seed: fc.infiniteStream(fc.integer({ min: -2, max: 2 })),
    biased: fc.boolean(),
  })
  .map(({ nUsers, nItems, dim, seed, biased }) => {
    const take = (n: number): Float32Array => Float32Array.from({ length: n }, () => seed.next().value as number);
    const seen = Array.from({ length: nUsers }, () => [...Array(nItems).keys()].filter(() => seed.next().value === 0));
    const indptr = Int32Array.from([0, ...seen.map((_, u) => seen.slice(0, u + 1).flat().length)]);
    return {
      ...{ nUsers, nItems, dim, userFactors: take(nUsers * dim), itemFactors: take(nItems * dim) },
      ...(biased ? { userBiases: take(nUsers), itemBiases: take(nItems) } : {}),
      ...{
        userIds: names('u', nUsers),
        itemIds: names('i', nItems),
        seen: { indptr, indices: Int32Array.from(seen.flat()) },
      },
    };
  });

const lists: fc.Arbitrary<ListOptions> = fc.record(
  {
    k: fc.integer({ min: 1, max: 40 }),
    exclude: fc.array(
      fc.integer({ min: 0, max: 35 }).map((i) => `i${i}`),
      { maxLength: 5 },
    ),
    candidates: fc.array(
      fc.integer({ min: 0, max: 35 }).map((i) => `i${i}`),
      { maxLength: 20 },
    ),
    filter: fc.constant((id: string) => Number(id.slice(1)) % 3 !== 0),
    includeSeen: fc.boolean(),
  },
  { requiredKeys: [] },
);

test('recommend is a full sort of what is allowed', () => {
  fc.assert(
    fc.property(models, lists, (model, options) => {
      const student = createStudent(model);
      for (const [u, userId] of model.userIds.entries()) {
        const { indptr, indices } = model.seen!;
        const own = new Set(options.includeSeen ? [] : indices.subarray(indptr[u]!, indptr[u + 1]!));
        const expected = model.itemIds
          .map((itemId, i) => ({ itemId, i, score: student.score(userId, itemId) }))
          .filter(({ i }) => !own.has(i))
          .filter(({ itemId }) => !options.exclude?.includes(itemId))
          .filter(({ itemId }) => options.candidates?.includes(itemId) ?? true)
          .filter(({ itemId }) => options.filter?.(itemId) ?? true)
          .sort((a, b) => b.score - a.score || a.i - b.i)
          .slice(0, options.k ?? 10)
          .map(({ itemId, score }, n) => ({ itemId, rank: n + 1, score }));
        assert.deepEqual(student.recommend(userId, options), expected);
      }
    }),
  );
});

test('score is the dot product and the biases', () => {
  const student = createStudent({
    ...{ nUsers: 1, nItems: 2, dim: 2, userIds: ['ann'], itemIds: ['tea', 'jam'] },
    userFactors: Float32Array.of(1, 2),
    itemFactors: Float32Array.of(3, 4, -1, 0.5),
    userBiases: Float32Array.of(10),
    itemBiases: Float32Array.of(0.25, 0.5),
  });
  assert.equal(student.score('ann', 'tea'), 1 * 3 + 2 * 4 + 10 + 0.25);
  assert.equal(student.score('ann', 'jam'), 1 * -1 + 2 * 0.5 + 10 + 0.5);
});

/** Two groups of items on orthogonal directions; item 4 has no factors at all. */
const groups: StudentModel = {
  ...{ nUsers: 2, nItems: 5, dim: 2, userIds: ['a', 'b'], itemIds: ['x0', 'x1', 'y0', 'y1', 'z'] },
  userFactors: Float32Array.of(3, 0, 0, 3),
  itemFactors: Float32Array.of(1, 0, 2, 0.1, 0, 1, 0.1, 2, 0, 0),
  labels: ['X zero', '', 'Y zero', 'Y one', 'Z'],
};

test('similar items point the same way, whatever their length', () => {
  const near = createStudent(groups).similarItems('x0', { k: 4 });
  assert.deepEqual(
    near.map(({ itemId }) => itemId),
    ['x1', 'y1', 'y0', 'z'],
  );
  assert.ok(Math.abs(near[0]!.score - 2 / Math.hypot(2, 0.1)) < 1e-6);
  assert.equal(near.at(-1)!.score, 0);
  assert.deepEqual(createStudent(groups).similarItems('z', { k: 1 })[0]!.score, 0);
});

test('labels are returned if there are any', () => {
  const [first, second] = createStudent(groups).recommend('a', { k: 2 });
  assert.deepEqual([first!.itemId, first!.label, 'label' in first!], ['x1', undefined, false]);
  assert.deepEqual([second!.itemId, second!.label], ['x0', 'X zero']);
});

test('fold-in solves its normal equations and has the length of a trained user, with item factors centred if their mean is large', () => {
  const [l2, w] = [0.5, 0.25];
  // With the opposite of each item the mean is 0.
  const opposite: StudentModel = {
    ...groups,
    nItems: 10,
    itemIds: [...groups.itemIds, ...groups.itemIds.map((id) => `-${id}`)],
    itemFactors: Float32Array.of(...groups.itemFactors, ...groups.itemFactors.map((v) => -v)),
  };
  const { labels: _, seen: __, ...plain } = opposite;
  for (const [model, centred] of [
    [groups, true],
    [plain, false],
  ] as const) {
    const { nItems, itemFactors, itemIds } = model;
    const student = createStudent(model);
    const list = student.recommendFromItems(['x0', 'x1', 'unknown'], {
      l2,
      unobserved: w,
      k: nItems,
      includeSeen: true,
    });
    const score = (id: string): number => list.find(({ itemId }) => itemId === id)!.score;
    // On the axes x0 = (1, 0) and y0 = (0, 1) the scores are the new user's two numbers.
    const u = [score('x0'), score('y0')] as const;
    assert.ok(Math.abs(Math.hypot(...u) - 3) < 1e-6);
    const vectors = itemIds.map((_, i) => [itemFactors[2 * i]!, itemFactors[2 * i + 1]!] as const);
    const mean = (d: 0 | 1) => (centred ? vectors.reduce((sum, v) => sum + v[d], 0) / nItems : 0);
    const moved = vectors.map((v) => [v[0] - mean(0), v[1] - mean(1)] as const);
    const own = moved.filter((_, i) => ['x0', 'x1'].includes(itemIds[i]!));
    const products = (of: typeof moved, a: 0 | 1, b: 0 | 1) => of.reduce((sum, v) => sum + v[a] * v[b], 0);
    const ridge = (l2 * (products(moved, 0, 0) + products(moved, 1, 1))) / nItems;
    const entry = (a: 0 | 1, b: 0 | 1) => products(own, a, b) + w * products(moved, a, b) + (a === b ? ridge : 0);
    const [a, b, c] = [entry(0, 0), entry(0, 1), entry(1, 1)];
    const [right0, right1] = [own.reduce((sum, v) => sum + v[0], 0), own.reduce((sum, v) => sum + v[1], 0)];
    const x = [c * right0 - b * right1, a * right1 - b * right0] as const;
    assert.ok(Math.abs(u[0] / u[1] - x[0] / x[1]) < 1e-4 * Math.abs(x[0] / x[1]), `${u} and ${x}`);
    const fresh = student.recommendFromItems(['x0'], { k: 2 });
    assert.equal(fresh[0]!.itemId, 'x1');
  }
});

test('fold-in puts the items of the same group first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 6 }), (group, given) => {
      const model: StudentModel = {
        ...{ nUsers: 1, nItems: 40, dim: 4, userIds: ['u'], itemIds: names('i', 40) },
        userFactors: Float32Array.of(1, 1, 1, 1),
        itemFactors: Float32Array.from({ length: 160 }, (_, k) => {
          const own = Math.floor(k / 40) === k % 4;
          return (own ? 1 : 0) + 0.1 * Math.sin(k * k);
        }),
      };
      const basis = names('i', 40).slice(group * 10, group * 10 + given);
      const list = createStudent(model).recommendFromItems(basis, { k: 10 - given });
      for (const { itemId } of list) assert.equal(Math.floor(Number(itemId.slice(1)) / 10), group);
    }),
  );
});

test('a student without any factor still answers, by bias', () => {
  const student = createStudent({
    ...{ nUsers: 1, nItems: 3, dim: 2, userIds: ['u'], itemIds: ['a', 'b', 'c'] },
    userFactors: new Float32Array(2),
    itemFactors: new Float32Array(6),
    itemBiases: Float32Array.of(1, 3, 2),
  });
  assert.deepEqual(
    student.recommendFromItems(['a']).map(({ itemId }) => itemId),
    ['b', 'c'],
  );
});

test('batch answers in the order asked', () => {
  const student = createStudent(groups);
  assert.deepEqual(student.batch(['b', 'a'], { k: 1 }), [
    student.recommend('b', { k: 1 }),
    student.recommend('a', { k: 1 }),
  ]);
});

test('wrong arguments are refused in a sentence', () => {
  const student = createStudent(groups);
  const refused: [() => unknown, string, RegExp][] = [
    [() => student.recommend('nobody'), 'unknown-user', /no user "nobody"/],
    [() => student.recommend('x'.repeat(1_000_000)), 'unknown-user', /^.{1,120}$/],
    [() => student.score('a', 'nothing'), 'unknown-item', /no item "nothing"/],
    [() => student.recommendFromItems(['nothing']), 'unknown-item', /none of the 1 given items/],
    [() => student.recommendFromItems(['x0'], { l2: 0 }), 'bad-argument', /l2 is 0/],
    [() => student.recommendFromItems(['x0'], { unobserved: -1 }), 'bad-argument', /unobserved is -1/],
    [() => student.recommend('a', { k: 0 }), 'bad-argument', /k is 0/],
    [() => student.recommend('a', { k: 1.5 }), 'bad-argument', /k is 1.5/],
    [() => createStudent({ ...groups, dim: 3 }), 'bad-argument', /userFactors has 4 entries; expected 6/],
    [() => createStudent({ ...groups, itemIds: ['a', 'a', 'b', 'c', 'd'] }), 'bad-argument', /item id occurs twice/],
    [
      () => createStudent({ ...groups, userFactors: Float32Array.of(1, Number.NaN, 0, 0) }),
      'bad-argument',
      /NaN at position 1/,
    ],
    [() => createStudent({ ...groups, nItems: 0 }), 'bad-argument', /nItems is 0/],
  ];
  for (const [call, code, message] of refused) {
    assert.throws(
      call,
      (e) => e instanceof StudentError && e.code === code && message.test(e.message) && e.hint !== '',
      code,
    );
  }
  assert.equal(student.recommend('a', { k: 1_000_000 }).length, 5);
});

test('known items with impossible rows are refused', () => {
  const seen = (indptr: number[], indices: number[]): StudentModel => ({
    ...groups,
    seen: { indptr: Int32Array.from(indptr), indices: Int32Array.from(indices) },
  });
  const rows: [number[], number[], RegExp][] = [
    [[0, 1], [0], /seen.indptr has 2 entries/],
    [[1, 1, 1], [0], /do not cover/],
    [[0, 1, 1], [0, 1], /do not cover/],
    [[0, 2_000_000_000, 1], [0], /row 0 of "seen" has no valid end/],
    [[0, 2, 1], [0, 1, 2].slice(0, 1), /row 0 of "seen" has no valid end/],
    [[0, 1, 1], [5], /has item 5/],
    [[0, 1, 1], [-1], /has item -1/],
    [[0, 2, 2], [1, 1], /has item 1 after 1/],
  ];
  for (const [indptr, indices, message] of rows) assert.throws(() => createStudent(seen(indptr, indices)), { message });
});

test('arguments of a program without types are refused with what was given', () => {
  const [model] = fc.sample(models, 1);
  const student = createStudent(model!);
  const any = (text: string) => JSON.parse(text);
  const refused: readonly (readonly [() => unknown, RegExp])[] = [
    [() => student.recommend(any('7')), /the user id is 7; expected text/],
    [() => student.recommend(Object(undefined).none), /the user id is undefined/],
    [() => student.similarItems(any('null')), /the item id is null/],
    [() => student.recommend('u0', any('{"topK":3}')), /unknown option "topK"/],
    [() => student.recommend('u0', any('{"k":"3"}')), /k is "3"; expected a whole number/],
    [() => student.recommend('u0', any('{"exclude":"i0"}')), /exclude is "i0"; expected a list of ids/],
    [() => student.recommend('u0', any('{"candidates":[1]}')), /the item id is 1; expected text/],
    [() => student.recommend('u0', any('{"includeSeen":"yes"}')), /includeSeen is "yes"; expected a boolean/],
    [() => student.recommend('u0', any('{"filter":true}')), /filter is true; expected a function/],
    [() => student.recommend('u0', any('{"l2":3}')), /unknown option "l2"/],
    [() => student.recommendFromItems(any('"i0"')), /itemIds is "i0"; expected a list/],
    [() => student.recommendFromItems(['i0'], any('{"topK":3}')), /unknown option "topK"/],
    [() => student.batch(any('"u0"')), /userIds is "u0"; expected a list/],
  ];
  for (const [call, message] of refused)
    assert.throws(
      call,
      (error) => error instanceof StudentError && error.code === 'bad-argument' && message.test(error.message),
    );
});
