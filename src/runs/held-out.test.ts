/** Users who are held out whole: what they are judged by, and that nothing of theirs reaches training. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBundle } from '../bundle/index.js';
import { itemsOf, type LoadedDataset, rankingOf } from '../data/index.js';
import { isCoTrained, type MethodSpec, methodRegistry } from '../distill/index.js';
import { createStudent } from '../student/index.js';
import { popularItems } from '../student/popular-list.js';
import { smallOptions } from '../testing/small.js';
import type { TrainEvent } from '../train/index.js';
import { coTrain } from './co-train.js';
import { readTeacher } from './finished.js';
import { foldedBpr, heldOutData, isHeldOut, otherHistories } from './held-out.test.support.js';
import { runJob } from './job.js';
import type { JobRequest } from './request.js';
import { type SavedModel, savedModelOf } from './saved-model.js';
import { evaluation, kernels, newFolder, quick, refusedAs } from './small.test.support.js';
import { testRanks } from './test-ranks.js';

const job = (dataset: LoadedDataset, more: Partial<JobRequest> = {}): JobRequest => ({
  ...{ dataset, kernels, model: 'fism', options: { ...quick, historyDropout: 0.3 }, evaluation },
  ...more,
});

test('the users of test are judged by their histories, as a student would answer them', async () => {
  const data = await heldOutData();
  const folder = newFolder();
  // The first run leaves the room of the threads, which is used again.
  await runJob(job(data));
  const before = kernels.bytesInUse;
  const { evaluation: judged, rankings, teacher } = await runJob(job(data, { folder }));
  const held = [...Array(data.users.ids.length).keys()].filter((u) => isHeldOut(data, u));
  assert.deepEqual(
    [...judged.users],
    held.filter((u) => itemsOf(data.test, u).length > 0),
  );
  assert.ok(judged.means['recall@10']! > 0);
  const { model } = await readBundle(join(folder, 'student'));
  assert.deepEqual(model.popular, popularItems(data.train.indices, data.items.ids.length), 'only of train');
  const student = createStudent(model);
  for (const user of judged.users) {
    const history = Array.from(itemsOf(data.foldIn!, user), (i) => data.items.ids[i]!);
    const listed = student.recommendFromItems(history, { k: 10 }).map(({ itemId }) => itemId);
    assert.deepEqual(
      Array.from(rankingOf(rankings, user).subarray(0, 10), (i) => data.items.ids[i]),
      listed,
    );
  }
  for (const { rankings: taught } of teacher.trajectory.checkpoints)
    for (const [user] of data.users.ids.entries())
      assert.equal(
        rankingOf(taught, user).length > 0,
        !isHeldOut(data, user),
        `list of user ${user} in the trajectory`,
      );
  assert.deepEqual(readTeacher(folder).trajectory, teacher.trajectory);
  assert.equal(kernels.bytesInUse, before);
});

test('the ranks of test items are those in the lists', async () => {
  const data = await heldOutData();
  let saved: SavedModel | undefined;
  const { rankings } = await runJob(job(data), (m, { result }) => {
    saved = savedModelOf(m, result, data.fingerprint);
  });
  const ranks = await testRanks(kernels, saved!, data);
  for (const user of data.users.ids.keys()) {
    for (let at = data.test.indptr[user]!; at < data.test.indptr[user + 1]!; at++)
      assert.equal(rankingOf(rankings, user).indexOf(data.test.indices[at]!) + 1, ranks[at]);
  }
});

test('an interrupted run goes on to the same result', async () => {
  const data = await heldOutData();
  const [straight, folder] = [await runJob(job(data)), newFolder()];
  const stop = new AbortController();
  const listen = (e: TrainEvent) => void (e.type === 'evaluation' && e.epoch >= 3 && stop.abort());
  await assert.rejects(runJob(job(data, { folder, listen, signal: stop.signal })), refusedAs('interrupted'));
  const resumed = await runJob(job(data, { folder }));
  assert.deepEqual(resumed.rankings, straight.rankings);
  assert.deepEqual(resumed.teacher.trajectory, straight.teacher.trajectory);
});

test('a model that cannot answer for histories is refused before it is trained, with those that can', async () => {
  const data = await heldOutData();
  const refused = (model: string) =>
    assert.rejects(
      runJob(job(data, { model, options: {}, listen: () => assert.fail('it began') })),
      refusedAs('needs-not-met', new RegExp(`held out whole \\(split users\\), and ${model} has no scores`)),
    );
  await refused('neumf');
  await refused('cml');
  await assert.rejects(runJob(job(data, { model: 'neumf', options: {} })), (e: { hint?: string }) =>
    /fism.*or another --split/.test(e.hint ?? ''),
  );
});

test('a bundle with a table of users has those of train only, and is a teacher like the run in memory', async () => {
  const data = await heldOutData();
  const folder = newFolder();
  const made = await runJob(job(data, { model: foldedBpr, options: quick, folder }));
  const { model } = await readBundle(join(folder, 'student'));
  assert.deepEqual(
    model.userIds,
    data.users.ids.filter((_, u) => itemsOf(data.train, u).length > 0),
  );
  const student = createStudent(model);
  for (const [user, id] of data.users.ids.entries()) {
    assert.equal(student.hasUser(id), !isHeldOut(data, user));
    if (isHeldOut(data, user)) continue;
    const own = Array.from(itemsOf(data.train, user), (i) => data.items.ids[i]!);
    const listed = student.recommend(id, { k: 5 }).map(({ itemId }) => itemId);
    assert.ok(listed.every((item) => !own.includes(item)));
    assert.deepEqual(
      listed,
      Array.from(rankingOf(made.rankings, user).subarray(0, 5), (i) => data.items.ids[i]),
    );
  }
  const student2 = (teacher: typeof made.teacher) =>
    runJob(job(data, { method: 'de', teachers: [teacher], options: { ...quick, dim: 2 } }));
  const [one, other] = [await student2(made.teacher), await student2(readTeacher(folder))];
  assert.deepEqual(one.rankings, other.rankings);
});

/** Options of a method and a student that are quick and evaluate once, so that valid cannot choose an epoch. */
const once = (method: MethodSpec) => ({
  ...smallOptions(method),
  ...{ ...quick, epochs: 2, evaluateEvery: 2, batchSize: 16, dim: 3, learningRate: 0.01 },
});

/** The parameters and the results of a student, whose teachers are trained on the same data. */
async function studentOn(dataset: LoadedDataset, method: MethodSpec, student: JobRequest['model']) {
  const teaching = async (seed: number) =>
    (await runJob(job(dataset, { model: foldedBpr, options: { ...quick, epochs: 4, evaluateEvery: 4, seed } })))
      .teacher;
  const wanted = method.needs.teachers === 'many' ? [1, 2] : [1];
  const teachers = method.needs.teachers === 'none' ? [] : await Promise.all(wanted.map(teaching));
  const known = Object.keys(method.options.shape);
  const own = Object.fromEntries(
    Object.entries(once(method)).filter(([name]) => known.includes(name) || name in { ...quick }),
  );
  let parameters: readonly (readonly number[])[] = [];
  const { evaluation: judged } = await runJob(job(dataset, { model: student, method, teachers, options: own }), (m) => {
    parameters = m.parameters.map((p) => [...p.values]);
  });
  return { parameters, judged };
}

for (const method of methodRegistry.all()) {
  if (isCoTrained(method)) continue;
  for (const student of ['fism', 'folded-bpr'] as const) {
    test(`${method.name}: ${student} learns nothing of held-out users, and is judged on them`, async () => {
      const data = await heldOutData();
      const other = otherHistories(data);
      const model = student === 'fism' ? student : foldedBpr;
      const [one, changed] = [await studentOn(data, method, model), await studentOn(other, method, model)];
      assert.ok(one.parameters.flat().every(Number.isFinite));
      assert.deepEqual(one.parameters, changed.parameters);
      assert.ok(one.judged.users.length > 0 && one.judged.users.every((u) => isHeldOut(data, u)));
      assert.notDeepEqual(one.judged.perUser, changed.judged.perUser);
    });
  }
}

for (const method of methodRegistry.all().filter(isCoTrained)) {
  test(`${method.name}: both models learn nothing of held-out users, and are judged on them`, async () => {
    const both = async (dataset: LoadedDataset) => {
      const saved = async (seed: number) => {
        let found: SavedModel | undefined;
        const options = { ...quick, epochs: 2, evaluateEvery: 2, seed };
        await runJob(job(dataset, { model: foldedBpr, options }), (m, { result }) => {
          found = savedModelOf(m, result, dataset.fingerprint, `hash ${seed}`);
        });
        return found!;
      };
      const given = { ...smallOptions(method), epochs: 2, evaluateEvery: 2, patience: 50 };
      const losses: number[] = [];
      const listen = (_: unknown, e: TrainEvent) => void (e.type === 'epoch' && losses.push(e.loss));
      const [teacher, student] = [await saved(1), await saved(2)];
      const pair = await coTrain({ dataset, kernels, method, evaluation, teacher, student, options: given, listen });
      return { losses, pair };
    };
    const data = await heldOutData();
    const [one, changed] = [await both(data), await both(otherHistories(data))];
    for (const { evaluation: judged } of [one.pair.teacher, one.pair.student])
      assert.ok(judged.users.length > 0 && judged.users.every((u) => isHeldOut(data, u)));
    // Valid may choose another epoch, but the losses of training are the same.
    assert.deepEqual([one.losses.length, one.losses.every(Number.isFinite)], [4, true]);
    assert.deepEqual(one.losses, changed.losses);
    assert.notDeepEqual(one.pair.student.evaluation.perUser, changed.pair.student.evaluation.perUser);
  });
}
