import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadDataset } from '../data/index.js';
import { methodRegistry } from '../distill/index.js';
import { sealedText } from '../formats/index.js';
import { readCheckedJson } from '../formats/sealed-json.js';
import { choiceText } from './ensemble.js';
import { jobFiles, readFinishedRun, readTeacher } from './finished.js';
import { runJob } from './job.js';
import { readRunManifest } from './run-folder.js';
import { evaluation, kernels, newFolder, quick, refusedAs, SMALL, smallData } from './small.test.support.js';

const dataset = await smallData();
const base = { dataset, kernels, evaluation };
const walks = (await runJob({ ...base, model: 'rp3beta' })).teacher;
const ease = (await runJob({ ...base, model: 'ease' })).teacher;
const knn = (await runJob({ ...base, model: 'item-knn' })).teacher;
const teachers = [walks, ease, knn];
const options = { ...quick, dim: 2, epochs: 4 };
const distilled = (more: object) => runJob({ ...base, model: 'bpr-mf', method: 'softmax', options, teachers, ...more });

test('weights are recorded, and a run that continues uses the recorded ones', async () => {
  const folder = newFolder();
  const first = await distilled({ folder, ensemble: 'valid' });
  const { ensemble } = first.result;
  assert.equal(ensemble?.kind, 'valid');
  assert.deepEqual(
    ensemble.members.map((m) => m.name),
    ['rp3beta', 'ease', 'item-knn'],
  );
  assert.ok(ensemble.members.every((m) => m.weight > 0 && m.weight < 1));
  const path = join(folder, jobFiles.ensemble);
  const { value } = readCheckedJson(path);
  assert.deepEqual(value.members, JSON.parse(JSON.stringify(ensemble.members)));
  assert.equal(readFinishedRun(folder).manifest.options.ensemble, 'valid');
  assert.deepEqual(readFinishedRun(folder).result.ensemble, JSON.parse(JSON.stringify(ensemble)));
  // A run that stopped before its end has what follows, and no result.
  rmSync(join(folder, jobFiles.result));
  const members = ensemble.members.map((m, at) => ({ ...m, weight: at === 0 ? 1 : 0 }));
  writeFileSync(path, sealedText({ ...value, members }));
  const continued = await distilled({ folder, ensemble: 'valid' });
  assert.deepEqual(
    continued.result.ensemble?.members.map((m) => m.weight),
    [1, 0, 0],
  );
  // Only the first teacher is left: the student is that of this teacher alone.
  const alone = await distilled({ teachers: [walks] });
  assert.deepEqual(continued.rankings.items, alone.rankings.items);
  assert.notDeepEqual(continued.rankings.items, first.rankings.items);
});

test('a record of other teachers is refused', async () => {
  const folder = newFolder();
  await distilled({ folder, ensemble: 'greedy' });
  const path = join(folder, jobFiles.ensemble);
  const { value } = readCheckedJson(path);
  rmSync(join(folder, jobFiles.result));
  writeFileSync(path, sealedText({ ...value, teachers: ['x', 'y', 'z'] }));
  await assert.rejects(
    distilled({ folder, ensemble: 'greedy' }),
    refusedAs('artifact-damaged', /teachers of this run/),
  );
});

test('equal weights are the runs without weights: same hash, same bits, no record', async () => {
  const [plain, given] = [newFolder(), newFolder()];
  const a = await distilled({ folder: plain });
  const b = await distilled({ folder: given, ensemble: 'equal' });
  assert.equal(readRunManifest(plain).hash, readRunManifest(given).hash);
  assert.deepEqual(a.rankings.items, b.rankings.items);
  assert.ok(!existsSync(join(given, jobFiles.ensemble)));
  assert.equal(readRunManifest(plain).options.ensemble, undefined);
  const [valid, greedy] = [newFolder(), newFolder()];
  await distilled({ folder: valid, ensemble: 'valid' });
  await distilled({ folder: greedy, ensemble: 'greedy' });
  assert.equal(new Set([plain, valid, greedy].map((f) => readRunManifest(f).hash)).size, 3);
});

test('every method of several teachers takes weights, and results depend on them', async () => {
  for (const { name, needs, small } of methodRegistry.all()) {
    if (needs.teachers === 'none' || needs.form === 'co-trained' || needs.teacher.length > 0) continue;
    const of = (ensemble: string) =>
      distilled({ method: name, options: { ...options, ...small, lambda: 1 }, ensemble }).then((j) => j.rankings.items);
    const [equal, valid, again] = [await of('equal'), await of('valid'), await of('valid')];
    assert.notDeepEqual(valid, equal, name);
    assert.deepEqual(valid, again, name);
  }
});

test('a teacher knows its parameters and the lists of held-out users, in memory and from its folder', async () => {
  const folder = newFolder();
  const made = await runJob({ ...base, model: 'ease', folder });
  const read = readTeacher(folder);
  assert.equal(made.teacher.parameters, made.result.parameters);
  assert.equal(read.parameters, made.result.parameters);
  assert.deepEqual(read.tested?.().items, made.rankings.items);
});

test('weights need a valid part and a method with several teachers', async () => {
  const none = await loadDataset({ data: SMALL, ratios: [0.8, 0, 0.2] });
  const own = { dataset: none, kernels, evaluation };
  const two = [
    (await runJob({ ...own, model: 'item-knn' })).teacher,
    (await runJob({ ...own, model: 'ease' })).teacher,
  ];
  await assert.rejects(
    runJob({ ...own, model: 'bpr-mf', method: 'softmax', options, teachers: two, ensemble: 'greedy' }),
    refusedAs('needs-not-met', /no valid part/),
  );
  await assert.rejects(
    distilled({ method: 'none', teachers: [], ensemble: 'greedy' }),
    refusedAs('needs-not-met', /takes no teachers/),
  );
  await assert.rejects(distilled({ ensemble: 'best' }), refusedAs('unknown-name', /best/));
});

test('held-out users are weighed by their lists for valid', async () => {
  const users = await loadDataset({ data: SMALL, split: 'users', ratios: [0.6, 0.2, 0.2] });
  const own = { dataset: users, kernels, evaluation };
  const folders = ['rp3beta', 'ease', 'item-knn'].map((model) => ({ model, folder: newFolder() }));
  const made = [];
  for (const { model, folder } of folders) made.push((await runJob({ ...own, model, folder })).teacher);
  const student = { ...own, model: 'fism', method: 'softmax', options, ensemble: 'valid' };
  const { result } = await runJob({ ...student, teachers: made });
  const evaluated = made.map((t) => t.trajectory.checkpoints.at(-1)!.metrics['recall@10']);
  assert.deepEqual(
    result.ensemble?.members.map((m) => m.value),
    evaluated,
    'the value of a member alone is that of its run on valid',
  );
  const read = await runJob({ ...student, teachers: folders.map((f) => readTeacher(f.folder)) });
  assert.deepEqual(read.result.ensemble, result.ensemble);
});

test('the weights in one line name who was not chosen', () => {
  const member = (name: string, weight: number) => ({ name, weight, value: 0.1 });
  const choice = { kind: 'greedy', metric: 'recall@10', temperature: 40, cutoff: 100, additions: [], value: 0.2 };
  assert.equal(
    choiceText({ ...choice, members: [member('a', 0.75), member('b', 0.25), member('c', 0)] }),
    'weights of the teachers (greedy, on valid): a 0.750, b 0.250; not chosen: c',
  );
});
