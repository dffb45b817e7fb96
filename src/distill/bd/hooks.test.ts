import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Dataset, has, itemsOf, loadDataset } from '../../data/index.js';
import { createReferenceKernels, type Kernels } from '../../kernels/index.js';
import type { PairBatch, RowBatch } from '../../models/_model.js';
import { modelOf, type TrainableModel } from '../../models/index.js';
import type { CoLearner } from '../_method.js';
import { createBd } from './hooks.js';
import { type BdLoss, bdOptions } from './options.js';
import { discrepancyRule, maxEpsilon, ruleTable, type Sampling } from './weights.js';

const load = (): Promise<Dataset> => loadDataset({ data: 'synthetic:40x50x500' });
const k = createReferenceKernels('f64');

function learner(dataset: Dataset, model: string, dim: number, seed: number, more: object = {}): CoLearner {
  const { options, create } = modelOf(model);
  const o = options.parse({ dim, batchSize: 32, ...(model === 'bpr-mf' ? { initScale: 0.5 } : {}), ...more });
  const made = create({ kernels: k, train: dataset.train, seed }, o) as TrainableModel;
  return { model: made, batchSize: 32, negatives: Number(o.negatives) };
}

const method = (more: Partial<BdLoss> = {}): BdLoss => bdOptions.parse({ update: 3, ...more });

async function start(more: Partial<BdLoss> = {}, model = 'bpr-mf') {
  const dataset = await load();
  const [teacher, student] = [learner(dataset, model, 6, 1), learner(dataset, model, 2, 2)];
  const told: unknown[] = [];
  const report = (_: number, details: unknown) => void told.push(details);
  const hooks = createBd({ kernels: k, train: dataset.train, teacher, student, report }, method(more));
  return { train: dataset.train, teacher, student, hooks, told };
}

/** Ranks of a user's unobserved items, 1 = best; 0 for train items. */
function ranksOf(kernels: Kernels, { model }: CoLearner, train: Dataset['train'], user: number): number[] {
  const scores = kernels.floats(train.nItems);
  model.scoreRows(Object.assign(kernels.ints(1), [user]), scores);
  const order = [...scores.keys()].filter((i) => !has(train, user, i)).sort((a, b) => scores[b]! - scores[a]! || a - b);
  return [...scores.keys()].map((i) => order.indexOf(i) + 1);
}

test('items are sampled for every interaction and epoch of a period: unobserved, for the student only items that it ranks lower', async () => {
  const { train, teacher, student, hooks, told } = await start();
  await hooks.beforeEpoch!(1);
  const [toTeacher, toStudent] = hooks.tables!.map((t) => t.values);
  const total = train.indices.length;
  assert.deepEqual([toTeacher!.length, toStudent!.length], [3 * total, 3 * total]);
  assert.deepEqual(told, [{ usersWithoutDraw: { teacher: 0, student: 0 } }]);
  for (let user = 0; user < train.nUsers; user++) {
    const [t, s] = [ranksOf(k, teacher, train, user), ranksOf(k, student, train, user)];
    for (let epoch = 0; epoch < 3; epoch++) {
      for (let at = train.indptr[user]!; at < train.indptr[user + 1]!; at++) {
        const [forTeacher, forStudent] = [toTeacher![epoch * total + at]!, toStudent![epoch * total + at]!];
        assert.ok(t[forTeacher]! > 0, 'unobserved');
        assert.ok(s[forStudent]! > t[forStudent]!, `user ${user}: ranks ${t[forStudent]} and ${s[forStudent]}`);
      }
    }
  }
  const before = toTeacher!.slice();
  for (const epoch of [2, 3]) await hooks.beforeEpoch!(epoch);
  assert.deepEqual(toTeacher, before);
  await hooks.beforeEpoch!(4);
  assert.notDeepEqual(toTeacher, before);
  hooks.close();
});

/** The first interactions of some users. */
const pairs = (train: Dataset['train'], users: readonly number[]): PairBatch => ({
  ...{ kind: 'pairs', size: users.length, perPositive: 1, epoch: 2, index: 0 },
  users: Object.assign(k.ints(users.length), users),
  positives: Object.assign(
    k.ints(users.length),
    users.map((u) => itemsOf(train, u)[0]!),
  ),
  negatives: k.ints(users.length).fill(-9),
});

test('a step moves the scores of sampled items towards the softened scores of the other model, weighted by lambda', async () => {
  for (const lambda of [0.25, 1]) {
    const { train, teacher, student, hooks } = await start({ studentLambda: lambda, studentTemperature: 2 });
    await hooks.beforeEpoch!(1);
    const batch = pairs(train, [3, 5, 3]);
    const drawn = hooks.tables![1]!.values;
    const start2 = train.indices.length;
    const scoreOf = ({ model }: CoLearner, user: number, item: number): number => {
      const f = model.factors!();
      let sum = 0;
      for (let d = 0; d < f.dim; d++) sum += f.userFactors[user * f.dim + d]! * f.itemFactors[item * f.dim + d]!;
      return sum;
    };
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    let expected = 0;
    for (const user of [3, 5, 3]) {
      const item = drawn[start2 + train.indptr[user]!]!;
      const [z, target] = [scoreOf(student, user, item), sigmoid(scoreOf(teacher, user, item) / 5)];
      expected -= target * Math.log(sigmoid(z)) + (1 - target) * Math.log(1 - sigmoid(z));
    }
    assert.ok(Math.abs(hooks.accumulate!(batch, 1) - lambda * expected) < 1e-9);
    assert.ok(
      teacher.model.parameters.every((p) => p.gradient.every((g) => g === 0)),
      'the other is left alone',
    );
    assert.ok(student.model.parameters.every((p) => p.gradient.some((g) => g !== 0)));
    hooks.close();
  }
});

test('in batches of users each sampled item counts once', async () => {
  const { train, teacher, student, hooks } = await start({ samples: 40, teacherLambda: 1 }, 'cdae');
  await hooks.beforeEpoch!(1);
  const users = [0, 7];
  const batch: RowBatch = { kind: 'rows', size: 2, users: Object.assign(k.ints(2), users), epoch: 1, index: 0 };
  const drawn = hooks.tables![0]!.values;
  const [asked, different] = users.reduce(
    ([all, some], u) => {
      const own = drawn.subarray(train.indptr[u]! * 40, train.indptr[u + 1]! * 40);
      return [all! + own.length, some! + new Set(own).size];
    },
    [0, 0],
  );
  assert.ok(different! < asked! / 2, 'items repeat');
  // Where all scores are 0 each point costs ln 2.
  for (const { model } of [teacher, student]) for (const p of model.parameters) p.values.fill(0);
  assert.ok(Math.abs(hooks.accumulate!(batch, 0) - different! * Math.LN2) < 1e-9);
  hooks.close();
});

test('with sharedDraw, the sampled items replace the negatives', async () => {
  for (const sharedDraw of [false, true]) {
    const { train, hooks } = await start({ sharedDraw });
    await hooks.beforeEpoch!(1);
    const batch = pairs(train, [4, 6]);
    hooks.prepare!(batch, 0);
    const total = train.indices.length;
    const expected = [4, 6].map((u) => hooks.tables![0]!.values[total + train.indptr[u]!]!);
    assert.deepEqual([...batch.negatives], sharedDraw ? expected : [-9, -9]);
    hooks.close();
  }
});

test('closing gives all memory back', async () => {
  const dataset = await load();
  const [teacher, student] = [learner(dataset, 'bpr-mf', 6, 1), learner(dataset, 'bpr-mf', 2, 2)];
  const before = k.bytesInUse;
  const hooks = createBd({ kernels: k, train: dataset.train, teacher, student, report() {} }, method());
  await hooks.beforeEpoch!(1);
  hooks.close();
  assert.equal(k.bytesInUse, before);
});

test('the rules by hand', () => {
  const of = (sampling: Sampling) =>
    (['to-teacher', 'to-student'] as const).map((direction) => {
      const rule = discrepancyRule(direction, { sampling, epsilon: 0.1, epsilonTanh: 0.5, rankTemperature: 4 });
      const { weights, offset, first, second } = ruleTable(k, rule, 9);
      return (t: number, s: number) => weights[offset + first * t + second * s]!;
    });
  const [exp, tanh] = [(x: number) => Math.exp(0.1 * x), (x: number) => Math.tanh(Math.max(0.5 * x, 0))];
  const expected: Record<Sampling, (t: number, s: number) => readonly [number, number]> = {
    intended: (t, s) => [exp(t - s), tanh(s - t)],
    published: (t, s) => [exp(t - s), tanh(s - t)],
    swapped: (t, s) => [tanh(t - s), exp(s - t)],
    uniform: () => [1, 1],
    top: (t, s) => [Math.exp(-s / 4), Math.exp(-t / 4)],
  };
  for (const [sampling, weights] of Object.entries(expected) as [Sampling, (typeof expected)[Sampling]][]) {
    const rules = of(sampling);
    for (const [t, s] of [
      [1, 9],
      [9, 1],
      [4, 4],
      [1, 1],
      [9, 9],
    ] as const)
      assert.deepEqual(
        rules.map((rule) => rule(t, s)),
        weights(t, s),
        `${sampling} ${t} ${s}`,
      );
  }
  assert.ok(Math.exp(maxEpsilon(1000) * 1000) < 3.4e38);
});
