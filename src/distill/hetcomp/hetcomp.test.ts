import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromPairs, type Interactions, itemsOf } from '../../data/interactions.js';
import { type Rankings, rankingOf } from '../../data/rankings.js';
import type { Trajectory } from '../../data/trajectory.js';
import { createReferenceKernels, type Kernels } from '../../kernels/index.js';
import { modelOf, type PairBatch, type TrainableModel } from '../../models/index.js';
import type { MethodHooks } from '../_method.js';
import { thinned } from '../curriculum/knowledge.js';
import { hetcomp } from './hetcomp.js';

const ITEMS = 16;
const train: Interactions = fromPairs(5, ITEMS, [0, 0, 0, 1, 3, 3, 4], [2, 7, 9, 0, 1, 2, 5]);

const rankingsOf = (listOf: (user: number) => readonly number[]): Rankings => {
  const items = new Int32Array(train.nUsers * ITEMS).fill(-1);
  for (let u = 0; u < train.nUsers; u++) items.set(listOf(u), u * ITEMS);
  return { nUsers: train.nUsers, nItems: ITEMS, depth: ITEMS, items };
};

/** Checkpoint c puts the unobserved items in ascending order, begun at item c. */
const teacherOf = (checkpoints: number, observed: boolean): Trajectory => ({
  teacher: 't',
  dataFingerprint: '',
  checkpoints: Array.from({ length: checkpoints }, (_, c) => ({
    epoch: c + 1,
    metrics: {},
    rankings: rankingsOf((u) =>
      Array.from({ length: ITEMS }, (_, i) => (i + c) % ITEMS).filter((i) => !itemsOf(train, u).includes(i)),
    ),
  })),
  ...(observed ? { observed: rankingsOf((u) => [...itemsOf(train, u)].reverse()) } : {}),
});

type Step = Pick<Parameters<Kernels['hetcomp']>[0], 'scale' | 'phase' | 'formulas' | 'topK'> & {
  users: number[];
  ranked: number[];
  observed: number[][];
};

/** The method on a student, with what it asked the kernel for. */
function make(
  options: object,
  teachers = [teacherOf(3, true), teacherOf(2, false)],
  rankStudent = () => teacherOf(1, false).checkpoints[0]!.rankings,
) {
  const steps: Step[] = [];
  const told: Readonly<Record<string, unknown>>[] = [];
  const base = createReferenceKernels('f64');
  const kernels = Object.create(base, {
    hetcomp: {
      value(step: Parameters<Kernels['hetcomp']>[0]) {
        const { scale, phase, formulas, topK, observed } = step;
        const lists = Array.from({ length: train.nUsers }, (_, u) => [
          ...observed.indices.subarray(observed.indptr[u]!, observed.indptr[u + 1]!),
        ]);
        steps.push({
          scale,
          phase,
          formulas,
          topK,
          users: [...step.users],
          ranked: [...step.ranked],
          observed: lists,
        });
        base.hetcomp(step);
      },
    },
  }) as Kernels;
  const spec = modelOf('bpr-mf');
  const student = spec.create({ kernels, train, seed: 1 }, spec.options.parse({ dim: 2 })) as TrainableModel;
  const context = { kernels, student, train, teachers, batchSize: 4, batchesPerEpoch: 2, seed: 1 };
  const method = hetcomp.create(
    {
      ...context,
      rankStudent: async () => rankStudent(),
      report: (epoch, details) => void told.push({ epoch, ...details }),
    },
    hetcomp.options.parse({ topK: 4, observedK: 2, discrepancyK: 3, period: 2, ...options }),
  ) as MethodHooks;
  return { method, steps, told };
}

const batch = (users: readonly number[], epoch = 1, index = 0): PairBatch => {
  const ids = Int32Array.from(users);
  return {
    kind: 'pairs',
    size: users.length,
    users: ids,
    positives: ids,
    negatives: ids,
    perPositive: 1,
    epoch,
    index,
  };
};

/** Whether patience began anew after each of the first epochs. */
async function restartsOf(method: MethodHooks, epochs: number): Promise<boolean[]> {
  const restarts: boolean[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) restarts.push((await method.afterEpoch!(epoch)).restartPatience);
  return restarts;
}

/** An epoch in which every user is at the last checkpoint of every teacher. */
async function finish(method: MethodHooks): Promise<void> {
  for (let epoch = 2; epoch <= 10; epoch += 2) await method.afterEpoch!(epoch);
}

test('the loss is weighted by lambda, and in the fine phase by fineWeight, too', async () => {
  const { method, steps, told } = make({ lambda: 0.3, fineWeight: 0.25, alpha: 0.5 });
  method.accumulate!(batch([0]));
  await finish(method);
  method.accumulate!(batch([0]));
  assert.deepEqual(
    steps.map((s) => [s.phase, s.scale, s.formulas, s.topK]),
    [
      ['overall', 0.3, 'exact', 4],
      ['fine', 0.3 * 0.25, 'exact', 4],
    ],
  );
  assert.equal(told.at(-1)!.fine, 1);
  assert.equal(make({ base: 'kept' }).method.base, 'kept');
  assert.equal(make({}).method.base, 'replaced');
});

test('the option formulas reaches the kernel', () => {
  const { method, steps } = make({ formulas: 'published' });
  method.accumulate!(batch([0]));
  assert.equal(steps[0]!.formulas, 'published');
});

test('rows users: every user once an epoch, in another order in the next, the same when asked again', () => {
  const { method, steps } = make({ lossUsers: 'all' });
  const epoch = (e: number) => {
    steps.length = 0;
    for (const index of [0, 1]) method.accumulate!(batch([0, 0], e, index));
    return steps.flatMap((s) => s.users);
  };
  const orders = [1, 2, 3, 4].map(epoch);
  for (const order of orders) assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4]);
  assert.ok(new Set(orders.map(String)).size > 1);
  assert.deepEqual(epoch(2), orders[1]);
});

test('lossUsers batch: the distinct users of the batch', () => {
  const { method, steps } = make({ lossUsers: 'batch' });
  method.accumulate!(batch([4, 0, 4, 3]));
  assert.deepEqual(steps[0]!.users, [0, 3, 4]);
});

test('observed items are in the order of the teachers who rank them, at most observedK, without any in order of id', () => {
  const { method, steps } = make({});
  method.accumulate!(batch([0]));
  assert.deepEqual(steps[0]!.observed, [[9, 7], [0], [], [2, 1], [5]]);
  const silent = make({}, [teacherOf(2, false)]);
  silent.method.accumulate!(batch([0]));
  assert.deepEqual(silent.steps[0]!.observed, [[2, 7], [0], [], [1, 2], [5]]);
  // A teacher from elsewhere may rank the items of some users only.
  const partly = teacherOf(2, true);
  partly.observed!.items.fill(-1, 0, partly.observed!.depth);
  const mixed = make({}, [partly]);
  mixed.method.accumulate!(batch([0]));
  assert.deepEqual(mixed.steps[0]!.observed, [[2, 7], [0], [], [2, 1], [5]]);
});

test('the ranked items are those of the checkpoints that each user has reached', async () => {
  const teachers = [teacherOf(4, true)];
  const { method, steps, told } = make({ alpha: 0.5 }, teachers);
  const listOf = (c: number, u: number) => [...rankingOf(teachers[0]!.checkpoints[c]!.rankings, u)].slice(0, 4);
  for (const [call, expected] of [0, 0, 1, 2, 3, 3].entries()) {
    method.accumulate!(batch([0]));
    for (let u = 0; u < train.nUsers; u++)
      assert.deepEqual(steps.at(-1)!.ranked.slice(4 * u, 4 * u + 4), listOf(expected, u), `call ${call}, user ${u}`);
    await method.afterEpoch!(2 * (call + 1));
  }
  assert.deepEqual((told.at(-1) as { teachers: unknown[] }).teachers.length, 1);
});

test('knowledge is built every period epochs, and patience counts from the fine phase on', async () => {
  const { method, told } = make({ alpha: 0.5, period: 3 });
  const restarts = await restartsOf(method, 18);
  assert.deepEqual(
    told.map((t) => [t.epoch, t.fine]),
    [3, 6, 9, 12, 15, 18].map((epoch) => [epoch, epoch < 9 ? 0 : 1]),
  );
  assert.deepEqual(
    restarts,
    restarts.map((_, at) => at + 1 <= 9),
  );
});

test('patience waits for the curriculum even if the loss never becomes fine-grained', async () => {
  const { method } = make({ alpha: 0.5, transfer: 'overall' });
  const restarts = await restartsOf(method, 10);
  assert.ok(restarts[0]);
  assert.ok(!restarts.at(-1));
});

test('with published formulas the patience is not reset', async () => {
  const { method, told } = make({ alpha: 0.5, formulas: 'published' }, [teacherOf(1, true)]);
  assert.equal((await method.afterEpoch!(2)).restartPatience, false);
  assert.equal(told[0]!.fine, 1);
});

test('switch user: users at the last checkpoints get the fine-grained loss before the others', async () => {
  const teacher = teacherOf(2, true);
  const [early, last] = teacher.checkpoints.map((c) => c.rankings);
  // Users 1 and 4 come to rank as the teacher does at its last checkpoint.
  const near = { ...early!, items: early!.items.slice() };
  for (const u of [1, 4]) near.items.set(last!.items.subarray(u * ITEMS, (u + 1) * ITEMS), u * ITEMS);
  for (const rule of ['user', 'all']) {
    const looks = [early!, near];
    const { method, steps, told } = make({ switch: rule, lossUsers: 'batch' }, [teacher], () => looks.shift() ?? near);
    const phases = () => {
      steps.length = 0;
      const loss = method.accumulate!(batch([0, 1, 3, 4]));
      return { loss, steps: steps.map((s) => [s.phase, s.users]) };
    };
    await method.afterEpoch!(2);
    assert.deepEqual(phases().steps, [['overall', [0, 1, 3, 4]]]);
    assert.ok((await method.afterEpoch!(4)).restartPatience, 'some are on their way');
    const own = [
      ['overall', [0, 3]],
      ['fine', [1, 4]],
    ];
    const now = phases();
    assert.deepEqual(now.steps, rule === 'user' ? own : [['overall', [0, 1, 3, 4]]]);
    assert.equal(told.at(-1)!.fine, rule === 'user' ? 2 / 5 : 0);
    const resumed = make({ switch: rule, lossUsers: 'batch' }, [teacher]);
    resumed.method.load!(JSON.parse(JSON.stringify(method.save!())));
    assert.equal(resumed.method.accumulate!(batch([0, 1, 3, 4])), now.loss);
  }
});

test('reports the share of users at each checkpoint and the discrepancy from the last one, until the end', async () => {
  const teachers = [teacherOf(3, true), teacherOf(1, true)];
  const last = () => teachers[0]!.checkpoints[2]!.rankings;
  const { method, told } = make({ alpha: 0.5 }, teachers, last);
  for (let epoch = 2; epoch <= 10; epoch += 2) await method.afterEpoch!(epoch);
  const of = (x: number, what: string) =>
    told.map((t) => (t.teachers as readonly Readonly<Record<string, unknown>>[])[x]![what]);
  assert.deepEqual(of(0, 'share'), [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [0, 0, 1],
    [0, 0, 1],
  ]);
  assert.deepEqual(of(1, 'share').at(-1), [1]);
  assert.ok(of(0, 'distance').every((d) => d === 0));
  assert.ok(of(1, 'distance').every((d) => Number(d) > 0 && Number(d) < 1));
});

test('ablations: fixed construction, one loss throughout, one checkpoint', async () => {
  const teachers = [teacherOf(3, true), teacherOf(2, false)];
  const still = () => teachers[0]!.checkpoints[0]!.rankings;
  const shares = (told: readonly Readonly<Record<string, unknown>>[]) =>
    told.map((t) => (t.teachers as readonly { share: number[] }[]).map(({ share }) => share.indexOf(1)));
  const fixed = make({ construction: 'fixed' }, teachers, still);
  for (const epoch of [2, 4, 6]) await fixed.method.afterEpoch!(epoch);
  assert.deepEqual(shares(fixed.told), [
    [1, 1],
    [2, 1],
    [2, 1],
  ]);
  for (const [transfer, phases] of [
    ['overall', ['overall', 'overall']],
    ['fine', ['fine', 'fine']],
    ['adaptive', ['overall', 'fine']],
  ] as const) {
    const { method, steps } = make({ transfer, construction: 'fixed' }, teachers, still);
    method.accumulate!(batch([0]));
    for (const epoch of [2, 4]) await method.afterEpoch!(epoch);
    method.accumulate!(batch([0]));
    assert.deepEqual(
      steps.map((s) => s.phase),
      phases,
    );
  }
  const short = make({ trajectoryLength: 1 }, teachers, still);
  short.method.accumulate!(batch([0]));
  const last = make(
    {},
    [teachers[0]!, teachers[1]!].map((t) => ({ ...t, checkpoints: t.checkpoints.slice(-1) })),
  );
  last.method.accumulate!(batch([0]));
  assert.deepEqual(short.steps[0]!.ranked, last.steps[0]!.ranked);
});

test('a trajectory is thinned evenly, with the last checkpoint', () => {
  const epochs = (length: number) => thinned(teacherOf(8, false), length).checkpoints.map((c) => c.epoch);
  assert.deepEqual(epochs(4), [2, 4, 6, 8]);
  assert.deepEqual(epochs(3), [3, 6, 8]);
  assert.deepEqual(epochs(1), [8]);
  assert.deepEqual(epochs(9).length, 8);
});
