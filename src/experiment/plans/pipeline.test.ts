import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBundle } from '../../bundle/index.js';
import { count, loadDataset } from '../../data/index.js';
import { createKernels } from '../../kernels/index.js';
import { jobFiles, readFinishedRun } from '../../runs/finished.js';
import { evaluation, kernels, newFolder, quick, refusedAs, SMALL, smallData } from '../../runs/small.test.support.js';
import { createStudent } from '../../student/index.js';
import type { PlanEvent } from '../engine/index.js';
import type { PlanContext } from './context.js';
import { runPipeline } from './pipeline.js';

const hetcomp = { ...quick, dim: 2, period: 1, topK: 20, discrepancyK: 10, lambda: 0.1 };
const plan = {
  name: 'tiny',
  data: { data: SMALL },
  evaluation,
  baselines: [{ model: 'top-pop' }],
  teachers: [
    { model: 'bpr-mf', ...quick },
    { model: 'ease', name: 'linear' },
  ],
  students: [
    { model: 'bpr-mf', method: 'none', ...quick, dim: 2 },
    { model: 'bpr-mf', ...hetcomp },
  ],
  checkpoints: 3,
  matched: false,
};

async function run(input: unknown, context: Partial<PlanContext> = {}) {
  const events: PlanEvent[] = [];
  const listen = (e: PlanEvent) => {
    events.push(e);
    context.listen?.(e);
  };
  return { events, result: await runPipeline(input, { kernels, ...context, listen }) };
}

test('a run folder has a student bundle of every model whose scores are inner products', async () => {
  const runs = newFolder();
  const { result } = await run(plan, { runs });
  for (const row of result.rows) {
    const bundle = row.folder === undefined ? undefined : join(row.folder, jobFiles.student);
    assert.equal(bundle !== undefined && existsSync(bundle), row.model === 'bpr-mf', row.name);
    if (row.model !== 'bpr-mf') continue;
    const { manifest, model } = await readBundle(bundle!);
    assert.equal(manifest.dataFingerprint, result.dataset.fingerprint);
    assert.equal(manifest.metrics['recall@10'], row.evaluation.means['recall@10']);
    assert.match(manifest.licence, /synthetic/);
    assert.equal(createStudent(model).recommend(result.dataset.users.ids[3]!, { k: 5 }).length, 5);
  }
});

test('the chain gives a row for each part, in order, under its name', async () => {
  const { events, result } = await run(plan);
  assert.deepEqual(
    result.rows.map((r) => [r.role, r.name, r.model, r.method]),
    [
      ['baseline', 'top-pop', 'top-pop', undefined],
      ['teacher', 'bpr-mf', 'bpr-mf', undefined],
      ['teacher', 'linear', 'ease', undefined],
      ['ensemble', 'ensemble', 'bpr-mf + linear', undefined],
      ['student', 'student-none', 'bpr-mf', 'none'],
      ['student', 'student-hetcomp', 'bpr-mf', 'hetcomp'],
    ],
  );
  const [, mf, linear, ensemble, alone, taught] = result.rows;
  assert.equal(ensemble!.parameters, mf!.parameters! + linear!.parameters!);
  assert.equal(ensemble!.bytes, mf!.bytes! + linear!.bytes!);
  assert.equal(alone!.parameters, taught!.parameters);
  for (const row of result.rows) {
    assert.ok(row.evaluation.means['recall@10']! >= 0 && row.folder === undefined);
    assert.deepEqual(row.evaluation.users, result.rows[0]!.evaluation.users, 'all are judged on the same users');
  }
  assert.equal(events[0]!.type, 'data');
  const jobs = events.flatMap((e) => (e.type === 'started' ? [[e.job, e.at, e.of]] : []));
  assert.deepEqual(
    jobs,
    result.rows.map((r, at) => [r.name, at + 1, 6]),
  );
  assert.ok(events.some((e) => e.type === 'progress' && e.event.type === 'method' && e.job === 'student-hetcomp'));
});

test('setup generalization: no model trains on hidden interactions, and all are evaluated on them', async () => {
  const runs = newFolder();
  const setup = { ...plan, setup: 'generalization', hiddenShare: 0.3 };
  const { result } = await run(setup, { runs });
  const { train, hidden } = result.dataset;
  const whole = (await smallData()).train;
  assert.ok(hidden && count(hidden.interactions) > 0.2 * count(whole));
  assert.equal(count(train) + count(hidden.interactions), count(whole));
  for (const row of result.rows)
    assert.ok(row.hidden!.means['recall@10']! > 0 && row.evaluation.means['recall@10']! > 0);
  const again = await run(setup, { runs });
  assert.deepEqual(again.result.rows, result.rows);
  // What was kept says how its data was made: other commands find the same.
  const kept = readFinishedRun(join(runs, 'tiny', 'student-hetcomp'));
  assert.equal((await loadDataset(kept.source)).fingerprint, result.dataset.fingerprint);
  assert.deepEqual(Object.keys(kept.result.hidden!), Object.keys(kept.result.metrics));
  const given = { ...plan, data: { data: SMALL, hiddenShare: 0.1 } };
  await assert.rejects(run(given), refusedAs('bad-option', /hiddenShare/));
});

test('a student learns from the teachers that it names', async () => {
  const student = (more: object) => ({ model: 'bpr-mf', ...hetcomp, ...more });
  const students = [student({ name: 'one', teachers: ['linear'] }), student({ name: 'all' })];
  const runs = newFolder();
  await run({ ...plan, baselines: [], students }, { runs });
  const inputs = (name: string) => Object.keys(readFinishedRun(join(runs, 'tiny', name)).manifest.inputs);
  assert.deepEqual(inputs('one'), ['teacher 1: ease']);
  assert.deepEqual(inputs('all'), ['teacher 1: bpr-mf', 'teacher 2: ease']);
  const stray = run({ ...plan, students: [student({ teachers: ['linaer'] })] });
  await assert.rejects(stray, refusedAs('unknown-name', /"linaer"/));
});

test('a finished chain of students is read back; an interrupted one resumes to the same bytes', async () => {
  const [straight, parts] = [newFolder(), newFolder()];
  const first = await run(plan, { runs: straight });
  assert.deepEqual(readdirSync(join(straight, 'tiny')).sort(), [
    'bpr-mf',
    'linear',
    'student-hetcomp',
    'student-none',
    'top-pop',
  ]);
  const again = await run(plan, { runs: straight });
  const reused = (events: readonly PlanEvent[]) => events.flatMap((e) => (e.type === 'finished' ? [e.reused] : []));
  assert.deepEqual(reused(first.events), [false, false, false, false, false, false]);
  // The ensemble is no run: it is fused anew from what its teachers left.
  assert.deepEqual(reused(again.events), [true, true, true, false, true, true]);
  assert.deepEqual(again.result.rows, first.result.rows);

  for (const [name, epoch] of [
    ['bpr-mf', 3],
    ['student-hetcomp', 2],
  ] as const) {
    const stop = new AbortController();
    const listen = (e: PlanEvent) => {
      if (e.type !== 'progress' || e.job !== name) return;
      if (e.event.type === 'evaluation' && e.event.epoch >= epoch) stop.abort();
    };
    await assert.rejects(run(plan, { runs: parts, listen, signal: stop.signal }), refusedAs('interrupted'));
  }
  await run(plan, { runs: parts });
  for (const name of ['bpr-mf', 'student-none', 'student-hetcomp']) {
    for (const file of [jobFiles.model, 'metrics.jsonl']) {
      const [a, b] = [parts, straight].map((runs) => readFileSync(join(runs, 'tiny', name, file)));
      assert.ok(a!.equals(b!), `${name}/${file}`);
    }
  }
});

test('another number of threads, the same table', async () => {
  const one = createKernels({ threads: 1, memoryLimit: 2 ** 28 });
  const means = async (k: typeof one) => (await run(plan, { kernels: k })).result.rows.map((r) => r.evaluation.means);
  assert.deepEqual(await means(one), await means(kernels));
  one.close();
});

test('a pipeline may be of teachers only', async () => {
  const { rows } = (await run({ ...plan, baselines: [], students: [] })).result;
  assert.deepEqual(
    rows.map((r) => r.role),
    [...plan.teachers.map(() => 'teacher'), 'ensemble'],
  );
});

test('errors anywhere in the plan are refused before any data is read', async () => {
  const teacher = { model: 'bpr-mf', ...quick };
  const wrong: readonly (readonly [Parameters<typeof refusedAs>[0], object])[] = [
    ['unknown-option', { student: [] }],
    ['bad-option', { teachers: [] }],
    ['bad-option', { teachers: [{ dim: 3 }] }],
    ['bad-option', { teachers: [{ model: 'bpr-mf', name: '../elsewhere' }] }],
    ['bad-option', { checkpoints: 0 }],
    ['bad-option', { matched: 'yes' }],
    ['bad-option', { matched: [{ dim: 2 }] }],
    ['unknown-name', { matched: [{ model: 'ial' }] }],
    ['unknown-option', { matched: [{ model: 'ials', method: 'hetcomp' }] }],
    ['bad-plan', { matched: [{ model: 'ials', name: 'bpr-mf' }] }],
    ['bad-option', { evaluation: { at: [0] } }],
    ['bad-plan', { teachers: [teacher, teacher] }],
    ['bad-plan', { teachers: [{ ...teacher, name: 'ensemble' }] }],
    ['unknown-name', { students: [{ model: 'bpr', method: 'hetcomp' }] }],
    ['unknown-name', { students: [{ model: 'bpr-mf', method: 'hetcom' }] }],
    ['unknown-option', { students: [{ model: 'bpr-mf', lamda: 1 }] }],
    ['bad-option', { students: [{ model: 'bpr-mf', lambda: -1 }] }],
    ['needs-not-met', { students: [{ model: 'ease' }] }],
    ['needs-not-met', { students: [{ model: 'item-autoencoder' }] }],
    ['needs-not-met', { teachers: [teacher, { model: 'ease' }], students: [{ model: 'bpr-mf', method: 'de' }] }],
    ['needs-not-met', { teachers: [teacher, { model: 'top-pop' }], students: [{ model: 'bpr-mf', method: 'rrd' }] }],
    ['needs-not-met', { teachers: [{ rankings: 'none.csv' }], students: [{ model: 'bpr-mf', method: 'de' }] }],
  ];
  const runs = newFolder();
  for (const [code, more] of wrong) {
    const events: PlanEvent[] = [];
    await assert.rejects(
      runPipeline({ ...plan, ...more }, { kernels, runs, listen: (e) => events.push(e) }),
      refusedAs(code),
      JSON.stringify(more),
    );
    assert.deepEqual(events, [], JSON.stringify(more));
  }
  assert.ok(!existsSync(runs));
});

test('K above the number of items is refused before anything is trained', async () => {
  const events: PlanEvent[] = [];
  const input = { ...plan, evaluation: { at: [10, 1000], selectBy: 'recall@10' } };
  await assert.rejects(runPipeline(input, { kernels, listen: (e) => events.push(e) }), refusedAs('bad-option', /1000/));
  assert.deepEqual(
    events.map((e) => e.type),
    ['data'],
  );
});

test('a preset applies to baselines and teachers, not to students; a preset of other data is refused', async () => {
  const folder = newFolder();
  mkdirSync(folder);
  const preset = join(folder, 'preset.json');
  const save = (fingerprint: string) => {
    const models = { 'bpr-mf': { options: { dim: 3 } }, ease: { options: { l2: 5 } } };
    writeFileSync(
      preset,
      JSON.stringify({ name: 'p', data: { name: 'd', fingerprint }, selectBy: 'recall@10', models }),
    );
  };
  save((await smallData()).fingerprint);
  const { dim: _, ...rest } = quick;
  const teachers = [
    { model: 'bpr-mf', ...rest },
    { model: 'bpr-mf', name: 'own', ...rest, dim: 7 },
  ];
  const students = [{ model: 'bpr-mf', method: 'none', epochs: 1 }];
  const { result } = await run({ ...plan, preset, teachers, students });
  const { nUsers, nItems } = result.dataset.train;
  const parameters = (name: string) => result.rows.find((r) => r.name === name)!.parameters!;
  assert.deepEqual(
    ['bpr-mf', 'own', 'student-none'].map((name) => parameters(name) / (nUsers + nItems)),
    [3, 7, 64],
  );
  save('0'.repeat(64));
  const context = { listen: () => assert.fail('nothing is to be done') };
  await assert.rejects(run({ ...plan, preset }, context), refusedAs('preset-differs', /the preset p was found on d/));
  await assert.rejects(
    run({ ...plan, preset: 'nobody' }, context),
    refusedAs('unknown-name', /preset called "nobody"/),
  );
});

const joint = { model: 'bpr-mf', method: 'bd', ...quick, dim: 2, name: 'pair', teachers: ['bpr-mf'] };

test('a student of a co-trained method is first trained alone, then together with its teacher, in memory and in folders', async () => {
  const input = { ...plan, students: [plan.students[0], joint] };
  const { events, result } = await run(input);
  assert.deepEqual(
    result.rows.slice(-3).map((r) => [r.role, r.name, r.model, r.method]),
    [
      ['student', 'student-none', 'bpr-mf', 'none'],
      ['co-trained teacher', 'pair/teacher', 'bpr-mf', 'bd'],
      ['student', 'pair', 'bpr-mf', 'bd'],
    ],
  );
  assert.deepEqual(events.flatMap((e) => (e.type === 'started' ? [[e.kind, e.job]] : [])).slice(-2), [
    ['train', 'pair/start'],
    ['co-train', 'pair'],
  ]);
  const runs = newFolder();
  const kept = await run(input, { runs });
  const values = (rows: typeof result.rows) => rows.map((r) => r.evaluation.means);
  assert.deepEqual(values(kept.result.rows), values(result.rows));
  for (const part of ['start', 'teacher', 'student']) {
    const { result: made, manifest } = readFinishedRun(join(runs, 'tiny', 'pair', part));
    assert.deepEqual([made.method, made.options.epochs], [part === 'start' ? 'none' : 'bd', quick.epochs]);
    const [teacher, student] = ['bpr-mf', 'pair/start'].map(
      (name) => readFinishedRun(join(runs, 'tiny', name)).manifest.hash,
    );
    if (part !== 'start') assert.deepEqual(manifest.inputs, { 'teacher before': teacher, 'student before': student });
  }
  const again = await run(input, { runs });
  assert.ok(again.events.every((e) => e.type !== 'finished' || e.reused || e.job === 'ensemble'));
});

test('an invalid co-training in a pipeline is refused before anything is trained', async () => {
  const runs = newFolder();
  for (const [student, code, message] of [
    [{ ...joint, teachers: ['linear'] }, 'needs-not-met', /parameters that can be trained further, which linear/],
    [{ ...joint, teachers: ['bpr-mf', 'linear'] }, 'needs-not-met', /2 teachers were given/],
    [{ ...joint, teachers: undefined }, 'needs-not-met', /2 teachers were given/],
    [{ model: 'ease', method: 'bd', teachers: ['bpr-mf'] }, 'needs-not-met', /ease is a computed model/],
    [{ ...joint, alpha: 2 }, 'unknown-option', /alpha/],
    [{ ...joint, update: 7 }, 'bad-option', /update.*is 7; expected at most 6/],
    [{ ...joint, teacherLambda: -1 }, 'bad-option', /teacherLambda/],
  ] as const)
    await assert.rejects(run({ ...plan, students: [student] }, { runs }), refusedAs(code, message), String(message));
  assert.ok(!existsSync(runs));
});

test('the ensemble and students of a pipeline have the weights that it asks for', async () => {
  const three = [...plan.teachers, { model: 'item-knn', name: 'neighbours' }];
  const own = { ...hetcomp, model: 'bpr-mf', epochs: 2 };
  const students = [
    { model: 'bpr-mf', method: 'none', ...quick, dim: 2 },
    { ...own, name: 'as-pipeline' },
    { ...own, name: 'equal', ensemble: 'equal' },
    { model: 'bpr-mf', ...quick, dim: 2, name: 'by-valid', method: 'softmax', ensemble: 'valid' },
  ];
  const input = { ...plan, teachers: three, students, ensemble: { weights: 'greedy' } };
  const runs = newFolder();
  const { result } = await run(input, { runs });
  const row = (name: string) => result.rows.find((r) => r.name === name)!;
  const { ensemble } = row('ensemble');
  assert.equal(ensemble?.kind, 'greedy');
  assert.deepEqual(
    ensemble.members.map((m) => m.name),
    ['bpr-mf', 'linear', 'neighbours'],
  );
  const used = ensemble.members.filter((m) => m.weight > 0).map((m) => m.name);
  assert.equal(row('ensemble').model, used.join(' + '));
  assert.equal(
    row('ensemble').parameters,
    used.reduce((sum, name) => sum + row(name).parameters!, 0),
    'a teacher of weight 0 costs nothing',
  );
  assert.ok(ensemble.value >= Math.max(...ensemble.members.map((m) => m.value)), 'on valid, no member is better alone');
  const kinds = ['as-pipeline', 'equal', 'by-valid'].map((name) => row(name).ensemble?.kind);
  assert.deepEqual(kinds, ['greedy', undefined, 'valid']);
  // The same way of fusing chooses the same weights.
  assert.deepEqual(
    row('as-pipeline').ensemble?.members.map((m) => m.weight),
    ensemble.members.map((m) => m.weight),
  );
  const again = await run(input, { runs });
  assert.deepEqual(again.result.rows, result.rows);
  assert.ok(again.events.every((e) => e.type !== 'finished' || e.reused || e.job === 'ensemble'));
});

test('weights that cannot be are refused before any work', async () => {
  const wrong: readonly [code: Parameters<typeof refusedAs>[0], object][] = [
    ['bad-option', { ensemble: { weights: 'best' } }],
    ['unknown-name', { students: [{ ...plan.students[1], ensemble: 'best' }] }],
    ['needs-not-met', { students: [{ ...plan.students[0], ensemble: 'greedy' }] }],
    ['needs-not-met', { ensemble: { weights: 'greedy' }, data: { data: SMALL, ratios: [0.8, 0, 0.2] } }],
  ];
  for (const [code, more] of wrong) {
    const events: PlanEvent[] = [];
    await assert.rejects(
      runPipeline({ ...plan, ...more }, { kernels, listen: (e) => void events.push(e) }),
      refusedAs(code),
      JSON.stringify(more),
    );
    assert.ok(events.every((e) => e.type !== 'started'));
  }
});
