import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Pair } from '../distill/index.js';
import { createKernels, type Kernels } from '../kernels/index.js';
import { modelOf, type Tables, type TrainableModel, trainOptionsOf } from '../models/index.js';
import { ownOptions } from '../options/options.js';
import { runLoop, type TrainEvent } from '../train/index.js';
import { type CoTrainRequest, coTrain } from './co-train.js';
import { bdQuick, request, saved } from './co-train.test.support.js';
import { isFinishedRun, jobFiles, readFinishedRun, readTeacher } from './finished.js';
import type { Job } from './outcome.js';
import { loadParameters, readSavedModel, type SavedModel } from './saved-model.js';
import { contentsOf, fixedFiles, kernels, newFolder, refusedAs, smallData } from './small.test.support.js';

/** All that training decides on, of both. */
const bitsOf = ({ teacher, student }: Pair<Job>) =>
  [teacher, student].map(({ result: { metrics, bestEpoch }, rankings, teacher: { tables, trajectory } }) => {
    return { metrics, bestEpoch, rankings, tables, trajectory };
  });

const sameBits = (a: Pair<Job>, b: Pair<Job>): boolean => isDeepStrictEqual(bitsOf(a), bitsOf(b));

async function interrupted(r: CoTrainRequest, epoch: number): Promise<void> {
  const stop = new AbortController();
  const listen: CoTrainRequest['listen'] = (_, e) => void (e.type === 'epoch' && e.epoch === epoch && stop.abort());
  await assert.rejects(coTrain({ ...r, listen, signal: stop.signal }), refusedAs('interrupted'));
}

test('both end as judged models with a trajectory each, no worse on valid than they began, and no memory is kept', async () => {
  await coTrain(await request());
  const before = kernels.bytesInUse;
  const events: [string, TrainEvent][] = [];
  const { teacher, student } = await coTrain(await request({ listen: (role, e) => events.push([role, e]) }));
  assert.equal(kernels.bytesInUse, before);
  for (const { result, teacher: made, evaluation: tested } of [teacher, student]) {
    assert.deepEqual([result.model, result.method, result.epochs], ['bpr-mf', 'bd', 6]);
    assert.equal(made.trajectory.checkpoints.at(-1)!.epoch, result.bestEpoch);
    assert.equal(tested.means['recall@10'], result.metrics['recall@10']);
  }
  assert.ok(teacher.result.parameters === 3 * student.result.parameters);
  for (const [role, { result }] of [
    ['teacher', teacher],
    ['student', student],
  ] as const) {
    const own = events.flatMap(([who, e]) => (who === role && e.type === 'evaluation' ? [e] : []));
    assert.deepEqual(
      own.map((e) => e.epoch),
      [0, 1, 2, 3, 4, 5, 6],
    );
    assert.equal(own.filter((e) => e.best).at(-1)!.epoch, result.bestEpoch);
  }
  const looks = events.flatMap(([who, e]) => (who === 'student' && e.type === 'method' ? [e] : []));
  assert.deepEqual(
    looks.map((e) => e.epoch),
    [1, 4],
  );
});

test('in folders it gives the same, two finished runs that every command reads, and is read back without work', async () => {
  const folder = newFolder();
  const inMemory = await coTrain(await request());
  const first = await coTrain(await request({ folder, source: { data: 'here' } }));
  assert.ok(sameBits(first, inMemory));
  for (const role of ['teacher', 'student'] as const) {
    const run = join(folder, role);
    const kept = readdirSync(run);
    for (const name of [...fixedFiles, 'metrics.jsonl']) assert.ok(kept.includes(name), name);
    for (const name of ['snapshots', 'checkpoints', 'lock']) assert.ok(!kept.includes(name), name);
    assert.deepEqual(contentsOf(readTeacher(run)), contentsOf(first[role].teacher));
    const { result, source } = readFinishedRun(run);
    assert.deepEqual([result, source], [first[role].result, { data: 'here' }]);
    assert.deepEqual([result.options.role, result.options.update], [role, 3]);
    assert.equal(readSavedModel(run).parameters.users!.length, first[role].teacher.tables!.userFactors.length);
  }
  const again = await coTrain(await request({ folder, listen: () => assert.fail('nothing is left to do') }));
  assert.ok(again.teacher.reused && again.student.reused);
  assert.ok(sameBits(again, first));
  await assert.rejects(async () => coTrain(await request({ folder, options: { seed: 1 } })), refusedAs('run-differs'));
  const anew = await coTrain(await request({ folder, options: { seed: 1 }, overwrite: true }));
  assert.ok(!sameBits(anew, first));
  // What came out can go in again.
  const next = { teacher: readSavedModel(join(folder, 'teacher')), student: readSavedModel(join(folder, 'student')) };
  assert.equal((await coTrain(await request(next))).student.result.method, 'bd');
});

const pairs: readonly (readonly [string, () => Promise<Partial<CoTrainRequest>>])[] = [
  ['bpr-mf and bpr-mf', async () => ({})],
  [
    'cdae and cdae',
    async () => ({
      teacher: await saved('cdae', { dim: 12, batchSize: 16 }),
      student: await saved('cdae', { batchSize: 16 }),
    }),
  ],
  [
    'neumf and neumf',
    async () => ({
      teacher: await saved('neumf', { dim: 12, layers: 2, initScale: 0.3 }),
      student: await saved('neumf', { layers: 2, initScale: 0.3 }),
    }),
  ],
  [
    'cdae and bpr-mf',
    async () => ({ teacher: await saved('cdae', { dim: 12, batchSize: 16 }), student: await saved('bpr-mf') }),
  ],
  [
    'mult-vae and neumf',
    async () => ({
      teacher: await saved('mult-vae', { hidden: 12, dim: 6, batchSize: 16 }),
      student: await saved('neumf', { layers: 1, negatives: 2 }),
    }),
  ],
  [
    'lightgcn and neumf',
    async () => ({
      teacher: await saved('lightgcn', { dim: 12, batchSize: 200 }),
      student: await saved('neumf', { layers: 1, negatives: 2 }),
    }),
  ],
  [
    'neumf and cml',
    async () => ({ teacher: await saved('neumf', { dim: 12, layers: 2 }), student: await saved('cml') }),
  ],
];

for (const [name, make] of pairs) {
  test(`${name}: interrupted again and again it ends in the same bits, at any number of threads`, async () => {
    const folder = newFolder();
    const straight = await coTrain(await request(await make()));
    for (const epoch of [1, 2, 5]) {
      await interrupted(await request({ ...(await make()), folder }), epoch);
      assert.ok(!isFinishedRun(join(folder, 'teacher')) && !isFinishedRun(join(folder, 'student')));
    }
    assert.ok(sameBits(await coTrain(await request({ ...(await make()), folder })), straight), 'in parts');
    for (const threads of [1, 3]) {
      const k = createKernels({ threads, memoryLimit: 2 ** 28 });
      assert.ok(
        sameBits(await coTrain(await request({ ...(await make()), kernels: k })), straight),
        `${threads} threads`,
      );
      k.close();
    }
  });
}

test('metrics of an interrupted run are those of a straight one, byte by byte', async () => {
  const [straight, parts] = [newFolder(), newFolder()];
  await coTrain(await request({ folder: straight }));
  for (const epoch of [2, 4]) await interrupted(await request({ folder: parts }), epoch);
  await coTrain(await request({ folder: parts }));
  for (const file of ['teacher', 'student'].flatMap((role) => [
    join(role, 'metrics.jsonl'),
    join(role, jobFiles.model),
  ]))
    assert.ok(readFileSync(join(parts, file)).equals(readFileSync(join(straight, file))), file);
});

/** The tables of a model that trains on alone, as the phase has it. */
async function plain(k: Kernels, from: SavedModel): Promise<Tables> {
  const { train } = await smallData();
  const spec = modelOf(from.model);
  const own = ownOptions(spec.options, from.options);
  const { epochs, evaluateEvery, patience } = bdQuick;
  const options = { ...own, seed: 0, epochs, evaluateEvery, patience };
  const model = spec.create({ kernels: k, train, seed: 0 }, options) as TrainableModel;
  loadParameters(model, from);
  const validate = (epoch: number) => ({ value: epoch, metrics: {} });
  await runLoop({ kernels: k, model, train, options: trainOptionsOf(options), validate });
  const { userFactors, itemFactors, dim } = model.factors!();
  const tables = { userFactors: userFactors.slice(), itemFactors: itemFactors.slice(), dim };
  model.close();
  return tables;
}

const isSame = ({ teacher: { tables } }: Job, { userFactors, itemFactors }: Tables): boolean =>
  tables!.userFactors.join() === userFactors.join() && tables!.itemFactors.join() === itemFactors.join();

test('without a distillation loss both models train bit for bit as alone', async () => {
  const options = { ...bdQuick, keep: 'last', teacherLambda: 0, studentLambda: 0 };
  for (const [name, make] of pairs.filter(([n]) => !n.includes('neumf'))) {
    const r = await request({ ...(await make()), options });
    const both = await coTrain(r);
    for (const role of ['teacher', 'student'] as const) {
      assert.ok(isSame(both[role], await plain(kernels, r[role])), `${role} of ${name}`);
    }
  }
});

test('the model that does not learn from the other trains as alone', async () => {
  for (const [direction, learns] of [
    ['to-student', 'student'],
    ['to-teacher', 'teacher'],
  ] as const) {
    const r = await request({ options: { direction, keep: 'last' } });
    const both = await coTrain(r);
    for (const role of ['teacher', 'student'] as const) {
      assert.equal(isSame(both[role], await plain(kernels, r[role])), role !== learns, `${direction}: ${role}`);
    }
  }
});

test('users without items to sample are reported and skipped; with the published protocol they are refused by name', async () => {
  const same = await saved('bpr-mf');
  const twins = { teacher: same, student: same };
  const events: TrainEvent[] = [];
  const listen: CoTrainRequest['listen'] = (_, e) => void (e.type === 'method' && events.push(e));
  const { train, users } = await smallData();
  await coTrain(await request({ ...twins, listen }));
  const active = Array.from({ length: train.nUsers }, (_, u) => u).filter(
    (u) => train.indptr[u + 1]! > train.indptr[u]!,
  );
  const first = events[0] as TrainEvent & { type: 'method' };
  assert.deepEqual(first.details, { usersWithoutDraw: { teacher: 0, student: active.length } });
  await assert.rejects(
    async () => coTrain(await request({ ...twins, options: { sampling: 'published' } })),
    refusedAs(
      'needs-not-met',
      new RegExp(`cannot sample items for ${active.length} users .*such as ${users.ids[active[0]!]}`),
    ),
  );
});
