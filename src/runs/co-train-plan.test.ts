import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { loadDataset } from '../data/index.js';
import { coTrainedMethod } from '../distill/index.js';
import { int, options } from '../options/options.js';
import type { TrainEvent } from '../train/index.js';
import { type CoTrainRequest, coTrain } from './co-train.js';
import { request, saved } from './co-train.test.support.js';
import { runJob } from './job.js';
import { kernels, newFolder, refusedAs } from './small.test.support.js';

test('each model keeps the weight decay of its run unless it is given or the protocol is published', async () => {
  const both = {
    teacher: await saved('bpr-mf', { dim: 12, l2: 0.02 }),
    student: await saved('bpr-mf', { l2: 0.03 }),
  };
  const used = async (options: Record<string, unknown>) => {
    const { teacher, student } = await coTrain(await request({ ...both, options }));
    return [teacher.result.options.l2, student.result.options.l2];
  };
  assert.deepEqual(await used({}), [0.02, 0.03]);
  assert.deepEqual(await used({ studentL2: 0.1 }), [0.02, 0.1]);
  assert.deepEqual(await used({ protocol: 'published' }), [0, 0]);
});

test('every way of sampling and every option of the draw leads to other models', async () => {
  const variants = [
    ...['intended', 'published', 'uniform', 'top', 'swapped'].map((sampling) => ({ sampling })),
    ...[
      { sharedDraw: true },
      { update: 1 },
      { samples: 3 },
      { teacherTemperature: 1 },
      { studentLambda: 2 },
      { seed: 5 },
    ],
    ...[{ optimizer: 'lazy-adam' }, { studentLearningRate: 0.02 }, { batchSize: 32 }, { studentL2: 0.1 }],
  ];
  const seen = new Set<string>();
  for (const options of variants) {
    const { student } = await coTrain(await request({ options: { ...options, keep: 'last' } }));
    assert.ok(student.teacher.tables!.userFactors.every(Number.isFinite));
    seen.add(student.teacher.tables!.userFactors.join());
  }
  assert.equal(seen.size, variants.length);
});

test('the published protocol keeps the last epoch and reports its own metrics on test', async () => {
  const events: TrainEvent[] = [];
  const listen: CoTrainRequest['listen'] = (role, e) => void (role === 'student' && events.push(e));
  const dataset = await loadDataset({ data: 'synthetic:60x120x1500', split: 'leave-one-out' });
  const both = {
    dataset,
    teacher: await saved('bpr-mf', { dim: 12 }, dataset),
    student: await saved('bpr-mf', {}, dataset),
  };
  const { student } = await coTrain(await request({ ...both, listen, options: { protocol: 'published' } }));
  const { options, metrics, bestEpoch } = student.result;
  assert.deepEqual([options.sampling, options.sharedDraw, options.keep, bestEpoch], ['published', true, 'last', 6]);
  const names = ['bd-hit-rate@50', 'bd-hit-rate@100', 'bd-ndcg@50', 'bd-ndcg@100'];
  for (const name of names) assert.ok(metrics[name]! > 0 && metrics[name]! <= 1, name);
  const told = events.flatMap((e) => (e.type === 'evaluation' ? [e.metrics['bd-ndcg@50']] : []));
  assert.equal(told.length, 7);
  assert.equal(told.at(-1), metrics['bd-ndcg@50']);
  const given = await coTrain(
    await request({ ...both, options: { protocol: 'published', keep: 'best', sampling: 'top' } }),
  );
  assert.deepEqual([given.student.result.options.keep, given.student.result.options.sampling], ['best', 'top']);
});

test('held-out items are avoided as negatives only if both models were trained so, and then change the result', async () => {
  for (const model of ['bpr-mf', 'cdae']) {
    const seen = new Set<string>();
    for (const avoid of ['train', 'held-out']) {
      const student = await saved(model, { avoid });
      seen.add(JSON.stringify(Object.values(student.parameters).map((p) => Array.from(p))));
      const both = { teacher: await saved(model, { dim: 12, avoid }), student };
      const done = await coTrain(await request({ ...both, options: { keep: 'last' } }));
      assert.equal(done.student.result.options.avoid, avoid);
      seen.add(done.student.teacher.tables!.itemFactors.join());
    }
    assert.equal(seen.size, 4, model);
  }
});

test('invalid input is refused before any work, and no file is written', async () => {
  const folder = newFolder();
  const [teacher, student] = [await saved('bpr-mf', { dim: 12 }), await saved('bpr-mf')];
  const other = await loadDataset({ data: 'synthetic:60x80x900:1' });
  const wrong: readonly (readonly [Parameters<typeof refusedAs>[0], Partial<CoTrainRequest>, RegExp])[] = [
    ['needs-not-met', { teacher: student, student: teacher }, /the teacher has 556 parameters and the student 1668/],
    ['needs-not-met', { dataset: other }, /the teacher was trained on other data/],
    ['needs-not-met', { student: await saved('bpr-mf', {}, other) }, /the student was trained on other data/],
    [
      'needs-not-met',
      { teacher: await saved('item-autoencoder', { hidden: 8, dim: 4 }) },
      /item-autoencoder.*cannot be trained together/,
    ],
    ['needs-not-met', { student: { ...student, model: 'external' } }, /external.*cannot be trained together/],
    [
      'needs-not-met',
      { student: await saved('bpr-mf', { avoid: 'held-out' }) },
      /the teacher was trained with avoid train, the student with held-out/,
    ],
    ['bad-option', { options: { teacherTemperature: 0 } }, /teacherTemperature.*is 0/],
    ['bad-option', { options: { studentTemperature: 0 } }, /studentTemperature.*is 0/],
    ['bad-option', { options: { update: 0 } }, /update.*is 0/],
    ['bad-option', { options: { update: 7 } }, /update.*is 7; expected at most 6, the epochs/],
    ['bad-option', { options: { epsilon: 2 } }, /epsilon.*is 2; expected at most 1\.0 with 80 items/],
    ['bad-option', { options: { sharedDraw: true, samples: 2 } }, /samples.*is 2; expected 1 with sharedDraw/],
    ['bad-option', { options: { sampling: 'best' } }, /sampling/],
    ['unknown-option', { options: { temperature: 1 } }, /temperature/],
    ['artifact-damaged', { student: { ...student, parameters: { users: student.parameters.users! } } }, /items/],
  ];
  const before = kernels.bytesInUse;
  for (const [code, more, message] of wrong.slice(0, -1)) {
    await assert.rejects(
      async () => coTrain(await request({ ...more, folder })),
      refusedAs(code, message),
      String(message),
    );
    assert.ok(!existsSync(folder));
  }
  const [code, more, message] = wrong.at(-1)!;
  await assert.rejects(async () => coTrain(await request(more)), refusedAs(code, message));
  assert.equal(kernels.bytesInUse, before);
});

test('a co-trained method of a user trains like a built-in one, and each form is refused in place of the other', async () => {
  const apart = coTrainedMethod({
    ...{ name: 'apart', summary: 'Both train on, each alone', source: 'this test' },
    needs: { teachers: 'one', form: 'co-trained', base: 'kept', student: ['scores'], teacher: ['parameters'] },
    options: options({ epochs: int({ default: 3, min: 1, help: 'Epochs of both.' }) }),
    learnerOptions: (role, { epochs }) => ({ epochs, learningRate: role === 'teacher' ? 0.001 : 0.01 }),
    memory: () => 0,
    create: () => ({ base: 'kept', close() {} }),
  });
  const { options: _, ...rest } = await request();
  const pair = await coTrain({ ...rest, method: apart, options: { epochs: 2 } });
  for (const [role, learningRate] of [
    ['teacher', 0.001],
    ['student', 0.01],
  ] as const) {
    const { method, epochs, options: used } = pair[role].result;
    assert.deepEqual([method, epochs, used.learningRate, used.role], ['apart', 2, learningRate, role]);
  }
  await assert.rejects(
    async () => coTrain({ ...rest, method: 'rrd' }),
    refusedAs('needs-not-met', /trains one student/),
  );
  const job = { dataset: rest.dataset, kernels, model: 'bpr-mf', method: 'bd' };
  await assert.rejects(async () => runJob(job), refusedAs('needs-not-met', /trains a teacher and a student together/));
});
