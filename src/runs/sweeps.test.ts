import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadDataset } from '../data/index.js';
import type { TrainEvent } from '../train/index.js';
import { readTeacher } from './finished.js';
import { runJob } from './job.js';
import type { JobRequest } from './request.js';
import { evaluation, kernels, newFolder, quick, refusedAs, SMALL, smallData } from './small.test.support.js';
import { createSweeps } from './sweeps.js';

const ials = async (epochs: number, more: Partial<JobRequest> = {}) =>
  runJob({
    ...{ dataset: await smallData(), kernels, model: 'ials', evaluation },
    ...{ options: { dim: 4, epochs, unobservedWeight: 0.1 }, ...more },
  });

test('the checkpoints of ials are its sweeps: each is what a run of as many epochs ends with', async () => {
  const folder = newFolder();
  const { teacher, result } = await ials(8, { folder });
  const { checkpoints } = teacher.trajectory;
  assert.deepEqual(
    checkpoints.map((c) => c.epoch),
    [2, 4, 6, 8],
  );
  for (const { epoch, metrics, rankings } of checkpoints) {
    const alone = (await ials(epoch)).teacher.trajectory.checkpoints.at(-1)!;
    assert.deepEqual([alone.epoch, alone.metrics], [epoch, metrics]);
    assert.deepEqual(alone.rankings.items, rankings.items);
  }
  assert.notDeepEqual(checkpoints[0]!.rankings.items, checkpoints[3]!.rankings.items);
  assert.deepEqual(readTeacher(folder).trajectory, teacher.trajectory);
  assert.deepEqual([result.bestEpoch, result.epochs], [8, 8]);
  const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n');
  assert.deepEqual(
    lines.map((line) => [JSON.parse(line).epoch, JSON.parse(line).best]),
    [2, 4, 6, 8].map((epoch) => [epoch, epoch === 8]),
  );
});

test('number and spread of the checkpoints are those of the options; a model without sweeps has one', async () => {
  const epochsOf = async (epochs: number, trajectory: object) =>
    (await ials(epochs, { trajectory })).teacher.trajectory.checkpoints.map((c) => c.epoch);
  assert.deepEqual(await epochsOf(9, { checkpoints: 3 }), [3, 6, 9]);
  assert.deepEqual(await epochsOf(9, { checkpoints: 1 }), [9]);
  assert.deepEqual(await epochsOf(1, {}), [1]);
  assert.deepEqual(await epochsOf(9, { checkpoints: 4, spread: 'log-epochs' }), [1, 2, 5, 9]);
  const byQuality = await epochsOf(12, { checkpoints: 4, spread: 'quality' });
  assert.ok(byQuality.length === 4 && byQuality.at(-1) === 12 && new Set(byQuality).size === 4, byQuality.join());
  const ease = await ials(1, { model: 'ease', options: {} });
  assert.deepEqual([ease.teacher.trajectory.checkpoints.map((c) => c.epoch), ease.result.epochs], [[0], 0]);
});

test('with the spread quality the checkpoints are chosen by their values; only candidates are ranked', async () => {
  const ranked: number[] = [];
  const sweeps = createSweeps({ checkpoints: 3, spread: 'quality' }, async (_, epoch) => {
    ranked.push(epoch);
    return { epoch, metrics: { value: epoch }, rankings: (await ials(1)).rankings };
  });
  const { teacher } = await ials(1);
  const model = {} as Parameters<typeof sweeps.swept>[0];
  for (let sweep = 1; sweep <= 40; sweep++)
    await sweeps.swept(model, sweep, 40, {} as Parameters<typeof sweeps.swept>[3]);
  assert.equal(sweeps.count(), 40);
  assert.deepEqual(ranked, [1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 36]);
  const last = { ...teacher.trajectory.checkpoints[0]!, epoch: 40, metrics: { value: 36 } };
  assert.deepEqual(
    sweeps.choose(last, (c) => c.metrics.value!).map((c) => c.epoch),
    [12, 24, 40],
  );
});

test('an end during sweeps gives all memory back, and the repeated run is the same', async () => {
  const [straight, stopped] = [newFolder(), newFolder()];
  const whole = await ials(8, { folder: straight });
  const before = kernels.bytesInUse;
  const listen = (e: TrainEvent) => {
    if (e.type === 'evaluation' && e.epoch === 4) throw new Error('stopped here');
  };
  await assert.rejects(ials(8, { folder: stopped, listen }), /stopped here/);
  assert.equal(kernels.bytesInUse, before);
  const again = await ials(8, { folder: stopped });
  assert.deepEqual(again.teacher.trajectory, whole.teacher.trajectory);
  const [a, b] = [straight, stopped].map((folder) => readFileSync(join(folder, 'metrics.jsonl'), 'utf8'));
  assert.equal(a, b);
});

test('users who are held out whole have lists at each sweep', async () => {
  const dataset = await loadDataset({ data: SMALL, split: 'users', ratios: [0.6, 0.2, 0.2] });
  const { teacher } = await ials(4, { dataset });
  assert.deepEqual(
    teacher.trajectory.checkpoints.map((c) => [c.epoch, c.metrics['recall@10']! >= 0]),
    [1, 2, 3, 4].map((epoch) => [epoch, true]),
  );
});

test('a student follows the sweeps of ials, and cannot learn from a model that ranks alike for all', async () => {
  const own = await ials(8);
  const student = {
    model: 'bpr-mf',
    method: 'hetcomp',
    options: { ...quick, dim: 2, period: 1, topK: 20, discrepancyK: 10 },
  };
  const last = {
    ...own.teacher,
    trajectory: { ...own.teacher.trajectory, checkpoints: own.teacher.trajectory.checkpoints.slice(-1) },
  };
  const of = async (teachers: NonNullable<JobRequest['teachers']>) => ials(1, { ...student, teachers });
  assert.notDeepEqual((await of([own.teacher])).rankings.items, (await of([last])).rankings.items);
  const popular = await ials(1, { model: 'top-pop', options: {} });
  await assert.rejects(
    of([popular.teacher]),
    refusedAs('needs-not-met', /cannot learn from top-pop, because it ranks the same items/),
  );
});
