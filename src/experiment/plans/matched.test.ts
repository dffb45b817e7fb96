import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computedModel } from '../../models/index.js';
import { options } from '../../options/index.js';
import { evaluation, kernels, newFolder, quick, refusedAs, SMALL } from '../../runs/small.test.support.js';
import { bestDirect, dimOf, type MatchedPlan, matchedEntries, usableOn, withBestDirect } from './matched.js';
import { planPipeline, runPipeline } from './pipeline.js';
import { matchedSearches } from './study/search.js';
import { checkStudy, runStudy } from './study/study.js';

const plan = (more: Partial<MatchedPlan> = {}): MatchedPlan => ({
  ...{ matched: true, baselines: [], teachers: [{ model: 'ease' }], students: [{ model: 'bpr-mf', dim: 6 }] },
  ...more,
});
const names = (more: Partial<MatchedPlan>, usable?: Parameters<typeof matchedEntries>[1]) =>
  matchedEntries(plan(more), usable).map((e) => e.name);

test('one of each model for each dim of a distilled student, and the own model of the student', () => {
  assert.deepEqual(matchedEntries(plan()), [
    { model: 'bpr-mf', dim: 6, name: 'alone-bpr-mf-dim6' },
    { model: 'ials', dim: 6, name: 'alone-ials-dim6' },
    { model: 'mf', dim: 6, name: 'alone-mf-dim6' },
  ]);
  const students = [
    { model: 'fism', dim: 8, seed: 5 },
    { model: 'fism', dim: 8, method: 'softmax' },
    { model: 'bpr-mf', dim: 16, method: 'rrd' },
  ];
  const found = matchedEntries(plan({ students }));
  assert.deepEqual(
    found.map((e) => e.name),
    ['fism-dim8', 'ials-dim8', 'bpr-mf-dim8', 'mf-dim8', 'bpr-mf-dim16', 'ials-dim16', 'mf-dim16'].map(
      (name) => `alone-${name}`,
    ),
  );
  assert.deepEqual(
    found.map((e) => e.seed),
    [5, 5, 5, 5, undefined, undefined, undefined],
  );
});

test('what the plan trains directly in this dim anyway is not added again', () => {
  const alone = { model: 'bpr-mf', dim: 6, method: 'none' };
  assert.deepEqual(names({ students: [alone, { model: 'bpr-mf', dim: 6 }] }), ['alone-ials-dim6', 'alone-mf-dim6']);
  assert.deepEqual(names({ baselines: [{ model: 'ials', dim: 6 }] }), ['alone-bpr-mf-dim6', 'alone-mf-dim6']);
  assert.deepEqual(names({ teachers: [{ model: 'ials', dim: 64 }] }).length, 3);
  // mf with the BPR loss is another model.
  assert.ok(names({ baselines: [{ model: 'mf', dim: 6, loss: 'bpr' }] }).includes('alone-mf-dim6'));
});

test('none without a distilled student, for a student without tables, with false; a list is taken as it is', () => {
  assert.deepEqual(names({ students: [] }), []);
  assert.deepEqual(names({ students: [{ model: 'bpr-mf', dim: 6, method: 'none' }] }), []);
  assert.deepEqual(names({ students: [{ model: 'mult-vae' }] }), []);
  assert.deepEqual(names({ matched: false }), []);
  assert.deepEqual(matchedEntries(plan({ matched: [{ model: 'cml', dim: 5, l2: 1 }] })), [
    { model: 'cml', dim: 5, l2: 1, name: 'alone-cml-dim5' },
  ]);
  assert.equal(dimOf({ model: 'bpr-mf' }), 64);
  assert.equal(dimOf({ model: 'ease' }), undefined);
  const own = computedModel({
    ...{ name: 'own-without-dim', summary: 'x', source: 'x', options: options({}), search: {}, capabilities: [] },
    ...{ memory: () => 0, create: () => Promise.reject(new Error('not made')) },
  });
  assert.equal(dimOf({ model: own, dim: 3 }), undefined);
});

test('a model without tables of a dim cannot be size-matched', () => {
  assert.throws(
    () => names({ matched: [{ model: 'ease' }] }),
    refusedAs('bad-option', /matched.*ease.*models with tables of a dim: .*ials/),
  );
});

test('of users who are held out whole only models of histories are evaluated', () => {
  const foldIn = { nUsers: 1, nItems: 1, indptr: Int32Array.of(0, 0), indices: new Int32Array(0) };
  const students = [{ model: 'fism', dim: 6 }];
  assert.deepEqual(names({ students }, usableOn({ foldIn })), ['alone-fism-dim6', 'alone-ials-dim6']);
  assert.equal(names({ students }, usableOn({})).length, 4);
});

test('the best row of the same dim that has no teachers', () => {
  const row = (role: string, name: string, value: number, more: object = {}) => ({
    role,
    name,
    dim: 6,
    value,
    ...more,
  });
  const taught = row('student', 'taught', 0.5, { method: 'hetcomp' });
  const rows = [
    row('baseline', 'ease', 0.9, { dim: undefined }),
    row('teacher', 'ials', 0.8, { dim: 64 }),
    row('ensemble', 'ensemble', 0.9),
    row('co-trained teacher', 'pair', 0.9, { method: 'bd' }),
    row('size-matched', 'a', 0.2),
    row('size-matched', 'b', 0.4),
    row('student', 'alone', 0.3, { method: 'none' }),
    row('student', 'better', 0.6, { method: 'softmax' }),
    taught,
  ];
  const of = (r: (typeof rows)[number]) => r.value;
  assert.equal(bestDirect(taught, rows, of)?.name, 'b');
  assert.equal(bestDirect(row('student', 'larger', 1, { dim: 7, method: 'rrd' }), rows, of), undefined);
  assert.equal(bestDirect(rows[6]!, rows, of), undefined, 'a row without teachers has no gain');
  assert.deepEqual(
    withBestDirect(rows, of).map(({ base, students }) => [base.name, ...students.map((s) => s.name)]),
    [['b', 'better', 'taught']],
  );
});

const hetcomp = { ...quick, dim: 2, period: 1, topK: 20, discrepancyK: 10 };
const small = {
  ...{ name: 'tiny', data: { data: SMALL }, evaluation, checkpoints: 3 },
  teachers: [{ model: 'ease' }, { model: 'ials', dim: 8, epochs: 5 }],
};

test('a pipeline trains them, reuses them, and leaves them out on request', async () => {
  const input = { ...small, students: [{ model: 'bpr-mf', ...hetcomp }] };
  const runs = newFolder();
  const { rows } = await runPipeline(input, { kernels, runs });
  assert.deepEqual(
    rows.slice(-4).map((r) => [r.role, r.name, r.dim]),
    [
      ...['bpr-mf', 'ials', 'mf'].map((model) => ['size-matched', `alone-${model}-dim2`, 2]),
      ['student', 'student-hetcomp', 2],
    ],
  );
  const sizes = new Set(rows.slice(-4).map((r) => r.parameters));
  assert.equal(sizes.size, 1, 'the same dim has the same number of parameters');
  const again = await runPipeline(input, { kernels, runs });
  assert.deepEqual(again.rows, rows);
  assert.equal(again.reused.length, rows.length - 1);
  assert.ok(planPipeline({ ...input, matched: false }).steps.every((s) => s.role !== 'size-matched'));
});

test('data whose users are held out whole: the pipeline has only those that can answer for them', async () => {
  const input = {
    ...small,
    data: { data: SMALL, split: 'users', ratios: [0.6, 0.2, 0.2] },
    students: [{ model: 'fism', ...hetcomp, batchSize: 16 }],
  };
  const { rows } = await runPipeline(input, { kernels });
  assert.deepEqual(
    rows.flatMap((r) => (r.role === 'size-matched' ? [r.name] : [])),
    ['alone-fism-dim2', 'alone-ials-dim2'],
  );
});

test('a study searches them with the trials of a method, and tests the students against the best of them', async () => {
  const study = {
    ...{ ...small, name: 'matched', student: { model: 'bpr-mf', ...quick, dim: 2 }, seeds: [0, 1] },
    entries: [{ method: 'none' }, { method: 'hetcomp', period: 1, topK: 20, discrepancyK: 10 }],
    tune: { trials: 2, halving: false },
    matched: [
      { model: 'ials', dim: 2, epochs: 3 },
      { model: 'bpr-mf', ...quick, dim: 2, name: 'long', epochs: 12 },
    ],
  };
  const { entries, options: o } = checkStudy(study);
  assert.deepEqual(
    matchedSearches(o, entries).map((job) => [job.name, Object.keys(job.space), job.options.seed, job.rule.trials]),
    [
      ['tune/alone-ials-dim2', ['unobservedWeight', 'l2'], 0, 2],
      ['tune/long', ['l2'], 0, 2],
    ],
  );
  const { rows, gains, tuned } = await runStudy(study, { kernels, runs: newFolder() });
  const matched = rows.filter((r) => r.role === 'size-matched');
  assert.deepEqual(
    matched.map((r) => [r.name, r.model, r.dim, r.values['recall@10']!.length]),
    [
      ['alone-ials-dim2', 'ials', 2, 2],
      ['long', 'bpr-mf', 2, 2],
    ],
  );
  assert.equal(tuned['alone-ials-dim2']!.trials, 2);
  const meanOf = (name: string) => {
    const values = rows.find((r) => r.name === name)!.values['recall@10']!;
    return values.reduce((a, b) => a + b, 0) / values.length;
  };
  const best = ['none', 'alone-ials-dim2', 'long'].reduce((a, b) => (meanOf(b) > meanOf(a) ? b : a));
  const gain = gains!.find((g) => g.metric === 'recall@10')!;
  assert.deepEqual([gain.name, gain.against], ['hetcomp', best]);
  assert.ok(Math.abs(gain.difference - (meanOf('hetcomp') - meanOf(best))) < 1e-12);
});
