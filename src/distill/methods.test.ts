/** What each method computes, beside the contract that all keep: curricula, draws, targets, weights. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs } from '../data/interactions.js';
import type { Rankings } from '../data/rankings.js';
import { createReferenceKernels } from '../kernels/index.js';
import { stream } from '../math/random.js';
import type { PairBatch, TrainableModel } from '../models/_model.js';
import { modelOf } from '../models/index.js';
import { drawFront } from './cd.js';
import { curriculumLabels } from './cl-drd.js';
import { ranksOf } from './dcd/weights.js';
import { joined } from './features/joined.js';
import { isCoTrained, type MethodSpec, methodOf, type TeacherKnowledge } from './index.js';

const k = createReferenceKernels('f64');
const train = fromPairs(2, 8, [0, 1], [0, 1]);

function teacher(lists: readonly (readonly number[])[], tables?: TeacherKnowledge['tables']): TeacherKnowledge {
  const rankings: Rankings = { nUsers: 2, nItems: 8, depth: lists[0]!.length, items: Int32Array.from(lists.flat()) };
  const checkpoints = [{ epoch: 1, metrics: {}, rankings }];
  return { teacher: 't', dataFingerprint: '', checkpoints, ...(tables ? { tables } : {}) };
}

/** A student whose users are unit vectors: item i scores `scores[u][i]` for user u. */
async function on(
  spec: MethodSpec,
  teachers: readonly TeacherKnowledge[],
  options: object,
  scores: readonly (readonly number[])[],
) {
  const o = modelOf('bpr-mf').options.parse({ dim: 2 });
  const student = modelOf('bpr-mf').create({ kernels: k, train, seed: 0 }, o) as TrainableModel;
  const [users, items] = student.parameters;
  users!.values.set([1, 0, 0, 1]);
  for (let i = 0; i < 8; i++) items!.values.set([scores[0]![i]!, scores[1]![i]!], 2 * i);
  const rankStudent = async (depth: number): Promise<Rankings> => ({
    ...{ nUsers: 2, nItems: 8, depth },
    items: Int32Array.from(
      scores.flatMap((own, u) => {
        const order = own.map((_, i) => i).filter((i) => i !== u);
        return order
          .sort((a, b) => own[b]! - own[a]!)
          .concat(-1)
          .slice(0, depth);
      }),
    ),
  });
  assert.ok(!isCoTrained(spec));
  const method = await spec.create(
    { kernels: k, student, train, teachers, batchSize: 4, batchesPerEpoch: 1, seed: 1, rankStudent, report() {} },
    spec.options.parse({ lambda: 1, ...options }),
  );
  const batch = (epoch: number): PairBatch => ({
    ...{ kind: 'pairs', size: 2, users: Int32Array.of(0, 1), positives: Int32Array.of(0, 1) },
    ...{ negatives: Int32Array.of(2, 3), perPositive: 1, epoch, index: 0 },
  });
  return { method, items: items!, loss: (epoch = 1) => method.accumulate!(batch(epoch)) };
}

const flat = [new Array(8).fill(0), new Array(8).fill(0)];
const lists = [
  [7, 6, 5, 4],
  [2, 3, 4, 5],
];
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, expected ${expected}`);

test('rrd teaches the first items, in front of others that are not in the list', async () => {
  const { loss, items } = await on(methodOf('rrd'), [teacher(lists)], { topK: 2, remainder: 2 }, flat);
  near(loss(), 2 * (Math.log(4) + Math.log(3)));
  const gradient = (user: number) => Array.from({ length: 8 }, (_, i) => items.gradient[2 * i + user]!);
  assert.ok(gradient(0)[7]! < 0 && gradient(0)[6]! < 0);
  // Not the user's own item, not the rest of the list.
  assert.deepEqual([gradient(0)[0], gradient(0)[5], gradient(0)[4], gradient(1)[1], gradient(1)[4]], [0, 0, 0, 0, 0]);
  assert.equal(gradient(0).filter((g) => g > 0).length, 2);
});

test("dcd uses the student's current errors and updates them every period", async () => {
  // User 0 has the teacher's last two items in front, user 1 agrees with the teacher.
  const scores = [
    [0, 0, 0, 0, 9, 8, 1, 2],
    [0, 0, 9, 8, 7, 6, 0, 0],
  ];
  const { loss, items } = await on(methodOf('dcd'), [teacher(lists)], { topK: 2, period: 2 }, scores);
  loss();
  const gradient = Array.from({ length: 8 }, (_, i) => items.gradient[2 * i]!);
  assert.ok(gradient[7]! < 0 && gradient[6]! < 0 && gradient[4]! > 0 && gradient[5]! > 0);
  const places = new Int32Array(8).fill(-1);
  assert.deepEqual([...ranksOf(Int32Array.of(7, 6), Int32Array.of(1, 7), places)], [1, 2]);
  assert.ok(places.every((p) => p === -1));
});

test('rd weighs by place, and later by what the student lacks', async () => {
  const scores = [
    [0, 0, 0, 0, 0, 0, 0, 9],
    [0, 0, 9, 0, 0, 0, 0, 0],
  ];
  const { loss, items } = await on(methodOf('rd'), [teacher(lists)], { topK: 2, dynamicFrom: 3, samples: 6 }, scores);
  loss(1);
  assert.ok(items.gradient[2 * 7]! < 0);
  items.gradient.fill(0);
  loss(3);
  // Nothing scores higher than the first item.
  assert.equal(Math.abs(items.gradient[2 * 7]!), 0);
});

test('the curriculum of cl-drd has groups of 10 + 10 + 10, then 20 + 5 + 5, then all 30', () => {
  const groups = (stage: number) => {
    const labels = [...curriculumLabels(stage, 30)];
    const coarse = [-0.25, -0.5].map((label) => labels.filter((l) => l === label).length);
    return [labels.filter((l) => l > 0).length, ...coarse];
  };
  assert.deepEqual([0, 1, 2, 9].map(groups), [
    [10, 10, 10],
    [20, 5, 5],
    [30, 0, 0],
    [30, 0, 0],
  ]);
  assert.deepEqual([...curriculumLabels(0, 3)], [1, -0.25, -0.5]);
});

test('cd samples distinct positions, the first ones more often', () => {
  const key = stream(1, 'test');
  const counts = new Int32Array(100);
  for (let user = 0; user < 2000; user++) {
    const drawn = drawFront(100, 20, key, 1, user);
    assert.equal(new Set(drawn).size, 20);
    for (const position of drawn) counts[position]! += 1;
  }
  const [front, back] = [counts.subarray(0, 50), counts.subarray(50)].map((part) => part.reduce((a, b) => a + b, 0));
  assert.ok(front! > 2 * back! && counts.every((c) => c > 0));
  assert.deepEqual(drawFront(3, 20, key, 1, 0), [0, 1, 2]);
  // Scarcely more than are wanted: it ends, with nearly as many.
  assert.ok(drawFront(21, 20, key, 1, 0).length >= 15);
});

test('cd takes targets from the scores of one teacher, else from ranks', async () => {
  const tables = {
    userFactors: Float32Array.of(1, 2),
    itemFactors: Float32Array.from({ length: 8 }, (_, i) => i - 3),
    dim: 1,
  };
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const options = { samples: 4, candidates: 4, temperature: 2 };
  /** At score 0 an item's gradient is 1/2 - target. */
  const targets = async (teachers: readonly TeacherKnowledge[], more: object = {}) => {
    const { loss, items } = await on(methodOf('cd'), teachers, { ...options, ...more }, flat);
    loss();
    return [7, 4].map((item) => 0.5 - items.gradient[2 * item]!);
  };
  (await targets([teacher(lists, tables)])).forEach((target, n) => {
    near(target, sigmoid([4, 1][n]! / 2));
  });
  for (const [teachers, more] of [
    [[teacher(lists)], {}],
    [[teacher(lists, tables)], { targets: 'rank' }],
    [[teacher(lists, tables), teacher(lists, tables)], {}],
  ] as const) {
    (await targets(teachers, more)).forEach((target, n) => {
      near(target, Math.exp(-[0, 3][n]! / 50));
    });
  }
});

test('cd teaches other items in the places behind the end of a list', async () => {
  const { loss, items } = await on(methodOf('cd'), [teacher(lists)], { samples: 7, candidates: 1000 }, flat);
  loss();
  const target = (item: number) => 0.5 - items.gradient[2 * item]!;
  for (const item of [1, 2, 3]) near(target(item), 0);
  for (const [rank, item] of lists[0]!.entries()) near(target(item), Math.exp(-rank / 50));
  // The user's own item is not taught.
  near(items.gradient[0]!, 0);
  const few = await on(methodOf('cd'), [teacher(lists)], { samples: 3, candidates: 1000 }, flat);
  few.loss();
  assert.equal(Array.from({ length: 8 }, (_, i) => few.items.gradient[2 * i]!).filter((g) => g !== 0).length, 3);
});

test("multi-rrd: a user's weights move to the teacher with the closer order; uniform weights do not change", async () => {
  const agreeing = [
    [0, 0, 0, 0, 1, 2, 3, 4],
    [0, 0, 4, 3, 2, 1, 0, 0],
  ];
  const turned = lists.map((list) => [...list].reverse());
  const both = [teacher(lists), teacher(turned)];
  const spec = methodOf('multi-rrd');
  const saved = await on(spec, both, { topK: 4, remainder: 0 }, agreeing);
  const mean = saved.loss();
  const [weights] = saved.method.parameters!;
  const slope = weights!.gradient[0]!;
  assert.ok(slope < 0);
  near(slope + weights!.gradient[1]!, 0);
  const at = (x: number) => {
    weights!.values[0] = x;
    return saved.loss();
  };
  assert.ok(Math.abs((at(1e-5) - at(-1e-5)) / 2e-5 - slope) < 1e-6);
  const uniform = await on(spec, both, { topK: 4, remainder: 0, weighting: 'uniform' }, agreeing);
  near(uniform.loss(), mean);
  assert.equal(uniform.method.parameters, undefined);
});

test('multi-rrd gives no weight to a teacher without a list for the user', async () => {
  const silent = [[-1, -1, -1, -1], lists[1]!];
  const spec = methodOf('multi-rrd');
  const { loss, method } = await on(spec, [teacher(lists), teacher(silent)], { topK: 4, remainder: 0 }, flat);
  // log 4! for each of the two users, whatever the number of teachers that speak.
  near(loss(), 2 * Math.log(24));
  assert.deepEqual([...method.parameters![0]!.gradient.subarray(0, 2)].map(Math.abs), [0, 0]);
  near((await on(spec, [teacher([silent[0]!, silent[0]!])], { topK: 4, remainder: 2 }, flat)).loss(), 0);
});

test('of several teachers de has the rows side by side, so that scores add up', () => {
  const table = (dim: number, from: number) => ({
    userFactors: Float32Array.from({ length: 2 * dim }, (_, n) => from + n),
    itemFactors: Float32Array.from({ length: 8 * dim }, (_, n) => n - from),
    dim,
  });
  const both = joined([teacher(lists, table(1, 3)), teacher(lists, table(2, 5))]);
  assert.equal(both.dim, 3);
  assert.deepEqual([...both.userFactors], [3, 5, 6, 4, 7, 8]);
  assert.deepEqual([...both.itemFactors.subarray(3, 6)], [-2, -3, -2]);
});
