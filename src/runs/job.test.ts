import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rankingOf } from '../data/index.js';
import { loadDataset } from '../data/load.js';
import { sealedText } from '../formats/sealed-json.js';
import { fism } from '../models/fism.js';
import type { Listener, TrainEvent } from '../train/index.js';
import { isFinishedRun, jobFiles, readFinishedRun, readTeacher } from './finished.js';
import { runJob } from './job.js';
import type { Teacher } from './outcome.js';
import type { JobRequest } from './request.js';
import { readSavedModel } from './saved-model.js';
import {
  contentsOf,
  evaluation,
  fixedFiles,
  kernels,
  newFolder,
  quick,
  refusedAs,
  SMALL,
  smallData,
} from './small.test.support.js';

const request = async (more: Partial<JobRequest> = {}): Promise<JobRequest> => ({
  dataset: await smallData(),
  kernels,
  model: 'bpr-mf',
  options: quick,
  evaluation,
  ...more,
});

const teachers = async (): Promise<Teacher[]> => {
  const jobs = [await runJob(await request()), await runJob(await request({ model: 'item-knn', options: {} }))];
  return jobs.map((j) => j.teacher);
};

const student = async (more: Partial<JobRequest> = {}): Promise<JobRequest> =>
  request({
    method: 'hetcomp',
    options: { ...quick, dim: 2, period: 1, topK: 20, discrepancyK: 10, lambda: 0.1 },
    teachers: await teachers(),
    ...more,
  });

/** Runs until the evaluation of `epoch` or of a later one, then stops as Ctrl-C does, with a checkpoint. */
async function interrupted(r: JobRequest, epoch: number): Promise<void> {
  const stop = new AbortController();
  const listen = (e: TrainEvent) => void (e.type === 'evaluation' && e.epoch >= epoch && stop.abort());
  await assert.rejects(runJob({ ...r, listen, signal: stop.signal }), refusedAs('interrupted'));
}

test('a job in memory gives a judged model, its trajectory and its lists, and keeps no memory', async () => {
  const dataset = await smallData();
  let parameters = 0;
  const use = (m: { size: number }) => {
    parameters = m.size;
  };
  await runJob(await request());
  const before = kernels.bytesInUse;
  const job = await runJob(await request(), use);
  assert.equal(kernels.bytesInUse, before);
  const { result, teacher, rankings } = job;
  assert.deepEqual([result.model, result.method, result.epochs, job.reused], ['bpr-mf', 'none', 6, false]);
  assert.ok(result.bestEpoch >= 1 && result.bestEpoch <= 6);
  assert.equal(result.parameters, parameters);
  assert.equal(result.bytes, 4 * (dataset.train.nUsers + dataset.train.nItems) * 4);
  assert.ok(result.latencyMicroseconds > 0 && result.seconds > 0);
  for (const name of ['recall@5', 'ndcg@10', 'coverage@10'])
    assert.ok(result.metrics[name]! >= 0 && result.metrics[name]! <= 1, name);
  assert.deepEqual(job.evaluation.means['recall@10'], result.metrics['recall@10']);
  const { checkpoints } = teacher.trajectory;
  assert.equal(checkpoints.at(-1)!.epoch, result.bestEpoch);
  assert.equal(checkpoints.length, Math.min(4, result.bestEpoch));
  for (let u = 0; u < dataset.train.nUsers; u++) {
    const hidden = new Set(
      [dataset.train, dataset.valid].flatMap((p) => [...p.indices.subarray(p.indptr[u]!, p.indptr[u + 1]!)]),
    );
    assert.ok(
      rankingOf(rankings, u).every((i) => !hidden.has(i)),
      'train and valid items are no candidates',
    );
  }
});

test('the same job in a folder gives the same, is finished there, and is read back without work', async () => {
  const folder = newFolder();
  const inMemory = await runJob(await request());
  const first = await runJob(await request({ folder, source: { data: 'here' } }));
  assert.deepEqual(first.result.metrics, inMemory.result.metrics);
  assert.deepEqual(first.rankings, inMemory.rankings);
  assert.deepEqual(first.teacher.trajectory, inMemory.teacher.trajectory);
  const kept = readdirSync(folder);
  for (const name of [...fixedFiles, 'manifest.json', 'events.jsonl', 'metrics.jsonl'])
    assert.ok(kept.includes(name), name);
  assert.ok(!kept.includes('snapshots') && !kept.includes('lock'));
  const events: TrainEvent[] = [];
  const again = await runJob(await request({ folder, listen: (e) => events.push(e) }), () =>
    assert.fail('there is no model to use'),
  );
  assert.equal(again.reused, true);
  assert.deepEqual(events, []);
  assert.deepEqual(again.result, first.result);
  assert.deepEqual(again.evaluation, first.evaluation);
  assert.deepEqual(again.rankings, first.rankings);
  assert.deepEqual(contentsOf(again.teacher), contentsOf(first.teacher));
  assert.deepEqual(contentsOf(readTeacher(folder)), contentsOf(first.teacher));
  const finished = readFinishedRun(folder);
  assert.deepEqual(
    [finished.result, finished.rankings, finished.source],
    [first.result, first.rankings, { data: 'here' }],
  );
});

test('a folder of another job is refused, and taken with overwrite', async () => {
  const folder = newFolder();
  await runJob(await request({ folder }));
  const other: readonly Partial<JobRequest>[] = [
    { options: { ...quick, dim: 5 } },
    { options: { ...quick, seed: 1 } },
    { model: 'lightgcn' },
    { trajectory: { checkpoints: 2 } },
    { trajectory: { spread: 'quality' } },
    { evaluation: { ...evaluation, at: [10] } },
    { dataset: await loadDataset({ data: 'synthetic:60x80x900:1' }) },
    await student(),
  ];
  for (const more of other)
    await assert.rejects(async () => runJob(await request({ ...more, folder })), refusedAs('run-differs'));
  const anew = await runJob(await request({ folder, options: { ...quick, dim: 5 }, overwrite: true }));
  assert.equal(anew.reused, false);
  assert.equal((await runJob(await request({ folder, options: { ...quick, dim: 5 } }))).reused, true);
});

for (const [what, make] of [
  ['training', request],
  ['distillation', student],
] as const) {
  test(`${what} that is interrupted again and again ends in the same bytes`, async () => {
    const [straight, parts] = [newFolder(), newFolder()];
    const expected = await runJob(await make({ folder: straight }));
    for (const epoch of [1, 2, 4]) {
      await interrupted(await make({ folder: parts }), epoch);
      assert.equal(isFinishedRun(parts), false);
    }
    const got = await runJob(await make({ folder: parts }));
    assert.equal(got.result.bestEpoch, expected.result.bestEpoch);
    assert.deepEqual(got.result.metrics, expected.result.metrics);
    for (const name of [jobFiles.model, jobFiles.rankings, 'metrics.jsonl'])
      assert.ok(readFileSync(join(parts, name)).equals(readFileSync(join(straight, name))), name);
    const files = readdirSync(join(straight, jobFiles.trajectory)).sort();
    assert.deepEqual(readdirSync(join(parts, jobFiles.trajectory)).sort(), files);
    for (const f of files) {
      const [a, b] = [parts, straight].map((run) => readFileSync(join(run, jobFiles.trajectory, f)));
      assert.ok(a!.equals(b!), f);
    }
  });
}

test('a computed model is evaluated, stored and read back', async () => {
  const folder = newFolder();
  const make = () => request({ model: 'ease', options: {}, folder });
  const first = await runJob(await make());
  assert.deepEqual([first.result.epochs, first.result.bestEpoch], [0, 0]);
  assert.equal(first.teacher.trajectory.checkpoints.length, 1);
  assert.ok(!existsSync(join(folder, jobFiles.model)));
  const again = await runJob(await make());
  assert.deepEqual([again.reused, again.result], [true, first.result]);
  assert.deepEqual(contentsOf(again.teacher), contentsOf(first.teacher));
});

test('the divergence of a model is reported, and its folder can be used again', async () => {
  const folder = newFolder();
  const options = { ...quick, optimizer: 'sgd', learningRate: 100, l2: 100 };
  await assert.rejects(async () => runJob(await request({ folder, options })), refusedAs('diverged'));
  assert.equal(isFinishedRun(folder), false);
  const job = await runJob(await request({ folder, overwrite: true }));
  assert.equal(job.reused, false);
});

test('a trained model that no bundle can have has diverged, each time, and its folder can be used again', async () => {
  const folder = newFolder();
  const far: typeof fism = {
    ...fism,
    name: 'far',
    create(context, options) {
      const made = fism.create(context, options);
      const historyTables = () => {
        const tables = made.historyTables!();
        return { ...tables, inputFactors: tables.inputFactors.map(() => 2e9) };
      };
      return { ...made, name: 'far', historyTables };
    },
  };
  const options = { ...quick, dim: 2 };
  const message = /far diverged: inputFactors has 2000000000 at position 0; expected at most 1000000000/;
  for (let n = 0; n < 2; n++) {
    await assert.rejects(
      async () => runJob(await request({ folder, model: far, options })),
      (e) => {
        assert.match((e as { hint: string }).hint, /^Lower learningRate .*overwrite/);
        return refusedAs('diverged', message)(e);
      },
    );
    assert.equal(isFinishedRun(folder), false);
  }
  assert.equal((await runJob(await request({ folder, overwrite: true }))).reused, false);
});

test('what is wrong is refused before any work: nothing is kept, nothing is made', async () => {
  const folder = newFolder();
  const before = kernels.bytesInUse;
  const wrong: readonly (readonly [Parameters<typeof refusedAs>[0], Partial<JobRequest>])[] = [
    ['unknown-name', { model: 'bpr' }],
    ['unknown-name', { method: 'hetcom' }],
    ['unknown-option', { options: { dims: 4 } }],
    ['unknown-option', { options: { lambda: 1 } }],
    ['bad-option', { options: { dim: 0 } }],
    ['bad-option', { evaluation: { at: [5, 81], selectBy: 'recall@5' } }],
    ['bad-option', { evaluation: { at: [5], selectBy: 'recall@10' } }],
    ['needs-not-met', { method: 'hetcomp' }],
    ['needs-not-met', { teachers: await teachers() }],
    ['needs-not-met', await student({ model: 'item-autoencoder', options: {} })],
    ['needs-not-met', await student({ model: 'ease', options: {} })],
    ['needs-not-met', await student({ dataset: await loadDataset({ data: 'synthetic:60x80x900:1' }) })],
  ];
  for (const [code, more] of wrong) {
    await assert.rejects(async () => runJob(await request({ ...more, folder })), refusedAs(code), JSON.stringify(code));
    assert.ok(!existsSync(folder));
  }
  assert.equal(kernels.bytesInUse, before);
});

test('a damaged file of a finished run is refused, not used', async () => {
  const folder = newFolder();
  await runJob(await request({ folder }));
  const path = join(folder, jobFiles.rankings);
  writeFileSync(path, readFileSync(path).subarray(0, -40));
  await assert.rejects(async () => runJob(await request({ folder })), refusedAs('artifact-damaged'));
});

test('files of another run, and a result without its fields, are refused', async () => {
  const [mine, other] = [newFolder(), newFolder()];
  await runJob(await request({ folder: mine }));
  await runJob(await request({ folder: other, options: { ...quick, seed: 1 } }));
  const refuses = async (message: RegExp) => {
    await assert.rejects(async () => runJob(await request({ folder: mine })), refusedAs('artifact-damaged', message));
  };
  for (const name of [jobFiles.rankings, jobFiles.result]) {
    const own = readFileSync(join(mine, name));
    writeFileSync(join(mine, name), readFileSync(join(other, name)));
    await refuses(/belongs to another run/);
    writeFileSync(join(mine, name), own);
  }
  writeFileSync(join(mine, jobFiles.model), readFileSync(join(other, jobFiles.model)));
  assert.throws(() => readSavedModel(mine), refusedAs('artifact-damaged', /belongs to another run/));
  writeFileSync(join(mine, jobFiles.result), 'null');
  await refuses(/not a JSON object/);
  writeFileSync(join(mine, jobFiles.result), '{"model":"bpr-mf"}');
  await refuses(/its SHA-256 is missing/);
  writeFileSync(join(mine, jobFiles.result), sealedText({ model: 'bpr-mf' }));
  await refuses(/not the result of a run/);
});

test('without a valid part nothing is selected: all epochs are run and the last one is kept', async () => {
  const dataset = await loadDataset({ data: SMALL, ratios: [0.8, 0, 0.2] });
  const notes: string[] = [];
  const listen: Listener = (event) => void (event.type === 'note' && notes.push(event.message));
  const job = await runJob({
    dataset,
    kernels,
    model: 'bpr-mf',
    options: { ...quick, patience: 1 },
    evaluation,
    listen,
  });
  assert.deepEqual([job.result.epochs, job.result.bestEpoch], [quick.epochs, quick.epochs]);
  assert.match(notes.join(), /no valid part/);
  assert.deepEqual(job.teacher.trajectory.checkpoints.at(-1)!.metrics, {});
  assert.ok(job.result.metrics['recall@10']! > 0);
});

test('the constant columns of a model of distances come back from its bundle', async () => {
  const folder = newFolder();
  const inMemory = await runJob(await request({ model: 'cml' }));
  await runJob(await request({ model: 'cml', folder }));
  assert.deepEqual(readTeacher(folder).tables, inMemory.teacher.tables);
  assert.equal(inMemory.teacher.tables!.dim, quick.dim + 2);
});

test('teachers provide embeddings from memory and from a folder; a method that needs them refuses other teachers', async () => {
  const folder = newFolder();
  const [inMemory, kept] = [await runJob(await request()), await runJob(await request({ folder }))];
  const { tables } = readTeacher(folder);
  assert.deepEqual(tables, inMemory.teacher.tables);
  assert.deepEqual(kept.teacher.tables, tables);
  const { train } = await smallData();
  assert.deepEqual(
    [tables!.dim, tables!.userFactors.length, tables!.itemFactors.length],
    [4, train.nUsers * 4, train.nItems * 4],
  );
  const knn = await runJob(await request({ model: 'item-knn', options: {} }));
  assert.equal(knn.teacher.tables, undefined);
  await assert.rejects(
    runJob(await student({ method: 'de', options: quick, teachers: [kept.teacher, knn.teacher] })),
    refusedAs('needs-not-met', /de needs teachers with embeddings, which item-knn does not have/),
  );
});

test('the parameters of a method survive an interruption', async () => {
  const { teacher } = await runJob(await request());
  for (const method of ['de', 'dcd', 'multi-rrd']) {
    const options = { ...quick, dim: 2, lambda: 0.1, ...(method === 'de' ? { experts: 3 } : {}) };
    const distil = await student({ method, options, teachers: [teacher] });
    const straight = await runJob(distil);
    const folder = newFolder();
    // The first checkpoint: later ones are written only as often as the disk is fast.
    await interrupted({ ...distil, folder }, 1);
    const resumed = await runJob({ ...distil, folder });
    assert.deepEqual(resumed.result.metrics, straight.result.metrics, method);
    assert.deepEqual(resumed.teacher.tables, straight.teacher.tables, method);
  }
});
