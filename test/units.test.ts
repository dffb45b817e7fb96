/** Built-in metrics, samplers, optimisers, readers, exporters and strategies keep to their contracts; units that do not are refused by name and field. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadDataset, readerOf, readerRegistry } from 'recdistill/data';
import { ensembleRegistry, methodOf } from 'recdistill/distill';
import { createEvaluator, evaluateRankings, metricOf, metricRegistry } from 'recdistill/eval';
import { tune } from 'recdistill/experiment';
import { exporterRegistry, exportStudent } from 'recdistill/export';
import { createKernels, type Kernels } from 'recdistill/kernels';
import { makeModel, modelOf, modelRegistry, optimizerRegistry } from 'recdistill/models';
import { runJob } from 'recdistill/runs';
import {
  ensembleContract,
  exporterContract,
  metricContract,
  optimizerContract,
  readerContract,
  samplerContract,
  strategyContract,
} from 'recdistill/testing';
import {
  computedModel,
  createPairLearner,
  describeOptions,
  distillationMethod,
  float,
  fromPairs,
  int,
  listMetric,
  type ModelSpec,
  optimizer,
  options,
  partition,
  RecdistillError,
  reader,
  sampler,
  samplerRegistry,
  splitRule,
  strategyRegistry,
  type TeachingMethod,
  text,
  trainedModel,
  trainShape,
  useModule,
  userMetric,
} from 'recdistill/toolkit';

const folder = mkdtempSync(join(tmpdir(), 'recdistill-units-'));
after(() => rmSync(folder, { recursive: true, force: true }));

for (const unit of metricRegistry.all()) for (const c of metricContract(unit)) test(c.name, c.run);
for (const unit of samplerRegistry.all()) for (const c of samplerContract(unit)) test(c.name, c.run);
for (const unit of optimizerRegistry.all()) for (const c of optimizerContract(unit)) test(c.name, c.run);
for (const unit of strategyRegistry.all()) for (const c of strategyContract(unit)) test(c.name, c.run);
for (const unit of ensembleRegistry.all()) for (const c of ensembleContract(unit)) test(c.name, c.run);
for (const unit of exporterRegistry.all()) for (const c of exporterContract(unit)) test(c.name, c.run);
for (const c of readerContract(readerOf('csv'), {
  ...{ file: 'a.csv', content: 'user,item\nann,x\nbob,y\n', columns: ['user', 'item'] },
  rows: [
    ['ann', 'x'],
    ['bob', 'y'],
  ],
}))
  test(c.name, c.run);

/** The error that `work` throws. */
async function refusal(work: () => unknown): Promise<RecdistillError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RecdistillError) return error;
    throw error;
  }
  return assert.fail('nothing was refused');
}

const usual = { epochs: 2, batchSize: 50, learningRate: 0.01, l2: 0, evaluateEvery: 1, patience: 5 };
/** Every score is 0. */
const flat = (more: Partial<ModelSpec> = {}): ModelSpec => ({
  ...computedModel({
    ...{ name: 'flat', summary: 'The same score for all', source: 'a test', options: options({}), search: {} },
    ...{ capabilities: [], memory: () => 0 },
    create: async ({ train: { nUsers, nItems } }) => ({
      ...{ name: 'flat', nUsers, nItems, parameters: [], size: 0, close() {} },
      scoreRows: (_, out) => void out.fill(0),
    }),
  }),
  ...(more as object),
});
/** A trained model with one parameter, made as `more` says. */
const tiny = (name: string, more: object = {}, loss = () => 1, batches: 'rows' | 'pairs' = 'rows'): ModelSpec =>
  trainedModel({
    ...{ name, summary: 'One number for each item', source: 'a test', options: options(trainShape(usual)), search: {} },
    ...{ capabilities: [], memory: () => 1000 },
    create: ({ kernels: k, train: { nUsers, nItems } }) => ({
      ...{ name, nUsers, nItems, size: nItems, batches, close() {} },
      parameters: [{ name: 'items', shape: [nItems], values: k.floats(nItems), gradient: k.floats(nItems), ...more }],
      scoreRows: (_, out) => void out.fill(0),
      accumulate: loss,
    }),
  });
/** Asks for the score of an item that does not exist. */
function outside(k: Kernels): number {
  const table = k.floats(120);
  const factors = { userFactors: table, itemFactors: table, userGradient: table, itemGradient: table, dim: 1 };
  const model = { ...{ name: 'away', nUsers: 60, nItems: 60, size: 0, parameters: [] }, factors: () => factors };
  const learner = createPairLearner(k, { ...model, batches: 'rows', scoreRows() {}, accumulate: () => 0, close() {} });
  const items = k.ints(1).fill(60);
  learner.score({ users: k.ints(1), items }, k.floats(1));
  return 0;
}
const teach = (more: Partial<TeachingMethod> = {}): TeachingMethod => ({
  ...distillationMethod({
    ...{ name: 'teach', summary: 'Nothing', source: 'a test', options: options({}) },
    needs: { teachers: 'none', form: 'frozen', base: 'kept', student: [], teacher: [] },
    create: () => ({ base: 'kept', close() {} }),
  }),
  ...more,
});

test('a declaration that breaks the contract is refused by name and field', async () => {
  const help = 'A number.';
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => modelOf(flat({ name: 'Flat' })), /the model "Flat" .*field "name" is "Flat"; expected lower-case/],
    [() => modelOf({ ...flat(), unit: 'method' } as never), /not made by the function that makes a model/],
    [() => modelOf({ ...flat(), memory: 3 } as never), /"flat" .*field "memory" is 3; expected a function/],
    [() => modelOf({ ...flat(), summary: '' }), /field "summary" is ""; expected a line of text/],
    [() => modelOf({ ...flat(), options: {} } as never), /field "options" is an object; expected what options/],
    [() => modelOf({ ...flat(), capabilities: ['fly'] } as never), /field "capabilities" has "fly"; expected some of/],
    [() => modelOf({ ...flat(), options: options({ data: text({ default: '', help }) }) }), /option "data" has a name/],
    [() => modelOf({ ...flat(), options: options({ w: float({ default: 2, max: 1, help }) }) }), /option "w" has no/],
    [
      () => modelOf({ ...flat(), search: { w: { kind: 'choices', values: [1] } } }),
      /"search".*there is no such option/,
    ],
    [() => modelOf({ ...flat(), kind: 'trained' } as never), /options lack epochs, batchSize, .*trainShape/],
    [() => methodOf(teach({ needs: { ...teach().needs, form: 'live' } } as never)), /"needs.form" is "live"; expected/],
    [() => methodOf(teach({ needs: { ...teach().needs, student: ['fly'] } } as never)), /"needs.student" is "fly"/],
    [() => metricOf(userMetric({ name: 'm', label: 'M', formula: '', value: () => 0 })), /"m".*field "formula"/],
    [() => optimizerRegistry.add(optimizer({ name: 'o', summary: 's' } as never)), /"o".*field "create" is missing/],
    [() => samplerRegistry.add(sampler({ name: 's', summary: 's' } as never)), /"s".*field "create" is missing/],
    [() => readerRegistry.add(reader({ name: 'r', summary: 's' } as never)), /format "r".*field "read" is missing/],
  ];
  for (const [work, message] of cases) {
    const error = await refusal(work);
    assert.deepEqual([error.code, error.exitCode], ['broken-unit', 2], error.message);
    assert.match(error.message, message);
    assert.match(error.hint, / /);
  }
  assert.ok(!modelRegistry.all().some(({ name }) => name === 'flat'), 'nothing broken was added');
  const taken = await refusal(() => modelOf(flat({ name: 'ease' })));
  assert.deepEqual([taken.code, taken.message], ['name-taken', 'there is already a model called "ease"']);
});

test('a model that breaks its promise when it is made, trained or ranked is refused by name', async () => {
  const dataset = await loadDataset({ data: 'synthetic:60x60x900' });
  const kernels = createKernels({ threads: 1 });
  const nan: ModelSpec = {
    ...flat({ name: 'nan' }),
    kind: 'computed',
    create: async ({ train: { nUsers, nItems } }) => ({
      ...{ name: 'nan', nUsers, nItems, parameters: [], size: 0, close() {} },
      scoreRows(users, out) {
        out.fill(0);
        const row = users.indexOf(7);
        if (row >= 0) out[row * nItems + 3] = Number.NaN;
      },
    }),
  };
  const cases: (readonly [ModelSpec, string, RegExp])[] = [
    [nan, 'broken-unit', /model "nan" .*user 7 and item 3/],
    [
      tiny('long', { gradient: kernels.floats(3) }),
      'broken-unit',
      /parameter "items" has \d+ values, but a gradient of 3/,
    ],
    [tiny('shape', { shape: [7] }), 'broken-unit', /its shape \[7\] has 7/],
    [tiny('pairwise', {}, () => 1, 'pairs'), 'broken-unit', /"pairwise" .*trains on pairs.*capability "weights"/],
    [tiny('silent', {}, () => undefined as never), 'broken-unit', /model "silent" .*accumulate returned nothing/],
    [tiny('endless', {}, () => Number.NaN), 'diverged', /endless diverged: the loss of epoch 1 is NaN/],
    [{ ...flat({ name: 'vague' }), memory: () => 'much' as never }, 'broken-unit', /"vague" .*memory returned "much"/],
  ];
  const scored = (name: string, scoreRows: () => unknown): ModelSpec => ({
    ...flat({ name }),
    kind: 'computed',
    create: async ({ train: { nUsers, nItems } }) => ({
      ...{ name, nUsers, nItems, parameters: [], size: 0, close() {}, scoreRows },
    }),
  });
  const answering = (name: string, score = () => {}): ModelSpec => ({
    ...flat({ name }),
    kind: 'computed',
    create: async ({ train: { nUsers, nItems } }) => ({
      ...{ name, nUsers, nItems, parameters: [], size: 0, close() {}, scoreRows: (_, out) => void out.fill(0) },
      histories: { score },
    }),
  });
  const boo = () => {
    throw new TypeError('boo');
  };
  const twin = { values: kernels.floats(60) };
  cases.push(
    [scored('unwritten', () => undefined), 'broken-unit', /user 0 and item 0 .* is not a number/],
    [scored('later', async () => undefined), 'broken-unit', /"later" .*scoreRows: it returned a promise/],
    [scored('throws', boo), 'broken-unit', /"throws" .*scoreRows threw TypeError: boo/],
    [tiny('raises', {}, boo), 'broken-unit', /"raises" .*accumulate threw TypeError: boo/],
    [
      tiny('own', { gradient: new Float32Array(60) }),
      'broken-unit',
      /expected the gradient of "items" in kernel memory/,
    ],
    [
      { ...scored('mute', () => undefined), capabilities: ['histories'] },
      'broken-unit',
      /"mute" .*declares the capability "histories", but the created model has no "histories"/,
    ],
    [
      answering('modest'),
      'broken-unit',
      /"modest" .*has "histories", but it does not declare the capability "histories"/,
    ],
    [tiny('twin', { ...twin, gradient: twin.values }), 'broken-unit', /are the same memory/],
    [
      tiny('away', {}, () => outside(kernels)),
      'broken-unit',
      /accumulate: the item at index 0 is 60; expected 0 to 59/,
    ],
  );
  for (const [model, code, message] of cases) {
    const error = await refusal(() => runJob({ dataset, kernels, model }));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
  }
  const able = modelOf({ ...answering('able', boo), capabilities: ['histories'] });
  const made = await makeModel(able, { kernels, train: dataset.train, seed: 0 }, able.options.parse({}));
  const given = { rows: 0, columns: made.nItems, indptr: kernels.ints(1), indices: kernels.ints(0) };
  const thrown = await refusal(() => made.histories!.score(given, kernels.floats(0)));
  assert.match(thrown.message, /model "able" .*score threw TypeError: boo/);
  const bent = tiny('bent', {}, () => 1);
  const steep: ModelSpec = {
    ...bent,
    ...trainedModel({
      ...{ ...bent, name: 'steep', options: options(trainShape(usual)), search: {}, capabilities: [] },
      create(context, o) {
        const model = tiny('steep').create(context, o);
        if (model instanceof Promise) return assert.fail();
        const { parameters } = model;
        return {
          ...{ ...model, batches: 'rows' },
          accumulate: () => {
            parameters[0]!.gradient.fill(Number.NaN);
            return 1;
          },
        };
      },
    }),
  };
  const diverged = await refusal(() => runJob({ dataset, kernels, model: steep }));
  assert.deepEqual([diverged.code, /parameter items/.test(diverged.message)], ['diverged', true], diverged.message);
  kernels.close();
});

test('samplers, optimisers and metrics that break their promise are refused by name', async () => {
  const dataset = await loadDataset({ data: 'synthetic:60x60x900' });
  const kernels = createKernels({ threads: 1 });
  const close = () => undefined;
  const draws = (name: string, item: number) =>
    sampler({ name, summary: 's', create: () => ({ draw: (out) => void out.fill(item), close }) });
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ sampler: draws('beyond', 60) }, /sampler "beyond" .*draw wrote the item 60; expected 0 to 59/],
    [
      { sampler: sampler({ name: 'nothing', summary: 's', create: () => JSON.parse('{}') }) },
      /"nothing" .*field "draw"/,
    ],
    [
      { optimizer: optimizer({ name: 'empty', summary: 's', create: () => JSON.parse('null') }) },
      /"empty" .*it is null/,
    ],
  ];
  for (const [more, message] of cases) {
    const error = await refusal(() => runJob({ dataset, kernels, model: 'bpr-mf', options: { ...more, epochs: 1 } }));
    assert.match(error.message, message);
  }
  const { rankings } = await runJob({ dataset, kernels, model: 'top-pop' });
  const before = rankings.items.slice();
  const erasing = listMetric({
    ...{ name: 'erasing', label: 'E', formula: 'none', needsTrainCounts: false },
    value: (lists) => lists.rankings.items.fill(0).length,
  });
  evaluateRankings(rankings, dataset.test, { metrics: [erasing], topK: [5], trainCounts: new Int32Array(60) });
  assert.deepEqual(rankings.items, before, 'a metric cannot change what others read');
  kernels.close();
});

test('an option that a model and a method have in different kinds is refused', async () => {
  const dataset = await loadDataset({ data: 'synthetic:60x60x900' });
  const kernels = createKernels({ threads: 1 });
  const method = teach({ name: 'clash', options: options({ l2: int({ default: 1, help: 'A number.' }) }) });
  const error = await refusal(() => runJob({ dataset, kernels, model: 'bpr-mf', method }));
  assert.match(
    error.message,
    /"clash" .*option "l2" has the type integer, but that of the model bpr-mf has the type number/,
  );
  kernels.close();
});

test('options take units by name or as objects, and a wrong name gets the nearest one', async () => {
  const { options: schema } = modelOf('bpr-mf');
  const mine = sampler({ ...samplerRegistry.find('uniform'), name: 'my-sampler' });
  assert.equal(schema.parse({ sampler: mine }).sampler, 'my-sampler');
  assert.equal(schema.parse({ sampler: 'my-sampler' }).sampler, 'my-sampler');
  assert.ok(
    describeOptions(schema)
      .find(({ name }) => name === 'sampler')
      ?.choices?.includes('my-sampler'),
  );
  const dataset = await loadDataset({ data: 'synthetic:60x60x900' });
  const kernels = createKernels({ threads: 1 });
  const error = await refusal(() => runJob({ dataset, kernels, model: 'bpr-mf', options: { optimizer: 'addam' } }));
  assert.match(error.message, /"optimizer" of bpr-mf is "addam"; expected one of adam \| lazy-adam/);
  assert.equal(error.hint, 'Did you mean "adam"?');
  kernels.close();
});

test('a metric of a user can select the epoch and is evaluated like the others', async () => {
  const dataset = await loadDataset({ data: 'synthetic:60x60x900' });
  metricRegistry.add(
    userMetric({ name: 'any-hit', label: 'A', formula: '1 if hits > 0', value: (h) => Math.sign(h.length) }),
  );
  const evaluator = createEvaluator(dataset, { at: [10], selectBy: 'any-hit@10' });
  const kernels = createKernels({ threads: 1 });
  const job = await runJob({ dataset, kernels, model: 'top-pop', evaluation: { at: [10], selectBy: 'any-hit@10' } });
  const { means } = evaluator.test(job.rankings);
  assert.ok(means['any-hit@10']! > 0);
  assert.equal(means['any-hit@10'], means['hit-rate@10']);
  kernels.close();
});

test('a reader of a user is found by the suffix of the file', async () => {
  const pairs = Array.from({ length: 60 }, (_, n) => `u${n % 6}>i${(n * 7) % 10}`);
  writeFileSync(join(folder, 'a.arrows'), `${pairs.join('\n')}\n`);
  readerRegistry.add(
    reader({
      ...{ name: 'arrows', summary: 'user>item on each line', suffixes: ['.arrows'] },
      read: (db, request) => readerOf('csv').read(db, { ...request, delimiter: '>', header: 'no' }),
    }),
  );
  const dataset = await loadDataset({ data: join(folder, 'a.arrows'), minUser: 1 });
  assert.deepEqual([dataset.train.nUsers, dataset.train.nItems], [6, 10]);
  const named = await loadDataset({ data: join(folder, 'a.arrows'), format: 'arrows', minUser: 1 });
  assert.equal(named.fingerprint, dataset.fingerprint);
});

test('a split of a user divides the data, and one that loses interactions is refused', async () => {
  const evenly = splitRule({
    ...{ name: 'evenly', summary: 'every third interaction to each part' },
    divide: (x) =>
      partition(
        x,
        Uint8Array.from(x.indices, (_, at) => at % 3),
      ),
  });
  const data = { data: 'synthetic:60x60x900', coldItems: 'keep' } as const;
  const { train, valid, test: held } = await loadDataset({ ...data, split: evenly });
  const sizes = [train, valid, held].map((part) => part.indices.length);
  assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, sizes.join());
  const lossy = splitRule({
    ...evenly,
    name: 'lossy',
    divide: (x, s) => ({ ...evenly.divide(x, s), test: fromPairs(60, 60, [], []) }),
  });
  const error = await refusal(() => loadDataset({ ...data, split: lossy }));
  assert.match(error.message, /the split "lossy" breaks its contract/);
});

test('a module that cannot be used is refused by its name', async () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['none.mjs', 'export const x = 1;', /none\.mjs exports no unit/],
    ['broken.mjs', 'export const x = ;', /broken\.mjs cannot be imported: SyntaxError/],
    ['bad.mjs', "export const x = { unit: 'model', name: 'bad' };", /"bad" of .*bad\.mjs .*field "summary" is missing/],
    ['throws.mjs', "\nthrow new Error('at import');", /throws\.mjs cannot be imported: Error: at import \(line 2\)/],
    ['needy.mjs', "import 'not-there';", /needy\.mjs cannot be imported: .*Cannot find package 'not-there'/],
    ['taken.mjs', "export const x = { unit: 'model', name: 'ease' };", /model "ease" of .*taken\.mjs|already a model/],
  ];
  for (const [file, content, message] of cases) {
    writeFileSync(join(folder, file), content);
    assert.match((await refusal(() => useModule(file, folder))).message, message);
  }
  assert.equal((await refusal(() => useModule('missing.mjs', folder))).code, 'file-missing');
});

// The last test: the broken metric is evaluated with every later run.
test('a unit from a file that breaks its contract at run time is refused by name, file and field', async () => {
  writeFileSync(
    join(folder, 'breaking.mjs'),
    `import { exporter, optimizer, sampler, searchStrategy, splitRule, userMetric } from '${import.meta.resolve('recdistill/toolkit')}';
     const [summary, source] = ['Breaks its contract.', 'a test'];
     export const metric = userMetric({ name: 'wordy', label: 'W', formula: 'text', value: () => 'much' });
     export const far = sampler({ name: 'far', summary, create: (_, { nItems }) => ({ draw: (out) => void out.fill(nItems), close() {} }) });
     export const mute = sampler({ name: 'mute', summary, create: () => ({ close() {} }) });
     export const idle = optimizer({ name: 'idle', summary, create: () => ({ steps: 0, state: [], close() {} }) });
     export const lost = splitRule({ name: 'lost', summary, divide: () => undefined });
     export const never = exporter({ name: 'never', summary, makes: 'file', precisions: ['f32'], write: async () => {} });
     export const wide = searchStrategy({ name: 'wide', summary, source, propose: ({ space }) => Object.fromEntries(Object.keys(space).map((o) => [o, 1e9])) });
     export const less = searchStrategy({ name: 'less', summary, source, propose: () => ({}) });`,
  );
  await useModule('breaking.mjs', folder);
  const data = await loadDataset({ data: 'synthetic:60x60x900' });
  const [kernels, at] = [createKernels({ threads: 1 }), [5]];
  const trained = (options: Record<string, string>, selectBy = 'recall@5') =>
    runJob({
      dataset: data,
      kernels,
      model: 'bpr-mf',
      options: { dim: 2, epochs: 2, ...options },
      evaluation: { at, selectBy },
    });
  const searched = (strategy: string) =>
    tune({
      dataset: data,
      kernels,
      models: ['bpr-mf'],
      options: { strategy, trials: 2 },
      fixed: { epochs: 1 },
      evaluation: { at, selectBy: 'recall@5' },
    });
  const factors = Float32Array.of(1);
  const model = {
    nUsers: 1,
    nItems: 1,
    dim: 1,
    userIds: ['u'],
    itemIds: ['i'],
    userFactors: factors,
    itemFactors: factors,
  };
  const seen = { indptr: Int32Array.of(0, 0), indices: new Int32Array(0) };
  const notes = { dataFingerprint: '', licence: '', madeBy: {}, metrics: {} };
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => trained({}, 'wordy@5'), /metric "wordy" of .*: value returned "much"/],
    [() => trained({ sampler: 'far' }), /sampler "far" of .*: draw wrote the item 60; expected 0 to 59/],
    [() => trained({ sampler: 'mute' }), /sampler "mute" of .*field "draw" is missing/],
    [() => trained({ optimizer: 'idle' }), /optimizer "idle" of .*field "step" is missing/],
    [() => loadDataset({ data: 'synthetic:60x60x900', split: 'lost' }), /split "lost" of .*divide must return/],
    [
      () => searched('wide'),
      /strategy "wide" of .*the result of propose: its "dim" is 1000000000; expected one of 32, 64, 128/,
    ],
    [
      () => exportStudent({ model: { ...model, seen }, notes }, 'never', join(folder, 'never')),
      /format "never" of .*made no file/,
    ],
    [() => searched('less'), /strategy "less" of .*the result of propose: its "dim" is missing/],
  ];
  for (const [work, message] of cases) {
    const error = await refusal(work);
    assert.deepEqual([error.code, error.message.includes('breaking.mjs')], ['broken-unit', true], error.message);
    assert.match(error.message, message);
  }
  kernels.close();
});
