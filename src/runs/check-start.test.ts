import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBundle } from '../bundle/index.js';
import { count, entriesIn, finalDataset, has, keptInTrain, loadDataset, pairsIn } from '../data/index.js';
import { checkStart } from './check-start.js';
import { jobFiles } from './finished.js';
import { runJob } from './job.js';
import { readStart, trainedPairs } from './seen-parts.js';
import { evaluation, kernels, newFolder, quick, refusedAs, SMALL, smallData } from './small.test.support.js';

async function student() {
  const dataset = await smallData();
  const folder = newFolder();
  await runJob({ dataset, kernels, model: 'bpr-mf', options: quick, evaluation, folder });
  return { dataset, folder, start: await readStart(folder) };
}

const made = await student();

test('a run tells exactly what its model was trained on', () => {
  const { dataset, start } = made;
  const pairs = pairsIn(dataset, trainedPairs(start));
  assert.deepEqual([pairs.indptr, pairs.indices], [dataset.train.indptr, dataset.train.indices]);
  checkStart(start, dataset);
});

test('another split of the same data is refused with the number of trained pairs, and can be repaired', async () => {
  const { dataset, start } = made;
  const other = await loadDataset({ data: SMALL, splitSeed: 1 });
  const trained = pairsIn(other, trainedPairs(start));
  const known = (part: typeof other.test) => entriesIn(part, trained).reduce((sum, is) => sum + is, 0);
  const text = new RegExp(
    `was trained on ${known(other.valid)} of ${count(other.valid)} interactions of valid and ${known(other.test)} of ${count(other.test)} interactions of test`,
  );
  assert.ok(known(other.test) > 0);
  assert.throws(() => checkStart(start, other), refusedAs('needs-not-met', text));
  const request = { dataset: other, kernels, model: 'bpr-mf', options: { epochs: 2 }, evaluation, start };
  await assert.rejects(runJob(request), refusedAs('needs-not-met', text));
  const kept = keptInTrain(other, trainedPairs(start));
  assert.deepEqual(kept.moved, { valid: known(other.valid), test: known(other.test) });
  assert.equal(
    count(kept.train) + count(kept.valid) + count(kept.test),
    count(dataset.train) + count(dataset.valid) + count(dataset.test),
  );
  for (let user = 0; user < trained.nUsers; user++)
    for (const item of trained.indices.subarray(trained.indptr[user]!, trained.indptr[user + 1]!))
      assert.ok(has(kept.train, user, item) || !has(other.train, user, item));
  await runJob({ ...request, dataset: kept });
  await runJob({ ...request, dataset: finalDataset(other) });
});

test('without its run, all that a bundle knows counts as trained on; without histories nothing can be checked', async () => {
  const { dataset, folder, start } = made;
  const bundle = await readBundle(join(folder, jobFiles.student));
  assert.throws(() => checkStart(bundle, dataset), refusedAs('needs-not-met', /may have been trained on/));
  const { seen: _, ...model } = start.model;
  assert.throws(() => checkStart({ ...start, model }, dataset), refusedAs('needs-not-met', /no histories/));
});
