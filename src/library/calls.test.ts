import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodRegistry } from '../distill/index.js';
import { computedModel, modelRegistry } from '../models/index.js';
import { int, options } from '../options/options.js';
import { reserved } from './call.js';
import { compare } from './compare.js';
import { runPipeline, tune } from './experiments.js';
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

test('an option that nothing has is refused with the nearest one, of the call or of the unit', async () => {
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

test('what is missing or no run is said', async () => {
  await assert.rejects(train('ease', JSON.parse('{}')), /train needs a data set/);
  await assert.rejects(distill('rrd', { teachers: [], student: 'bpr-mf', data }), /rrd needs teachers/);
  await assert.rejects(
    distill('rrd', { teachers: [JSON.parse('{}')], student: 'bpr-mf', data }),
    /a teacher is not a run/,
  );
  const untypedName: 'rrd' = JSON.parse('"bd"');
  await assert.rejects(
    distill(untypedName, { teachers: [pop], student: 'bpr-mf' }),
    /bd trains a teacher and a student together/,
  );
  await assert.rejects(distill('none', { teachers: [pop], student: 'bpr-mf' }), /none takes no teachers/);
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

test('runs of one name are told apart, and a comparison can be with any of them', async () => {
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
  const { loadData } = await import('./data.js');
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
    ['ease', 'ensemble', 'student-rrd'],
  );
});
