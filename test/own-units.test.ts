/** The examples of own models and an own method, copied beside the packed package and used as a stranger would: library, command line, YAML, suites. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createWorkshop, lastingFiles } from './cli/program.js';
import { pack } from './packed-folder.js';

const { folder, installed, node, remove } = pack();
const w = createWorkshop(join(installed, 'dist', 'cli', 'main.js'));
after(() => {
  w.remove();
  remove();
});

const FILES = ['own-model/slim.mjs', 'own-model/logistic-mf.mjs', 'own-method/rank-net.mjs'];
const own = (file: string): string => join(folder, file);
const use = (...files: string[]): string[] => files.flatMap((file) => ['--use', own(file)]);
const DATA = ['--data', 'synthetic:120x80x2000'];
const EVALUATED = /: epoch \d+ of \d+, .*recall@40/;

before(() => {
  for (const file of FILES) copyFileSync(join(installed, 'examples', file), own(file.split('/')[1]!));
});

async function done(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await w.run(...words);
  assert.equal(code, 0, `${words.join(' ')}\n${stderr}`);
  return stdout;
}

test('each is one file of at most 60 lines', () => {
  for (const file of FILES)
    assert.ok(
      readFileSync(own(file.split('/')[1]!), 'utf8')
        .trimEnd()
        .split('\n').length <= 60,
      file,
    );
});

test('they pass their contract suites', () => {
  writeFileSync(
    own('suites.mjs'),
    `import { test } from 'node:test';
     import { methodContract, modelContract } from 'recdistill/testing';
     import { logisticMf } from './logistic-mf.mjs';
     import { rankNet } from './rank-net.mjs';
     import { slim } from './slim.mjs';
     const students = [logisticMf];
     for (const c of [...modelContract(slim), ...modelContract(logisticMf), ...methodContract(rankNet), ...methodContract(rankNet, {}, students)])
       test(c.name, c.run);`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const report = execFileSync(process.execPath, ['suites.mjs'], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 300_000,
  });
  assert.match(report, /# fail 0|ℹ fail 0/);
});

test('the library takes them as objects, and their names from then on', () => {
  writeFileSync(
    own('library.mjs'),
    `import { createKernels } from 'recdistill/kernels';
     import { loadDataset } from 'recdistill/data';
     import { runJob } from 'recdistill/runs';
     import { logisticMf } from './logistic-mf.mjs';
     import { rankNet } from './rank-net.mjs';
     import { slim } from './slim.mjs';
     const dataset = await loadDataset({ data: 'synthetic:120x80x2000' });
     const kernels = createKernels({ threads: 1 });
     const teacher = (await runJob({ dataset, kernels, model: slim, options: { l1: 0.1 } })).teacher;
     const options = { dim: 4, epochs: 5, topK: 10 };
     const taught = await runJob({ dataset, kernels, model: logisticMf, method: rankNet, teachers: [teacher], options });
     const again = await runJob({ dataset, kernels, model: 'logistic-mf', method: 'rank-net', teachers: [teacher], options });
     kernels.close();
     console.log(taught.result.model, taught.result.method, taught.result.metrics['recall@10'] === again.result.metrics['recall@10']);`,
  );
  assert.equal(node('library.mjs').trim(), 'logistic-mf rank-net true');
});

test('a study of two teachers, one of them own, with an own method as an entry', async () => {
  writeFileSync(
    own('study.yaml'),
    `use: [./slim.mjs, rank-net.mjs]
name: mine
data: { data: 'synthetic:120x80x2000' }
teachers: [{ model: slim, l1: 0.1 }, { model: bpr-mf, dim: 8, epochs: 10 }]
student: { model: bpr-mf, dim: 4, epochs: 10 }
entries: [{ method: rank-net, topK: 10 }, { method: rrd }]
against: rank-net
seeds: [0, 1]
`,
  );
  const text = await done('study', own('study.yaml'));
  for (const line of [/teacher +slim/, /student +rank-net/, /student +rrd/]) assert.match(text, line);
  const { code, stderr } = await w.run('study', own('study.yaml'), '--use', own('missing.mjs'));
  assert.deepEqual([code, /missing\.mjs: there is no such file/.test(stderr)], [1, true], stderr);
});

test('several processes load the own units: models of one command, and the jobs of a study', async () => {
  const models = ['slim', 'logistic-mf'];
  // Separate folders of runs, so that no run is reused.
  for (const jobs of ['1', '2']) {
    const words = [...use('slim.mjs', 'logistic-mf.mjs'), ...DATA, '--epochs', '5', '--jobs', jobs, '--threads', '2'];
    await done('train', ...models, ...words, '--runs', w.path(`runs-${jobs}`));
  }
  const [one, two] = ['1', '2'].map((jobs) => models.map((model) => lastingFiles(w.path(`runs-${jobs}`, model))));
  assert.deepEqual(two, one);
  assert.ok(one!.every((files) => Object.keys(files).length > 3));
  const study = `use: [./slim.mjs, ./logistic-mf.mjs, ./rank-net.mjs]
name: parallel
data: { data: 'synthetic:120x80x2000' }
teachers: [{ model: slim }]
student: { model: logistic-mf, dim: 4, epochs: 5 }
entries: [{ method: rank-net }, { method: none }]
tune: { trials: 2 }
against: none
`;
  writeFileSync(own('parallel.yaml'), study);
  const { code, stderr, stdout } = await w.run('study', own('parallel.yaml'), '--jobs', '2', '--threads', '2');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /2 jobs at a time/);
  assert.match(stdout, /^student +rank-net /m);
});

for (const [name, words] of [
  ['train', [...use('logistic-mf.mjs'), 'train', 'logistic-mf', ...DATA, '--dim', '6']],
  [
    'distill',
    ['distill', ...use('rank-net.mjs'), '--teachers', 'mine/seed0/slim', '--method', 'rank-net', '--dim', '4'],
  ],
] as const) {
  test(`${name} with an own unit resumes after a kill to the same bytes, and is bundled`, {
    timeout: 120_000,
  }, async () => {
    const all = [...words, '--epochs', '150', '--evaluate-every', '1', '--patience', '1000', '--name'];
    await done(...all, `${name}-straight`);
    const { child, ended, seen } = w.start(...all, `${name}-killed`);
    await seen(EVALUATED, 3);
    child.kill('SIGKILL');
    assert.equal((await ended).signal, 'SIGKILL');
    await done(...all, `${name}-killed`);
    assert.deepEqual(lastingFiles(w.path('runs', `${name}-killed`)), lastingFiles(w.path('runs', `${name}-straight`)));
    assert.ok(existsSync(w.path('runs', `${name}-killed`, 'student', 'manifest.json')));
    await done('recommend', `${name}-killed`, '--user', 'u001');
  });
}

test('they are tuned, distilled into, compared, and trained on with another model', async () => {
  assert.match(
    await done('tune', 'slim', ...use('slim.mjs'), ...DATA, '--trials', '2'),
    /^ {2}train slim .*--use \S*slim\.mjs$/m,
  );
  await done(
    'distill',
    ...use('logistic-mf.mjs'),
    '--teachers',
    'mine/seed0/slim',
    '--student',
    'logistic-mf',
    '--epochs',
    '5',
    '--name',
    'into',
  );
  assert.match(await done('compare', 'into', 'mine/seed0/slim'), /slim/);
  await done('train', 'bpr-mf', ...DATA, '--dim', '3', '--epochs', '5', '--name', 'small');
  const together = [
    ...['distill', '--method', 'bd', '--teachers', 'train-straight', '--start', 'small'],
    '--epochs',
    '2',
    '--update',
    '1',
    '--name',
    'both',
  ];
  const { code, stderr } = await w.run(...together);
  assert.equal(code, 2);
  assert.match(stderr, /add --use \S*logistic-mf\.mjs/);
  await done(...together, ...use('logistic-mf.mjs'));
});

/** A unit of each kind other than models and methods. */
const kinds = `import { exporter, optimizer, optimizerOf, partition, randomPoint, reader, readerOf, sampler, samplerOf, searchStrategy, splitRule, userMetric } from 'recdistill/toolkit';
import { writeFileSync } from 'node:fs';
const by = (part) => (x) => partition(x, Uint8Array.from(x.indices, (_, at) => part(at)));
export const metric = userMetric({ name: 'any-hit', label: 'A', formula: '1 if there is a hit', value: (hits) => Math.sign(hits.length) });
export const negatives = sampler({ ...samplerOf('uniform'), name: 'even' });
export const update = optimizer({ ...optimizerOf('sgd'), name: 'plain' });
export const format = reader({ name: 'arrows', summary: 'user>item', read: (db, r) => readerOf('csv').read(db, { ...r, delimiter: '>', header: 'no' }) });
export const split = splitRule({ name: 'thirds', summary: 'a third to each part', divide: by((at) => at % 3) });
export const strategy = searchStrategy({ name: 'dice', summary: 'random', source: 'none', propose: ({ space, key, number }) => randomPoint(space, key, number) });
export const ids = exporter({ name: 'ids', summary: 'item ids', makes: 'file', precisions: ['f32'], write: async (s, out) => writeFileSync(out, s.model.itemIds.join(' ')) });
`;
const ARROWS = { format: 'arrows', split: 'thirds', minUser: 1, coldItems: 'keep' } as const;

/** Its value, and the options that each of the three ways must have passed on. */
const readback = (text: string): void => {
  const run = JSON.parse(text) as {
    options: Readonly<Record<string, unknown>>;
    metrics: Readonly<Record<string, number>>;
  };
  assert.deepEqual([run.options.sampler, run.options.optimizer], ['even', 'plain']);
  assert.ok(run.metrics['any-hit@5']! > 0 && run.metrics['any-hit@5'] === run.metrics['hit-rate@5'], text);
};

test('a metric, sampler, optimiser, reader, split, strategy and exporter of a user: library, command line, YAML', async () => {
  const pairs = Array.from({ length: 600 }, (_, n) => `u${n % 30}>i${(n * 7 + Math.floor(n / 30)) % 40}`);
  writeFileSync(w.path('a.arrows'), `${pairs.join('\n')}\n`);
  writeFileSync(own('kinds.mjs'), kinds);
  writeFileSync(
    own('by-object.mjs'),
    `import { compare, evaluate, loadData, train, tune } from 'recdistill';
     import { format, ids, metric, negatives, split, strategy, update } from './kinds.mjs';
     const data = await loadData(${JSON.stringify(w.path('a.arrows'))}, { ...${JSON.stringify(ARROWS)}, format, split });
     const at = [5];
     const o = { data, at, selectBy: 'recall@5', dim: 4, epochs: 3 };
     const first = await train('bpr-mf', { ...o, sampler: negatives, optimizer: update });
     const { means } = evaluate(first, { metrics: [metric], at });
     const run = await train('bpr-mf', { ...o, selectBy: 'any-hit@5', sampler: 'even', optimizer: 'plain' });
     if (!(means['any-hit@5'] > 0) || !compare([run, first], { metrics: [metric], at }).toText().includes('any-hit@5')) process.exit(1);
     if ((await tune('bpr-mf', { data, at, selectBy: 'any-hit@5', trials: 2, fixed: { epochs: 2 }, strategy })).trials.length !== 2) process.exit(2);
     await run.export(ids, 'ids.txt');
     console.log(JSON.stringify(run));`,
  );
  readback(node('by-object.mjs'));
  assert.equal(readFileSync(own('ids.txt'), 'utf8').split(' ').length, 40);

  const data = [
    '--data',
    'a.arrows',
    '--format',
    'arrows',
    '--split',
    'thirds',
    '--min-user',
    '1',
    '--cold-items',
    'keep',
  ];
  const made = [...use('kinds.mjs'), ...data, '--at', '5', '--select-by', 'any-hit@5'];
  const line = ['--dim', '4', '--epochs', '3', '--sampler', 'even', '--optimizer', 'plain', '--json'];
  readback(
    JSON.stringify(
      (JSON.parse(await done('train', 'bpr-mf', ...made, ...line, '--name', 'kinds')) as { result: object }).result,
    ),
  );
  await done('train', 'top-pop', ...made, '--name', 'popular');
  assert.match(await done('evaluate', 'kinds', '--metrics', ...use('kinds.mjs')), /any-hit@5 +0\.\d/);
  assert.match(await done('compare', 'kinds', 'popular', '--metrics', 'any-hit', ...use('kinds.mjs')), /any-hit@5/);
  assert.match(
    await done('tune', 'bpr-mf', ...made, '--strategy', 'dice', '--trials', '2', '--epochs', '2'),
    /any-hit@5/,
  );
  await done('export', 'kinds', '--format', 'ids', '--out', 'ids.txt', ...use('kinds.mjs'));
  assert.equal(readFileSync(w.path('ids.txt'), 'utf8').split(' ').length, 40);

  const yaml = (lines: readonly string[]) =>
    [
      'use: [./kinds.mjs]',
      `data: ${JSON.stringify({ data: w.path('a.arrows'), ...ARROWS })}`,
      'evaluation: { at: [5], selectBy: any-hit@5 }',
      'teachers: [{ model: bpr-mf, dim: 4, epochs: 3, sampler: even, optimizer: plain }]',
      ...lines,
    ].join('\n');
  writeFileSync(
    own('plan.yaml'),
    yaml(['name: yaml', 'students: [{ model: bpr-mf, dim: 3, epochs: 3, method: rrd }]']),
  );
  assert.match(await done('run', own('plan.yaml')), /A@5/);
  writeFileSync(
    own('kinds-study.yaml'),
    yaml([
      'name: study',
      'student: { model: bpr-mf, dim: 3, epochs: 3 }',
      'entries: [{ method: rrd }, { method: rd }]',
      'against: rrd',
      'seeds: [0]',
      'tune: { trials: 2, strategy: dice }',
    ]),
  );
  assert.match(await done('study', own('kinds-study.yaml')), /rd +any-hit@5/);
});

test('help lists the options of an own model, and a wrong name is answered by the nearest', async () => {
  const help = await done('train', 'slim', ...use('slim.mjs'), '--l1', '0.1', '--help');
  assert.match(help, /Options of slim:\n +--l1 X +L1 regularisation/);
  assert.match(help, /--use/);
  const { stderr } = await w.run('train', 'slimm', ...use('slim.mjs'), ...DATA);
  assert.match(stderr, /Did you mean "slim"\?/);
  const unknown = await w.run('train', 'slim', ...use('slim.mjs'), '--l3', '1');
  assert.match(unknown.stderr, /unknown option "--l3"[\s\S]*Did you mean "--l[12]"/);
});

test('the compiler completes names and checks the options of built-in and own units', () => {
  const source = `
import type { ModelName } from 'recdistill/models';
import { models, modelOf, optimizers } from 'recdistill/models';
import { methods, type MethodName } from 'recdistill/distill';
import type { JobRequest } from 'recdistill/runs';
import { computedModel, int, type NameOr, optimizer, options, type OptionsInput, userMetric } from 'recdistill/toolkit';

type LightGcn = OptionsInput<(typeof models)['lightgcn']['options']>;
export const right: LightGcn = { dim: 32, optimizer: 'sgd' };
// @ts-expect-error the option is called dim
export const wrong: LightGcn = { dims: 32 };
// @ts-expect-error a number
export const text: LightGcn = { dim: '32' };
export const own = optimizer({ name: 'own', summary: 'of my own', create: optimizers.sgd.create });
export const byObject: LightGcn = { optimizer: own };
export const known: ModelName = 'ials';
// @ts-expect-error no such name
export const unknown: ModelName = 'ial';
export const added: NameOr<ModelName> = 'mine';
export const method: MethodName = 'hetcomp';
export const distilled: OptionsInput<(typeof methods)['rrd']['options']> = { topK: 10 };

export const mine = computedModel({
  name: 'mine',
  summary: 'Nothing',
  source: 'none',
  options: options({ width: int({ default: 3, min: 1, help: 'A size.' }) }),
  search: {},
  capabilities: [],
  // @ts-expect-error the option is called width
  small: { widht: 2 },
  memory: (_, o) => o.width,
  // @ts-expect-error there is no option of that name
  create: async (_, o) => o.height,
});
// @ts-expect-error the formula is missing
userMetric({ name: 'm', label: 'M', value: () => 0 });
// @ts-expect-error no such capability
computedModel({ ...mine, capabilities: ['fly'] });
export const request: Pick<JobRequest, 'model' | 'method'> = { model: mine, method: 'rrd' };
export const spec = modelOf(mine).name;
`;
  writeFileSync(own('types.ts'), source);
  writeFileSync(own('package.json'), '{ "type": "module", "private": true }');
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--exactOptionalPropertyTypes',
    '--skipLibCheck',
  ];
  const compiler = join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
  assert.equal(node(compiler, ...flags, 'types.ts'), '');
});
