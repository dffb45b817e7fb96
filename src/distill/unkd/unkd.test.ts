/** UnKD: groups, pairs and their frequencies, lists of teachers with and without scores, users without pairs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromPairs, itemCounts } from '../../data/interactions.js';
import { popularityGroups } from '../../data/popularity-groups.js';
import { rankingOf } from '../../data/rankings.js';
import { createReferenceKernels } from '../../kernels/index.js';
import { pairOrderLoss } from '../../losses/index.js';
import { stream } from '../../math/random.js';
import { type DistillContext, isCoTrained, methodOf, type TeacherKnowledge } from '../index.js';
import { createDrawPair, createPairDraws, pairsPerGroup } from './draws.js';
import { groupRankings } from './lists.js';

const kernels = createReferenceKernels('f64');

test('groups are disjoint, ordered by popularity, and have every trained item', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (given, n) => {
      const counts = Int32Array.from(given);
      const groups = popularityGroups(counts, n);
      const items = groups.flatMap((group) => [...group]);
      assert.equal(new Set(items).size, items.length);
      assert.equal(items.length, counts.filter((count) => count > 0).length);
      items.forEach((item, at) => void assert.ok(at === 0 || counts[items[at - 1]!]! >= counts[item]!));
      assert.ok(groups.every((group) => group.length > 0));
      if (n === 1) assert.ok(groups.length <= 1);
    }),
  );
});

test('a pair has two positions in order, at any temperature and any length', () => {
  const unit = fc.double({ min: 0, max: 1 - 2 ** -53, noNaN: true });
  const length = fc.integer({ min: 2, max: 50 });
  fc.assert(
    fc.property(length, fc.constantFrom(1e-3, 0.1, 20, 1e6), unit, unit, (n, temperature, u, v) => {
      const [better, worse] = createDrawPair(n, temperature)(u, v);
      assert.ok(0 <= better && better < worse && worse < n, `${better}, ${worse}`);
    }),
  );
});

test('pairs have the golden probabilities (chi-squared)', () => {
  const [n, mu, DRAWS] = [5, 2, 30_000];
  const p = Array.from({ length: n }, (_, at) => Math.exp(-(at + 1) / mu));
  const total = p.reduce((a, b) => a + b);
  const squares = p.reduce((sum, x) => sum + (x / total) ** 2, 0);
  const seen = new Map<string, number>();
  const draws = createPairDraws(stream(3, 'test'), mu);
  for (let user = 0; user < DRAWS / 3; user++)
    for (let pair = 0; pair < 3; pair++) {
      const key = draws.draw(n, 2, user, pair).join();
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  let chi = 0;
  for (let a = 0; a < n; a++)
    for (let b = a + 1; b < n; b++) {
      const expected = (DRAWS * 2 * (p[a]! / total) * (p[b]! / total)) / (1 - squares);
      chi += ((seen.get(`${a},${b}`) ?? 0) - expected) ** 2 / expected;
    }
  // The 99.9 % quantile with 9 degrees of freedom.
  assert.ok(chi < 27.9, `chi-squared ${chi}`);
});

test('the pairs of a user are divided among the groups', () => {
  assert.deepEqual([...pairsPerGroup(2, 4, 'even')], [1, 1, 0, 0]);
  assert.deepEqual([...pairsPerGroup(30, 4, 'rounded')], [8, 8, 8, 8]);
});

test('the loss and its gradient are finite at any difference', () => {
  const gradient = new Float64Array(4);
  assert.equal(pairOrderLoss(Float64Array.of(-1000, 1000, 1000, -1000), gradient), 1000);
  assert.deepEqual([...gradient], [-0.5, 0.5, -0, 0]);
  assert.equal(pairOrderLoss(new Float64Array(0), new Float64Array(0)), 0);
});

// Items 0 and 1 are popular; 2 to 5 are not.
const train = fromPairs(4, 6, [0, 1, 2, 3, 0, 1, 2, 1, 2, 3], [0, 0, 0, 0, 1, 1, 2, 3, 4, 5]);
const groups = popularityGroups(itemCounts(train), 2);

function teacher(lists: readonly (readonly number[])[], tables?: TeacherKnowledge['tables']): TeacherKnowledge {
  const depth = Math.max(...lists.map((list) => list.length));
  const items = Int32Array.from(lists.flatMap((list) => [...list, ...Array<number>(depth - list.length).fill(-1)]));
  const rankings = { nUsers: 4, nItems: 6, depth, items };
  const checkpoints = [{ epoch: 1, metrics: {}, rankings }];
  return { teacher: 't', dataFingerprint: '', checkpoints, ...(tables ? { tables } : {}) };
}

test('lists of a group: of the stored list without own items, or of all items of a teacher with scores', async () => {
  assert.deepEqual(
    groups.map((group) => [...group]),
    [[0], [1, 2, 3, 4, 5]],
  );
  const listed = teacher([[4, 0, 2, 1], [], [1], [2, 5, 1]]);
  const context = { kernels, train, teachers: [listed] };
  const [, rest] = await groupRankings(context, groups, 3);
  assert.deepEqual(
    [0, 1, 3].map((user) => [...rankingOf(rest!, user)]),
    [[4, 2], [], [2, 1]],
  );
  const tables = {
    userFactors: Float32Array.of(1, 1, 1, -1),
    itemFactors: Float32Array.of(9, 1, 2, 3, 4, 5),
    dim: 1,
  };
  const [, scored] = await groupRankings({ ...context, teachers: [teacher([[4]], tables)] }, groups, 3);
  assert.deepEqual(
    [0, 1, 3].map((user) => [...rankingOf(scored!, user)]),
    [
      [5, 4, 3],
      [5, 4, 2],
      [1, 2, 3],
    ],
  );
});

test('teachers without two candidates of any user in a group are refused', async () => {
  const spec = methodOf('unkd');
  assert.ok(!isCoTrained(spec));
  const context = {
    kernels,
    train,
    teachers: [teacher([[4], [], [1], [2]])],
    seed: 1,
    batchSize: 2,
    batchesPerEpoch: 2,
  };
  await assert.rejects(
    async () => spec.create(context as unknown as DistillContext, spec.options.parse({ groups: 2 })),
    { code: 'needs-not-met' },
  );
});
