import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { itemsOf, type LoadedDataset, loadDataset, synthesize } from '../data/index.js';
import { modelOf, type TrainableModel } from '../models/index.js';
import { createStudent } from '../student/index.js';
import type { TrainEvent } from '../train/index.js';
import { continueFrom, continueText } from './continue-from.js';
import { runJob } from './job.js';
import { readStart, type StartBundle } from './seen-parts.js';
import { evaluation, kernels, newFolder, quick, refusedAs } from './small.test.support.js';

/** What was known at first, and what is known now: all users but eight, all items but six, and then everybody but user 0. */
async function twoStates(): Promise<{ before: LoadedDataset; now: LoadedDataset }> {
  const { parts, users, items } = synthesize({ nUsers: 60, nItems: 80, interactions: 900, seed: 3 });
  const { interactions } = parts[0]!;
  const rows = users.flatMap((_, u) => Array.from(itemsOf(interactions, u), (i) => ({ u, i })));
  const folder = newFolder();
  mkdirSync(folder);
  const load = (name: string, kept: typeof rows) => {
    const path = join(folder, name);
    writeFileSync(path, ['user,item', ...kept.map(({ u, i }) => `${users[u]},${items[i]}`)].join('\n'));
    return loadDataset({ data: path, split: 'hash' });
  };
  return {
    before: await load(
      'before.csv',
      rows.filter(({ u, i }) => u < 52 && i < 74),
    ),
    now: await load(
      'now.csv',
      rows.filter(({ u }) => u > 0),
    ),
  };
}

const states = await twoStates();

async function trainedBundle(): Promise<StartBundle> {
  const folder = newFolder();
  const options = { ...quick, epochs: 12 };
  await runJob({ dataset: states.before, kernels, model: 'bpr-mf', options, evaluation, folder });
  return readStart(folder);
}

const bundle = await trainedBundle();

const untrained = (name = 'bpr-mf', options: object = { dim: 4 }) => {
  const spec = modelOf(name);
  const context = { kernels, train: states.now.train, seed: 9 };
  return spec.create(context, spec.options.parse(options)) as TrainableModel;
};

test('the known keep their numbers, the new are folded in as the runtime would do it, the gone are counted', async () => {
  const model = untrained();
  try {
    const wider = untrained('bpr-mf', { dim: 5 });
    await assert.rejects(
      continueFrom(wider, bundle, states.now),
      refusedAs('needs-not-met', /dim 5, and the bundle 4/),
    );
    wider.close();
    const report = await continueFrom(model, bundle, states.now);
    const { now } = states;
    const [userFactors, itemFactors] = model.parameters.map((p) => p.values);
    const { model: from } = bundle;
    const row = (table: ArrayLike<number>, at: number) => Array.from({ length: 4 }, (_, j) => table[at * 4 + j]!);
    for (const [at, id] of now.users.ids.entries()) {
      const known = from.userIds.indexOf(id);
      if (known >= 0) assert.deepEqual(row(userFactors!, at), row(from.userFactors, known));
    }
    const count = (ids: readonly string[], of: readonly string[]) => ids.filter((id) => of.includes(id)).length;
    const { known, foldedIn, random, gone } = report.users;
    assert.equal(known, count(now.users.ids, from.userIds));
    assert.equal(known + foldedIn + random, now.users.ids.length);
    assert.equal(gone, 1);
    assert.ok(foldedIn > 0 && report.items.foldedIn > 0);
    assert.match(
      continueText(report),
      /^continuing from a bundle\. Users: \d+ known, \d+ new and folded in.* 1 of the bundle/,
    );

    // Somebody new who has known items only stands where the bundle itself would place them.
    const { indptr, indices } = now.train;
    const knownItems = new Set(from.itemIds);
    const fresh = now.users.ids.findIndex((id, u) => {
      const own = indices.subarray(indptr[u]!, indptr[u + 1]!);
      return !from.userIds.includes(id) && own.length > 0 && [...own].every((i) => knownItems.has(now.items.ids[i]!));
    });
    assert.ok(fresh >= 0, 'the data has such a user');
    const own = [...indices.subarray(indptr[fresh]!, indptr[fresh + 1]!)].map((i) => now.items.ids[i]!);
    const [best] = createStudent(from).recommendFromItems(own, { k: 1 });
    const at = now.items.ids.indexOf(best!.itemId);
    const score = row(userFactors!, fresh).reduce((sum, v, j) => sum + v * itemFactors![at * 4 + j]!, 0);
    assert.ok(Math.abs(score - best!.score) < 1e-5 * Math.abs(score));
  } finally {
    model.close();
  }
});

test('a job continues from a bundle: it is evaluated before the first epoch, its best is not worse, and it resumes to the same result', async () => {
  const events: TrainEvent[] = [];
  const request = { dataset: states.now, kernels, model: 'bpr-mf', evaluation, start: bundle };
  const { dim: _, ...options } = quick;
  const whole = await runJob({ ...request, options, listen: (e) => events.push(e) });
  assert.equal(whole.result.options.dim, 4);
  assert.ok(events.some((e) => e.type === 'note' && /continuing from a bundle/.test(e.message)));
  const values = events.flatMap((e) => (e.type === 'evaluation' ? [{ epoch: e.epoch, ...e.metrics }] : []));
  assert.equal(values[0]!.epoch, 0);
  assert.ok(
    whole.teacher.trajectory.checkpoints.at(-1)!.metrics['recall@10']! >=
      (values[0] as Record<string, number>)['recall@10']!,
  );

  const folder = newFolder();
  const stop = new AbortController();
  const listen = (e: TrainEvent) => void (e.type === 'evaluation' && e.epoch >= 3 && stop.abort());
  await assert.rejects(runJob({ ...request, options, folder, listen, signal: stop.signal }), refusedAs('interrupted'));
  const resumed = await runJob({ ...request, options, folder });
  assert.deepEqual(resumed.result.metrics, whole.result.metrics);
  assert.equal((await runJob({ ...request, options, folder })).reused, true);
  const other = { ...bundle, manifest: { ...bundle.manifest, sha256: 'f'.repeat(64) } };
  await assert.rejects(runJob({ ...request, options, folder, start: other }), refusedAs('run-differs'));
});

test('HetComp teaches a student that continues from a bundle by the final checkpoints only, unless given otherwise', async () => {
  const { dim: _, ...options } = quick;
  const request = { dataset: states.now, kernels, evaluation };
  const { teacher } = await runJob({ ...request, model: 'bpr-mf', options });
  const taught = { ...request, model: 'bpr-mf', method: 'hetcomp', teachers: [teacher], start: bundle };
  const usual = await runJob({ ...taught, options });
  assert.equal(usual.result.options.trajectoryLength, 1);
  const whole = await runJob({ ...taught, options: { ...options, trajectoryLength: 2 } });
  assert.equal(whole.result.options.trajectoryLength, 2);
});

test('what cannot continue is refused, and keeps no memory', async () => {
  const request = { dataset: states.now, kernels, model: 'bpr-mf', evaluation, start: bundle };
  const biased = { ...bundle, model: { ...bundle.model, itemBiases: new Float32Array(bundle.model.nItems) } };
  const short = { epochs: 1 };
  const refusals = async () => {
    const dim = { ...quick, dim: 8 };
    await assert.rejects(runJob({ ...request, options: dim }), refusedAs('bad-option', /dim.* 4, as in the bundle/));
    const other = { ...request, model: 'lightgcn', options: short };
    await assert.rejects(runJob(other), refusedAs('needs-not-met', /lightgcn cannot continue/));
    await assert.rejects(runJob({ ...request, model: 'ease' }), refusedAs('needs-not-met', /ease cannot continue/));
    const wrong = { ...request, start: biased, options: short };
    await assert.rejects(runJob(wrong), refusedAs('needs-not-met', /biases/));
  };
  await refusals();
  // Kernels keep their working memory from the first call on.
  const before = kernels.bytesInUse;
  await refusals();
  assert.equal(kernels.bytesInUse, before);
});
