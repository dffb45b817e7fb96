import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodRegistry } from '../distill/index.js';
import { computedModel, modelRegistry } from '../models/index.js';
import { int, options } from '../options/options.js';
import { reserved } from './call.js';
import { coTrain } from './co-train.js';
import { compare } from './compare.js';
import { loadData } from './data.js';
import { evaluate, recommend } from './evaluate.js';
import { runPipeline, tune } from './experiments.js';
import { openRun } from './open-run.js';
import { judged, quick, smallData } from './small.test.support.js';
import { distill, train } from './train.js';

const data = await smallData();
const pop = await train('top-pop', { data, ...judged });
const ease = await train('ease', { data, ...judged });

/** Calls of a program without types. */
const untyped = (call: object): { data: typeof data } => ({ data, ...judged, ...call });

test('no unit has an option under a name that calls take for themselves', () => {
  const units = [...modelRegistry.all(), ...methodRegistry.all()];
  const taken = units.flatMap((u) =>
    Object.keys(u.options.shape).flatMap((o) => (reserved.includes(o) ? [`${u.name}: ${o}`] : [])),
  );
  assert.ok(units.length > 15);
  assert.deepEqual(taken, []);
});

test('a model of a user with such an option is refused by name', async () => {
  const mine = computedModel({
    ...{ name: 'mine', summary: 'Mine', source: 'none', search: {}, capabilities: [], memory: () => 0 },
    options: options({ folder: int({ default: 1, help: 'Which.' }) }),
    create: async () => assert.fail('it was computed'),
  });
  await assert.rejects(train(mine, { data }), /"mine" breaks its contract: it declares the option "folder"/);
});

test('an unknown option is refused with the nearest option of the call or the unit', async () => {
  const hint = (given: object) =>
    train('bpr-mf', untyped(given)).then(
      () => assert.fail('it was taken'),
      (error) => error.hint,
    );
  assert.equal(await hint({ dims: 3 }), 'Did you mean "dim"?');
  assert.equal(await hint({ foldr: 'x' }), 'Did you mean "folder"?');
  assert.match(await hint({ xyzzy: 1 }), /^Known options: .*folder.*dim/);
  await assert.rejects(train('bpr-mf', { data, dim: 0 }), /"dim" of bpr-mf is 0/);
  await assert.rejects(train('ease', { data, at: [99] }), /"at" of evaluation is 99/);
});

test('a missing folder, or one without a finished run, is reported', async () => {
  await assert.rejects(train('ease', JSON.parse('{}')), /train needs a data set/);
  await assert.rejects(distill('rrd', { teachers: [], student: 'bpr-mf', data }), /rrd needs teachers/);
  await assert.rejects(
    distill('rrd', { teachers: [JSON.parse('{}')], student: 'bpr-mf', data }),
    /a teacher is not a run; it is an object/,
  );
  const untypedName: 'rrd' = JSON.parse('"bd"');
  await assert.rejects(
    distill(untypedName, { teachers: [pop], student: 'bpr-mf' }),
    /bd trains a teacher and a student together/,
  );
  await assert.rejects(distill('none', { teachers: [pop], student: 'bpr-mf' }), /none takes no teachers/);
});

test('arguments of a program without types are checked, and the message names what was given', async () => {
  const any = (text: string) => JSON.parse(text);
  const none = Object(undefined).none;
  const refused: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['train of nothing', () => train(none, { data }), /the model is missing/],
    ['train without options', () => train('ease', none), /train needs a data set; data is missing/],
    ['data as a path', () => train('ease', any('{"data":"a.csv"}')), /needs a data set; data is "a.csv"/],
    ['data not awaited', () => train('ease', { data: Object(smallData()) }), /data is a promise/],
    ['no source', () => loadData(none), /loadData needs a source; it is missing/],
    ['one teacher', () => distill('rrd', { teachers: Object(pop), student: 'bpr-mf' }), /teachers is an object/],
    ['a name', () => distill('rrd', { teachers: any('["ease"]'), student: 'bpr-mf' }), /not a run; it is "ease"/],
    ['no student', () => distill('rrd', { teachers: [pop], student: none }), /distill needs a student/],
    ['co-training', () => coTrain('bd', { teacher: pop, student: any('"bpr-mf"') }), /the student is not a run/],
    ['tune', () => tune('ease', none), /tune needs a data set/],
    ['evaluate', () => evaluate(any('"ease"')), /the first argument is not a run; it is "ease"/],
    ['one length', () => evaluate(pop, { at: any('5') }), /option "at" of evaluate is 5/],
    ['compare', () => compare(Object(pop)), /compare needs a list of runs/],
    ['against', () => compare([pop, ease], { against: any('3') }), /against is not a run; it is 3/],
    ['recommend', () => recommend(any('"ease"'), 'u1'), /the first argument is not a run/],
    ['a number', () => recommend(pop, any('3')), /the user id is 3; expected text/],
    ['an option', () => recommend(pop, data.users.ids[0]!, any('{"n":3}')), /unknown option "n"/],
    ['no folder', () => openRun(none), /openRun needs a path; it is missing/],
    ['no folder', () => pop.saveBundle(none), /saveBundle needs a path/],
    ['no file', () => pop.saveRankings(none), /saveRankings needs a path/],
  ];
  for (const [what, call, message] of refused) await assert.rejects(async () => call(), { message }, what);
});

test('options of a wrong type and unknown keys are refused by name', async () => {
  const wrong = (json: string) => JSON.parse(json);
  await assert.rejects(train('ease', wrong('null')), /train needs options; null was given/);
  await assert.rejects(train('ease', untyped({ signal: 3 })), /"signal" of train is 3; expected an AbortSignal/);
  await assert.rejects(train('ease', untyped({ kernels: {} })), /"kernels" of train is/);
  await assert.rejects(train('ease', untyped({ folder: 3 })), /"folder" of train is 3; expected a text/);
  assert.throws(() => evaluate(pop, wrong('{"att":[5]}')), /unknown option "att" for evaluate/);
  assert.throws(() => compare([pop, ease], wrong('{"metric":"recall"}')), /unknown option "metric" for compare/);
  await assert.rejects(loadData(''), /"data" of data is ""/);
});

test('a comparison has values, tests and every form', () => {
  const c = compare([ease, pop], { metrics: ['recall', 'coverage'], at: [10] });
  assert.deepEqual(
    c.tests.map((t) => [t.name, t.metric]),
    [['top-pop', 'recall@10']],
  );
  assert.equal(c.tests[0]!.mean, pop.metrics['recall@10']);
  assert.match(c.toMarkdown(), /\| run \| recall@10 \| coverage@10 \|.*\n.*\n\| ease \| 0\.\d{4} \|/);
  const [head, ...lines] = c.toCsv().trim().split('\n');
  assert.match(head!, /^run,metric,value,against/);
  assert.equal(lines.length, 4);
  const { against, data: name, runs } = c.toJson();
  assert.deepEqual(
    [against, name, runs.map((r) => [r.name, r.model])],
    [
      'ease',
      'synthetic',
      [
        ['ease', 'ease'],
        ['top-pop', 'top-pop'],
      ],
    ],
  );
});

test('runs of the same name get numbers, and any of them can be the base of a comparison', async () => {
  const again = await train('top-pop', { data, ...judged });
  const c = compare([pop, again, ease], { against: 'ease', at: [5] });
  assert.deepEqual(
    c.tests.slice(0, 2).map((t) => t.name),
    ['top-pop', 'top-pop 2'],
  );
  assert.equal(compare([pop, again, ease], { against: again }).toJson().against, 'top-pop 2');
  assert.throws(() => compare([pop, ease], { against: 'eas' }), /no run to compare with called "eas"/);
  assert.throws(() => compare([pop]), /needs at least two distinct runs/);
  assert.throws(() => compare([pop, pop]), /needs at least two distinct runs/);
});

test('runs of other data are not compared', async () => {
  const other = await train('top-pop', { data: await loadData('synthetic:50x40x500'), ...judged });
  assert.throws(() => compare([pop, other]), /top-pop 2 and top-pop are runs of different data/);
});

test('a search gives options that train takes', async () => {
  const found = await tune('bpr-mf', { data, trials: 2, halving: false, fixed: { epochs: 2, dim: 4 }, ...judged });
  assert.deepEqual([found.trials.length, found.options.dim, found.options.epochs], [2, 4, 2]);
  const run = await train('bpr-mf', { data, ...judged, ...found.options });
  assert.equal(run.validMetrics['recall@10'], found.value);
});

test('a pipeline runs with the shared kernels', async () => {
  const { epochs, dim } = quick;
  const { rows } = await runPipeline({
    data: { data: 'synthetic:60x40x600' },
    evaluation: judged,
    teachers: [{ model: 'ease' }],
    students: [{ model: 'bpr-mf', method: 'rrd', epochs, dim }],
  });
  assert.deepEqual(
    rows.map((r) => r.name),
    ['ease', 'ensemble', 'alone-bpr-mf-dim4', 'alone-ials-dim4', 'alone-mf-dim4', 'student-rrd'],
  );
});
