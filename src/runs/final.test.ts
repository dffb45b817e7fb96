import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBundle } from '../bundle/index.js';
import { count, finalDataset, itemsOf, type LoadedDataset, loadDataset } from '../data/index.js';
import { createStudent } from '../student/index.js';
import type { TrainEvent } from '../train/index.js';
import { type FinalContext, finalOfRun } from './final-of-run.js';
import { jobFiles, readFinishedResult, readFinishedRun } from './finished.js';
import { heldOutData } from './held-out.test.support.js';
import { runJob } from './job.js';
import { FINAL } from './run-manifest.js';
import { evaluation, kernels, newFolder, quick, refusedAs, SMALL, smallData } from './small.test.support.js';
import { verifyRun } from './verify-run.js';

const folders = new Map<string, string>();
const context = (dataset: LoadedDataset): FinalContext => ({ dataset, kernels, folderOf: (hash) => folders.get(hash) });

async function repeatedRun(dataset: LoadedDataset, more: object = {}) {
  const folder = newFolder();
  const job = await runJob({
    ...{
      dataset,
      kernels,
      model: 'bpr-mf',
      options: { ...quick, learningRate: 0.01, epochs: 9, evaluateEvery: 2 },
      evaluation,
      folder,
    },
    ...more,
  });
  folders.set(job.teacher.hash, folder);
  return { folder, job };
}

test('the final fit has the options and epochs that were chosen, and the figures of the evaluated run', async () => {
  const dataset = await smallData();
  const { folder, job } = await repeatedRun(dataset, { trajectory: { checkpoints: 3 } });
  const { folder: at, job: final } = await finalOfRun(folder, context(dataset));
  const { epochs, bestEpoch, options, metrics, repeated } = final.result;
  assert.equal(at, join(folder, FINAL));
  assert.deepEqual([epochs, bestEpoch], [job.result.bestEpoch, job.result.bestEpoch]);
  assert.deepEqual([options, metrics], [job.result.options, job.result.metrics]);
  assert.deepEqual(repeated, { run: job.teacher.hash, data: dataset.fingerprint });
  const epochsOf = ({ teacher }: typeof job) => teacher.trajectory.checkpoints.map((c) => c.epoch);
  assert.deepEqual(epochsOf(final), epochsOf(job));
  assert.notEqual(final.teacher.hash, job.teacher.hash);
  // The same training without anything else around it.
  const whole = finalDataset(dataset);
  const alone = { dataset: whole, kernels, model: 'bpr-mf', evaluation, trajectory: { checkpoints: 3 } };
  const plain = await runJob({
    ...alone,
    options: { ...quick, learningRate: 0.01, evaluateEvery: 2, epochs: job.result.bestEpoch },
  });
  assert.deepEqual(final.rankings.items, plain.rankings.items);
  assert.deepEqual(plain.result.metrics, {});
  const { manifest, result } = readFinishedRun(at);
  assert.deepEqual(
    [manifest.kind, manifest.inputs['evaluated run'], result.repeated?.run],
    [FINAL, job.teacher.hash, job.teacher.hash],
  );
  assert.equal((await verifyRun(at)).state, 'whole');
  assert.equal((await finalOfRun(folder, context(dataset))).job.reused, true);
  await assert.rejects(finalOfRun(at, context(dataset)), refusedAs('needs-not-met', /is a final fit/));
});

test('teachers are trained again first, and the student learns from these', async () => {
  const dataset = await smallData();
  const teachers = [await repeatedRun(dataset), await repeatedRun(dataset, { model: 'ease', options: {} })];
  const taught = { method: 'hetcomp', teachers: teachers.map((t) => t.job.teacher) };
  const { folder, job } = await repeatedRun(dataset, taught);
  const final = await finalOfRun(folder, context(dataset));
  const inputs = readFinishedRun(final.folder).manifest.inputs;
  const finals = teachers.map((t) => readFinishedRun(join(t.folder, FINAL)).manifest.hash);
  assert.deepEqual(Object.values(inputs), [...finals, job.teacher.hash]);
  assert.equal(readFinishedResult(join(teachers[1]!.folder, FINAL)).repeated!.run, teachers[1]!.job.teacher.hash);
  await assert.rejects(
    runJob({
      dataset,
      kernels,
      model: 'bpr-mf',
      method: 'rrd',
      teachers: [final.job.teacher],
      options: quick,
      evaluation,
    }),
    refusedAs('needs-not-met', /trained on other data/),
  );
  folders.delete(teachers[0]!.job.teacher.hash);
  await assert.rejects(finalOfRun(folder, context(dataset)), refusedAs('needs-not-met', /is not in the runs folder/));
});

test('a final fit that is stopped goes on to the same bits', async () => {
  const dataset = await smallData();
  const [one, other] = [await repeatedRun(dataset), await repeatedRun(dataset)];
  const whole = await finalOfRun(one.folder, context(dataset));
  const stop = new AbortController();
  const listen = () => (e: TrainEvent) => void (e.type === 'epoch' && e.epoch === 1 && stop.abort());
  const stopped = { ...context(dataset), listen, signal: stop.signal };
  await assert.rejects(finalOfRun(other.folder, stopped), refusedAs('interrupted'));
  const resumed = await finalOfRun(other.folder, context(dataset));
  for (const file of [jobFiles.model, 'rankings.safetensors', join('student', 'student.safetensors')])
    assert.deepEqual(readFileSync(join(resumed.folder, file)), readFileSync(join(whole.folder, file)), file);
});

test('a user with items in all three parts gets no item that they own, from the final bundle and from the repeated one', async () => {
  const dataset = await smallData();
  const { folder } = await repeatedRun(dataset);
  const final = await finalOfRun(folder, context(dataset));
  for (const bundle of [folder, final.folder]) {
    const { model, manifest } = await readBundle(join(bundle, jobFiles.student));
    // Figures of the evaluated run are not those of a final fit.
    const { final: repeated } = manifest.madeBy as { final?: { metrics: Record<string, number> } };
    assert.equal('recall@10' in manifest.metrics, bundle === folder);
    assert.equal(repeated !== undefined && repeated.metrics['recall@10']! > 0, bundle !== folder);
    const student = createStudent(model);
    let checked = 0;
    for (const [user, id] of dataset.users.ids.entries()) {
      const parts = [dataset.train, dataset.valid, dataset.test].map((part) => [...itemsOf(part, user)]);
      if (parts.some((items) => items.length === 0)) continue;
      const own = new Set(parts.flat().map((item) => dataset.items.ids[item]!));
      const list = student.recommend(id, { k: dataset.items.ids.length }).map(({ itemId }) => itemId);
      assert.equal(list.length, dataset.items.ids.length - own.size);
      assert.ok(list.every((item) => !own.has(item)));
      checked += 1;
    }
    assert.ok(checked > 20);
  }
});

test('users who are held out whole are trained on in the final fit', async () => {
  const dataset = await heldOutData();
  const { folder } = await repeatedRun(dataset, { model: 'fism', options: { ...quick, epochs: 3 } });
  const { job } = await finalOfRun(folder, context(dataset));
  const { train, valid, test: tested, foldIn } = dataset;
  const all = finalDataset(dataset);
  assert.equal(count(all.train), count(train) + count(valid) + count(tested) + count(foldIn!));
  assert.deepEqual([all.foldIn, all.train.trainUsers], [undefined, undefined]);
  assert.equal(job.teacher.trajectory.checkpoints[0]!.rankings.nUsers, train.nUsers);
});

test('without anything held out, only a fixed number of epochs is trained, and nothing is evaluated', async () => {
  const dataset = await loadDataset({ data: SMALL, ratios: [1, 0, 0] });
  assert.equal(count(dataset.valid) + count(dataset.test), 0);
  const request = { dataset, kernels, evaluation };
  await assert.rejects(
    runJob({ ...request, model: 'bpr-mf', options: { dim: 4 } }),
    refusedAs('needs-not-met', /nothing can choose the number of epochs/),
  );
  const folder = newFolder();
  const job = await runJob({ ...request, model: 'bpr-mf', options: { dim: 4, epochs: 3 }, folder });
  assert.deepEqual([job.result.epochs, job.result.bestEpoch, job.result.metrics], [3, 3, {}]);
  assert.deepEqual((await runJob({ ...request, model: 'ease' })).result.metrics, {});
  await assert.rejects(finalOfRun(folder, context(dataset)), refusedAs('needs-not-met', /nothing was held out/));
  await assert.rejects(loadDataset({ data: SMALL, ratios: [0.8, 0.2, 0] }), refusedAs('bad-option', /1, 0, 0/));
});
