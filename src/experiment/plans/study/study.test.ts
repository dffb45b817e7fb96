import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { methodRegistry } from '../../../distill/index.js';
import { RecdistillError } from '../../../errors.js';
import { createKernels } from '../../../kernels/index.js';
import { parseOptions } from '../../../options/index.js';
import { readRunManifest, readTeacher } from '../../../runs/index.js';
import type { PlanEvent } from '../../engine/index.js';
import { entriesOf } from './entries.js';
import { studyOptions } from './options.js';
import { homogeneousOf, pipelineOf } from './plan.js';
import { deviation, mean } from './result.js';
import { checkStudy, runStudy } from './study.js';

const kernels = createKernels({ threads: 2, memoryLimit: 2 ** 28 });
const root = mkdtempSync(join(tmpdir(), 'recdistill-study-'));
after(() => {
  kernels.close();
  rmSync(root, { recursive: true });
});

const quick = { dim: 3, epochs: 4, batchSize: 128, evaluateEvery: 2, patience: 9, learningRate: 0.05 };
const study = {
  name: 'small',
  data: { data: 'synthetic:60x80x900' },
  evaluation: { at: [5, 10], selectBy: 'recall@10' },
  teachers: [{ model: 'bpr-mf', ...quick }, { model: 'cml', ...quick }, { model: 'ease' }],
  student: { model: 'bpr-mf', dim: 2, epochs: 4, batchSize: 128, evaluateEvery: 2 },
  methods: { hetcomp: { period: 1, topK: 20, discrepancyK: 10 } },
  checkpoints: 2,
  seeds: [0, 1],
  matched: false,
};
const options = (more: object) => parseOptions(studyOptions, { ...study, ...more }, 'study');
const refused = (code: string, message: RegExp) => (e: unknown) =>
  e instanceof RecdistillError && e.code === code && message.test(e.message) && / /.test(e.hint);

test('entries methods: every method, each by the teachers that have what it needs', () => {
  const { entries, notes } = entriesOf(options({}));
  assert.deepEqual(
    entries.map((e) => e.name),
    methodRegistry.all().map((d) => d.name),
  );
  assert.deepEqual(entries.find((e) => e.name === 'de')!.teachers, ['bpr-mf', 'cml']);
  assert.match(notes.join(), /de learns only from the teachers that have embeddings: bpr-mf, cml/);
  assert.deepEqual([entries.at(-1)!.teachers, entries.at(-1)!.best], [['bpr-mf', 'cml'], true]);
  assert.match(notes.join(), /bd trains together with one teacher: the best on valid of those .* \(bpr-mf, cml\)/);
  const network = entriesOf(options({ student: { model: 'neumf' } }));
  assert.ok(network.entries.some((e) => e.name === 'hetcomp') && !network.entries.some((e) => e.name === 'de'));
  assert.match(network.notes.join(), /^de is left out/);
  assert.match(
    entriesOf(options({ teachers: [{ model: 'ease' }] })).notes.join(),
    /none of the teachers has embeddings/,
  );
});

test('entries ablation: one change each, and none that the study makes anyway', () => {
  const { entries } = entriesOf(options({ entries: 'ablation', checkpoints: 4 }));
  const names = entries.map((e) => e.name);
  for (const name of [
    'hetcomp',
    'without-dkc',
    'without-akt',
    'without-trajectories',
    'checkpoints-2',
    'checkpoints-3',
  ])
    assert.ok(names.includes(name), name);
  for (const name of [
    'single-bpr-mf',
    'single-cml',
    'single-ease',
    'homogeneous',
    'alpha-1.2',
    'period-10',
    'top-k-50',
    'temperature-10',
  ])
    assert.ok(names.includes(name), name);
  // The study has topK 20 and the default alpha and temperature.
  assert.ok(
    !names.includes('top-k-20') &&
      names.includes('top-k-100') &&
      !names.includes('alpha-1.05') &&
      !names.includes('temperature-40'),
  );
  assert.equal(new Set(names).size, names.length);
});

test('an invalid study is refused before any work', async () => {
  const context = { kernels, runs: join(root, 'none') };
  const entry = { method: 'hetcomp' };
  for (const [more, code, message] of [
    [{ against: 'nothing' }, 'bad-plan', /no entry of the study is called "nothing"/],
    [{ entries: [entry, entry] }, 'bad-plan', /two entries .* "hetcomp"/],
    [{ entries: [{ method: 'hetcmp' }] }, 'unknown-name', /hetcmp/],
    [{ entries: [{ ...entry, alhpa: 1 }] }, 'unknown-option', /alhpa/],
    [{ entries: [{ ...entry, teachers: ['x'] }] }, 'unknown-name', /"x"/],
    [{ student: { model: 'ease' }, entries: [entry] }, 'needs-not-met', /computed model/],
    [{ seed: 1 }, 'unknown-option', /seed/],
    [{ seeds: [] }, 'bad-option', /seeds/],
    [{ seeds: [0.5] }, 'bad-option', /seeds/],
  ] as const)
    await assert.rejects(runStudy({ ...study, ...more }, context), refused(code, message), JSON.stringify(more));
  assert.throws(() => readdirSync(context.runs));
});

test('units with a seed get it; options of an entry override those of the study, which override those of the search', () => {
  const o = options({ methods: { hetcomp: { alpha: 1.1, lambda: 0.2 } } });
  const entries = [
    { name: 'a', method: 'hetcomp', ensemble: 'given' as const, options: { alpha: 1.3 } },
    { name: 'b', method: 'hetcomp', ensemble: 'homogeneous' as const, options: {} },
  ];
  const best = { hetcomp: { lambda: 0.7, learningRate: 0.03 } };
  const plan = pipelineOf(o, entries, 5, best) as { teachers: object[]; students: object[] };
  assert.deepEqual(
    plan.teachers.map((t) => (t as { seed?: number }).seed),
    [5, 5, undefined],
  );
  const { model, dim, epochs, batchSize, evaluateEvery } = study.student;
  assert.deepEqual(plan.students, [
    {
      ...{ seed: 5, model, dim, epochs, batchSize, evaluateEvery },
      lambda: 0.2,
      learningRate: 0.03,
      alpha: 1.3,
      name: 'a',
      method: 'hetcomp',
    },
  ]);
  const same = homogeneousOf(o, entries, 5, best) as {
    teachers: { model: string; seed: number }[];
    students: object[];
  };
  assert.deepEqual(
    same.teachers.map((t) => [t.model, t.seed]),
    [15, 16, 17].map((seed) => ['bpr-mf', seed]),
  );
  assert.equal(same.students.length, 1);
  assert.equal(homogeneousOf(o, entries.slice(0, 1), 5, best), undefined);
});

test('a study: the same budget for each method, means over seeds, tests against one; finished parts are read back', async () => {
  const entries = [{ method: 'none' }, { method: 'rrd', topK: 10, remainder: 10 }, { method: 'hetcomp' }];
  const baselines = [{ model: 'bpr-mf', name: 'plain', ...quick }, { model: 'top-pop' }];
  const input = { ...study, baselines, entries, tune: { trials: 3, halving: false } };
  const events: PlanEvent[] = [];
  const context = { kernels, runs: root, listen: (e: PlanEvent) => void events.push(e) };
  const result = await runStudy(input, context);
  assert.deepEqual(
    result.rows.map((r) => [r.role, r.name]),
    [
      ...['top-pop', 'plain'].map((name) => ['baseline', name]),
      ...['bpr-mf', 'cml', 'ease'].map((name) => ['teacher', name]),
      ['ensemble', 'ensemble'],
      ...['none', 'rrd', 'hetcomp'].map((name) => ['student', name]),
    ],
  );
  for (const row of result.rows) assert.equal(row.values['recall@10']!.length, 2);
  // What has no seed is trained once.
  const folders = [0, 1].map((seed) => readdirSync(join(root, 'small', `seed${seed}`)));
  assert.deepEqual(
    folders.map((names) => ['top-pop', 'plain'].map((name) => names.includes(name))),
    [
      [true, true],
      [false, true],
    ],
  );
  assert.deepEqual(result.metrics, ['recall@5', 'ndcg@5', 'recall@10', 'ndcg@10']);
  assert.deepEqual(Object.keys(result.tuned), ['none', 'rrd', 'hetcomp']);
  for (const { trials, options: found } of Object.values(result.tuned)) {
    assert.equal(trials, 3);
    assert.ok('learningRate' in found);
  }
  assert.ok(!('lambda' in result.tuned.none!.options) && 'lambda' in result.tuned.rrd!.options);
  // Two others in four metrics, with p-values that are adjusted over all of them.
  assert.equal(result.comparisons.length, 8);
  const row = result.rows.find((r) => r.name === 'none')!;
  const against = result.rows.find((r) => r.name === 'hetcomp')!;
  const test = result.comparisons.find((c) => c.name === 'none' && c.metric === 'recall@10')!;
  const difference = mean(row.values['recall@10']!) - mean(against.values['recall@10']!);
  assert.ok(Math.abs(test.difference - difference) < 1e-12);
  assert.ok(result.comparisons.every((c) => !(c.adjustedP < c.p)));

  events.length = 0;
  const again = await runStudy(input, context);
  assert.deepEqual([again.rows, again.tuned], [result.rows, result.tuned]);
  const trained = events.filter((e) => e.type === 'progress');
  assert.deepEqual(trained, []);
  // More trials go on after those that were made.
  const more = { ...input, seeds: [0], tune: { trials: 4, halving: false } };
  const longer = await runStudy(more, { ...context, overwrite: 'differing' });
  assert.ok(Object.values(longer.tuned).every((t) => t.trials === 4));
  assert.equal(events.filter((e) => isTrial(e)).length, 3);
});

test('entries and searches have the weights of the study, or their own', async () => {
  const entries = [
    { method: 'hetcomp' },
    { method: 'hetcomp', name: 'same', ensemble: 'equal' },
    { method: 'rrd', topK: 10, remainder: 10 },
  ];
  const input = {
    ...study,
    ...{ seeds: [0], entries, ensemble: { weights: 'valid' } },
    methods: { ...study.methods, rrd: { ensemble: 'greedy' } },
    tune: { trials: 2, halving: false },
  };
  const { rows, tuned } = await runStudy(input, { kernels, runs: join(root, 'weighed') });
  const kinds = Object.fromEntries(rows.flatMap((r) => (r.ensembles ? [[r.name, r.ensembles[0]!.kind]] : [])));
  assert.deepEqual(kinds, { ensemble: 'valid', hetcomp: 'valid', rrd: 'greedy' });
  assert.deepEqual(Object.keys(tuned), ['hetcomp', 'rrd']);
  const manifest = readFileSync(join(root, 'weighed', 'small', 'tune', 'rrd', 'manifest.json'), 'utf8');
  assert.equal(JSON.parse(manifest).options.ensemble, 'greedy');
  assert.throws(() => checkStudy({ ...input, entries: [{ method: 'hetcomp', ensemble: 'best' }] }), /ensemble/);
});

test('a homogeneous ensemble and its students are in the table beside the given one', async () => {
  const entries = entriesOf(options({ entries: 'ablation' })).entries;
  assert.ok(entries.some((e) => e.ensemble === 'homogeneous'));
  const input = {
    ...study,
    seeds: [0],
    entries: 'ablation',
    setup: 'generalization',
    teachers: study.teachers.slice(0, 2),
  };
  const few = { ...input, student: { ...study.student, epochs: 1, evaluateEvery: 1 } };
  const { rows, hiddenComparisons } = await runStudy(few, { kernels, runs: join(root, 'ablation') });
  const names = rows.map((r) => r.name);
  assert.deepEqual(names.slice(0, 4), ['bpr-mf', 'cml', 'ensemble', 'homogeneous ensemble']);
  assert.deepEqual(names.slice(4, 6), ['hetcomp', 'without-dkc']);
  assert.equal(names.at(-1), 'homogeneous');
  assert.ok(rows.every((r) => r.hidden!['recall@10']!.length === 1));
  assert.equal(hiddenComparisons.length, (rows.filter((r) => r.role === 'student').length - 1) * 4);
});

const isTrial = (e: PlanEvent): boolean =>
  e.type === 'progress' && e.event.type === 'search' && e.event.event.type === 'trial';

test('mean and standard deviation over seeds', () => {
  assert.equal(mean([1, 2, 6]), 3);
  assert.ok(Math.abs(deviation([1, 2, 6]) - Math.sqrt(7)) < 1e-12);
  assert.ok(Number.isNaN(deviation([1])));
});

test('a co-trained method is an entry like any: tuned, over seeds, with the teacher that is best on valid', async () => {
  const runs = join(root, 'joint');
  const bd = { method: 'bd', epochs: 4, evaluateEvery: 2 };
  const input = {
    ...{ ...study, name: 'joint', against: 'bd', teachers: study.teachers.slice(0, 2) },
    entries: [{ method: 'none' }, { ...bd, teachers: ['bpr-mf'] }],
    tune: { trials: 2 },
  };
  const { rows, tuned, comparisons } = await runStudy(input, { kernels, runs });
  assert.deepEqual(
    rows.slice(-3).map((r) => [r.role, r.name]),
    [
      ['co-trained teacher', 'bd/teacher'],
      ['student', 'none'],
      ['student', 'bd'],
    ],
  );
  assert.deepEqual(Object.keys(tuned.bd!.options), ['teacherLambda', 'studentLambda']);
  assert.ok(comparisons.every((c) => c.name === 'none'));
  assert.ok(readdirSync(join(runs, 'joint', 'seed0', 'bd')).includes('start'));

  const seen: string[] = [];
  const every = { ...input, entries: 'methods', name: 'every', seeds: [0], tune: { trials: 0 } };
  const listen = (e: PlanEvent) => {
    if (e.type === 'finished' && e.job.endsWith('/bd')) seen.push(...e.results.map((r) => r.name));
  };
  const found = await runStudy({ ...every, methods: study.methods }, { kernels, runs, listen });
  assert.deepEqual(seen, ['seed0/bd/teacher', 'seed0/bd/student']);
  assert.match(found.notes.join(), /bd trains together with one teacher/);
  const folder = (name: string) => join(runs, 'every', 'seed0', name);
  const valid = ['bpr-mf', 'cml'].map((name) => {
    const { trajectory, hash } = readTeacher(folder(name));
    return { hash, value: trajectory.checkpoints.at(-1)!.metrics['recall@10']! };
  });
  const best = valid[0]!.value >= valid[1]!.value ? valid[0]! : valid[1]!;
  assert.equal(readRunManifest(folder('bd/student')).inputs['teacher before'], best.hash);
});
