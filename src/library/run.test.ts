import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readBundle } from '../bundle/index.js';
import { rankingOf } from '../data/index.js';
import { RecdistillError } from '../errors.js';
import { createStudent, StudentError } from '../student/index.js';
import { coTrain } from './co-train.js';
import { evaluate, recommend } from './evaluate.js';
import { configure } from './kernels.js';
import { importRankings, openRun } from './open-run.js';
import type { Run } from './run.js';
import { judged, quick, smallData } from './small.test.support.js';
import { distill, train } from './train.js';

const folder = mkdtempSync(join(tmpdir(), 'recdistill-library-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const data = await smallData();
const bpr = await train('bpr-mf', { data, ...quick });

/** What must be equal of two runs that are the same. */
const sameOf = ({ hash, model, method, options, metrics, validMetrics, rankings, bestEpoch }: Run) => ({
  ...{ hash, model, method, options, metrics, validMetrics, rankings, bestEpoch },
});
const parametersOf = (run: Run) =>
  Object.entries(run.parameters())
    .map(([name, p]) => [name, [...Array.from(p)]])
    .sort();

test('a run in memory, one in a folder, and the same opened are one run', async () => {
  const place = join(folder, 'bpr');
  const kept = await train('bpr-mf', { data, ...quick, folder: place });
  const again = await train('bpr-mf', { data, ...quick, folder: place });
  const opened = await openRun(place);
  assert.deepEqual([bpr.reused, kept.reused, again.reused, opened.reused], [false, false, true, true]);
  assert.match(bpr.hash, /^[0-9a-f]{64}$/);
  for (const run of [kept, again, opened]) {
    assert.deepEqual(sameOf(run), sameOf(bpr));
    assert.deepEqual(parametersOf(run), parametersOf(bpr));
    assert.deepEqual(run.evaluation, bpr.evaluation);
  }
  assert.deepEqual([kept.folder, bpr.folder, opened.name], [place, undefined, 'bpr']);
  assert.ok(bpr.cost.parameters === 400 && bpr.cost.bytes === 1600 && bpr.cost.seconds! > 0);
  assert.equal(opened.data.fingerprint, data.fingerprint);
});

test('calls at the same time and other threads give the same run', async () => {
  configure({ threads: 1 });
  const [one, other] = await Promise.all([train('bpr-mf', { data, ...quick }), train('lightgcn', { data, ...quick })]);
  configure({ threads: 3 });
  assert.deepEqual(sameOf(one), sameOf(bpr));
  assert.deepEqual(sameOf(await train('lightgcn', { data, ...quick })), sameOf(other));
});

test('an invalid number of threads is refused, and the next call works', async () => {
  configure({ threads: 0 });
  await assert.rejects(train('top-pop', { data, ...judged }), /"threads" of kernels is 0/);
  configure({ threads: 2 });
  assert.equal((await train('top-pop', { data, ...judged })).model, 'top-pop');
});

test('an interrupted call throws, and the same call resumes with the same result', async () => {
  const place = join(folder, 'interrupted');
  const stop = new AbortController();
  const asked = { data, ...quick, folder: place };
  const stopped = train('bpr-mf', {
    ...asked,
    signal: stop.signal,
    listen: (event) => {
      if (event.type === 'epoch' && event.epoch === 2) stop.abort();
    },
  });
  await assert.rejects(stopped, (error) => error instanceof RecdistillError && error.code === 'interrupted');
  await assert.rejects(openRun(place), /has no finished run/);
  assert.deepEqual(sameOf(await train('bpr-mf', asked)), sameOf(bpr));
});

test('a student learns from runs, is saved, and its bundle answers as the run does', async () => {
  const teachers = [bpr, await train('ease', { data, ...judged })];
  const student = await distill('hetcomp', { teachers, student: 'bpr-mf', ...quick, name: 'small' });
  assert.deepEqual([student.name, student.method, student.teachers], ['small', 'hetcomp', ['bpr-mf', 'ease']]);
  const place = join(folder, 'bundle');
  await student.saveBundle(place, { precision: 'f32' });
  const { model, manifest } = await readBundle(place);
  assert.deepEqual(manifest.madeBy.teachers, ['bpr-mf', 'ease']);
  const answers = createStudent(model);
  const user = data.users.ids[3]!;
  assert.deepEqual(student.recommend(user, { k: 5 }), answers.recommend(user, { k: 5 }));
  const items = data.items.ids.slice(0, 3);
  assert.deepEqual(recommend(student, { items }, { k: 5 }), answers.recommendFromItems(items, { k: 5 }));
  assert.deepEqual(recommend(answers, user), student.recommend(user));
  const call = { teachers: [], student: 'bpr-mf', data, ...quick } as const;
  await assert.rejects(distill('none', { ...call, continueFrom: place }), /its run is not at hand/);
  const run = join(folder, 'to-continue');
  await train('bpr-mf', { data, ...quick, folder: run });
  const on = await distill('none', { ...call, continueFrom: run });
  assert.ok(on.metrics['recall@10']! > 0);
});

test('a run of a model without factors answers from its stored lists', async () => {
  const run = await train('mult-vae', { data, ...judged, epochs: 2 });
  const user = data.users.ids[5]!;
  const list = run.recommend(user, { k: 3 });
  const own = new Set(data.test.indices.subarray(data.test.indptr[5]!, data.test.indptr[6]!));
  const ranked = rankingOf(run.rankings, 5).filter((item) => !own.has(item));
  assert.deepEqual(
    list.map((r) => r.rank),
    [1, 2, 3],
  );
  assert.equal(list[0]!.itemId, data.items.ids[ranked[0]!]);
  assert.equal(run.recommend(user, { k: 1, exclude: [list[0]!.itemId] })[0]!.itemId, list[1]!.itemId);
  assert.throws(
    () => run.recommend('nobody'),
    (error) => error instanceof StudentError && error.code === 'unknown-user',
  );
  assert.throws(() => run.recommend(user, { k: 0 }), /k is 0/);
  assert.throws(() => run.recommend(user, { includeSeen: true }), /mult-vae cannot rank seen items/);
  assert.throws(() => run.recommend({ items: ['1'] }), /mult-vae cannot recommend for new users/);
  await assert.rejects(run.saveBundle(join(folder, 'none')), /mult-vae .* cannot be served as a student/);
});

test('rankings are written, come back as a run, and teach', async () => {
  const file = join(folder, 'theirs.csv');
  await bpr.saveRankings(file);
  const [theirs] = await importRankings(file, { data, ...judged });
  assert.deepEqual([theirs!.name, theirs!.model, theirs!.cost], ['theirs', 'external', {}]);
  assert.deepEqual(theirs!.metrics, bpr.metrics);
  const place = join(folder, 'theirs');
  const [kept] = await importRankings(file, { data, ...judged, folder: place });
  assert.equal(kept!.hash, theirs!.hash);
  assert.equal((await openRun(place, { data })).metrics['recall@10'], bpr.metrics['recall@10']);
  const student = await distill('rrd', { teachers: [theirs!], student: 'bpr-mf', ...quick });
  assert.deepEqual(student.teachers, ['theirs']);
});

test('two runs train on together, in memory and in a folder, and can do so again', async () => {
  const teacher = await train('bpr-mf', { data, ...quick, dim: 8 });
  const both = { teacher, student: bpr, epochs: 2, update: 1, evaluateEvery: 1, ...judged };
  const place = join(folder, 'bd');
  const roles: string[] = [];
  const one = await coTrain('bd', { ...both, listen: (event, role) => event.type === 'epoch' && roles.push(role) });
  const kept = await coTrain('bd', { ...both, folder: place });
  assert.deepEqual([...new Set(roles)].sort(), ['student', 'teacher']);
  for (const role of ['teacher', 'student'] as const) {
    assert.deepEqual(sameOf(kept[role]), sameOf(one[role]));
    assert.deepEqual(parametersOf(kept[role]), parametersOf(one[role]));
    assert.deepEqual(sameOf(await openRun(join(place, role))), sameOf(one[role]));
  }
  const next = await coTrain('bd', { ...both, ...one });
  assert.equal(next.student.method, 'bd');
  await assert.rejects(
    coTrain('bd', { ...both, teacher: bpr, student: teacher }),
    /has 400 parameters and the student 800/,
  );
});

test('the metrics of a run equal those of evaluate', () => {
  assert.deepEqual(evaluate(bpr, { at: [5, 10] }), bpr.evaluation);
  const bare = evaluate(bpr.rankings, { data, metrics: ['recall'], at: [5] });
  assert.deepEqual(bare.means, { 'recall@5': bpr.metrics['recall@5'] });
  assert.throws(() => evaluate(bpr.rankings), /evaluate needs a data set/);
  assert.throws(() => evaluate(bpr, { part: 'hidden' }), /no hidden interactions/);
  assert.throws(() => evaluate(bpr, { at: [0] }), /"topK" of evaluation is 0/);
});

test('the JSON of a run is short and has its identity', () => {
  const { name, hash, metrics, ...rest } = JSON.parse(JSON.stringify(bpr));
  assert.deepEqual([name, hash, metrics['recall@10']], ['bpr-mf', bpr.hash, bpr.metrics['recall@10']]);
  assert.equal(rest.options.dim, 4);
  assert.ok(!('rankings' in rest) && !('data' in rest));
});
