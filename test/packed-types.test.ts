/** Programs of users, compiled against the types of the packed package: what is right compiles, what is wrong does not, and the message helps. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import ts from 'typescript';
import { pack } from './packed-folder.js';

const { folder, installed, remove } = pack();
after(remove);
writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');

const resolutions = {
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
} as const;

interface Complaint {
  /** Without its ending. */
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** What the compiler says of programs, and of the package's own types. */
function compile(programs: Readonly<Record<string, string>>, resolution: keyof typeof resolutions): Complaint[] {
  const files = Object.keys(programs).map((name) => join(folder, `${name}.ts`));
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, `${name}.ts`), text);
  const compiled = ts.createProgram(files, {
    ...{ ...resolutions[resolution], target: ts.ScriptTarget.ES2022, lib: ['lib.es2023.d.ts'], types: ['node'] },
    ...{ typeRoots: [join(folder, 'node_modules', '@types')], noEmit: true, preserveSymlinks: true },
    // Once is enough for the types of the package itself.
    skipLibCheck: resolution === 'bundler',
    ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
  });
  const own = (file: string) => !file.includes('/node_modules/') || file.includes('/node_modules/recdistill/');
  return ts.getPreEmitDiagnostics(compiled).flatMap(({ file, start = 0, messageText }) =>
    file && !own(file.fileName)
      ? []
      : {
          file: file ? file.fileName.slice(folder.length + 1).replace(/\.ts$/, '') : '',
          line: file ? ts.getLineAndCharacterOfPosition(file, start).line + 1 : 0,
          message: ts.flattenDiagnosticMessageText(messageText, '\n'),
        },
  );
}

const right = `
import { readFile } from 'node:fs/promises';
import { type Run, type TrainEvent, coTrain, compare, configure, distill, evaluate, importRankings, loadData, openRun, recommend, runPipeline, runStudy, train, tune } from 'recdistill';
import { createStudent, loadBundle } from 'recdistill/student';
import { evaluateRankings } from 'recdistill/eval';

configure({ threads: 2 });
const data = await loadData('clicks.csv', { user: 'customer', item: 'product', minUser: 3 });
const listen = (event: TrainEvent): void => { if (event.type === 'epoch') console.log(event.loss); };
const teachers = [
  await train('lightgcn', { data, layers: 2, learningRate: 0.01, listen }),
  await train('ials', { data, at: [10], selectBy: 'ndcg@10', folder: 'runs/ials' }),
  await train('top-pop', { data, at: [10] }),
  ...(await importRankings('theirs.parquet', { data })),
];
const student: Run = await distill('hetcomp', { teachers, student: 'bpr-mf', dim: 8, lambda: 0.5 });
const alone = await distill('none', { teachers: [], student: 'bpr-mf', data, dim: 8 });
const recall: number | undefined = student.metrics['recall@50'];
const comparison = compare([student, ...teachers], { metrics: ['recall'], test: 'wilcoxon' });
const lines: string[] = [comparison.toMarkdown(), comparison.toText(), comparison.toCsv(), comparison.tests[0]?.name ?? ''];
const both = await coTrain('bd', { teacher: teachers[0]!, student, epochs: 10 });
const best = await tune('bpr-mf', { data, trials: 3, fixed: { dim: 8 } });
const tuned = await train('bpr-mf', { data, ...best.options });
const opened = await openRun('runs/ials', { data });
const list: string[] = recommend(opened, { items: ['a'] }, { k: 3 }).map((r) => r.itemId);
const pipeline = await runPipeline({
  teachers: [{ model: 'bpr-mf', dim: 8, optimizer: 'sgd' }, { rankings: 'x.csv', rank: 'position' }],
  students: [{ model: 'bpr-mf', dim: 4, fineWeight: 0.3 }, { model: 'cml', method: 'rrd', topK: 10, margin: 1 }],
});
await runStudy(
  { teachers: [{ model: 'ease' }], student: { model: 'cml', dim: 3 }, entries: [{ method: 'rrd', topK: 3, dim: 5 }], methods: { hetcomp: { period: 3 } }, tune: { trials: 3, strategy: 'random' } },
  { runs: 'runs' },
);
await alone.export('onnx', 'onnx', { precision: 'f16' });
await both.student.saveBundle('student/', { precision: 'int8' });
const served = createStudent((await loadBundle((file) => readFile('student/' + file))).model);
console.log(recall, lines, alone, list, tuned.cost.bytes, evaluate(opened, { at: [5] }).means, pipeline.rows, served, evaluateRankings);
`;

/** Each is wrong, with what the compiler has to say. */
const wrong: readonly (readonly [string, RegExp])[] = [
  ["await train('lightgcn', { data, dims: 3 });", /'dims' does not exist.*Did you mean to write 'dim'/s],
  ["await train('lightgcm', { data });", /"lightgcm"' is not assignable.*"lightgcn"/s],
  ["await train('ials', { data, dim: '8' });", /'string' is not assignable to type 'number'/],
  ["await train('ials', { data, foldr: 'x' });", /'foldr' does not exist.*Did you mean to write 'folder'/s],
  ["await train('top-pop', { data, dim: 3 });", /'dim' does not exist/],
  ["await train('ials', {});", /Property 'data' is missing/],
  ["await train('bpr-mf', { data, l2Scope: 'some' });", /"some"' is not assignable.*"batch"/s],
  ["await distill('hetcomp', { teachers: [run], student: 'bpr-mf', lambdaa: 2 });", /'lambdaa' does not exist/],
  ["await distill('hetcom', { teachers: [run], student: 'bpr-mf' });", /"hetcom"' is not assignable/],
  [
    "await distill('rrd', { teachers: [data], student: 'bpr-mf' });",
    /is not assignable to type 'Run'|missing the following properties from type 'Run'/,
  ],
  ["await distill('bd', { teachers: [run], student: 'bpr-mf' });", /"bd"' is not assignable/],
  ["await coTrain('rrd', { teacher: run, student: run });", /"rrd"' is not assignable/],
  ["await coTrain('bd', { teacher: run, student: run, epoch: 3 });", /'epoch' does not exist.*'epochs'/s],
  ["await loadData('clicks.csv', { users: 'customer' });", /'users' does not exist.*'user'/s],
  ["compare([run, run], { metrics: ['recal'] });", /"recal"' is not assignable/],
  ["run.metrics['recall'];", /Property 'recall' does not exist|implicitly has an 'any' type/],
  ["await tune('ials', { data, fixed: { dims: 3 } });", /'dims' does not exist.*'dim'/s],
  ["await runPipeline({ teachers: [{ model: 'bpr-mf', dims: 3 }] });", /'dims' does not exist.*'dim'/s],
  ["await runPipeline({ teachers: [{ model: 'bpr-mff' }] });", /"bpr-mff"' is not assignable.*"bpr-mf"/s],
  [
    "await runPipeline({ teachers: [{ model: 'ease' }], students: [{ model: 'cml', method: 'rrd', topk: 3 }] });",
    /'topk' does not exist.*'topK'/s,
  ],
  [
    "await runPipeline({ teachers: [{ model: 'ease' }], students: [{ model: 'cml', dims: 3 }] });",
    /'dims' does not exist/,
  ],
  [
    "await runStudy({ teachers: [{ model: 'ease' }], entries: [{ method: 'rd', lamda: 3 }] }, { runs: 'x' });",
    /'lamda' does not exist.*'lambda'/s,
  ],
  ["await run.export('onxx', 'out');", /"onxx"' is not assignable/],
];

const ownUnits = `
import { compare, distill, evaluate, importRankings, loadData, loadRows, type LoadedData, type Run, runPipeline, runStudy, train, tune } from 'recdistill';
import { distillationMethod } from 'recdistill/distill';
import { type Model, computedModel } from 'recdistill/models';
import { int, options } from 'recdistill/options';
import { exporter, optimizer, optimizerOf, reader, readerOf, sampler, samplerOf, searchStrategy, splitRule, randomPoint, userMetric } from 'recdistill/toolkit';
declare const data: LoadedData; declare const run: Run; declare const made: Model;
const mine = computedModel({ name: 'mine', summary: '', source: '', options: options({ width: int({ default: 1, help: 'Width.' }) }), search: {}, capabilities: [], memory: () => 0, create: async (_, o) => { const w: number = o.width; console.log(w); return made; } });
const way = distillationMethod({ name: 'way', summary: '', source: '', needs: { teachers: 'one', form: 'frozen', base: 'kept', student: [], teacher: [] }, options: options({ pull: int({ default: 1, help: 'Pull.' }) }), create: () => ({ base: 'kept', close() {} }) });
await train(mine, { data, width: 3 });
await distill(way, { teachers: [run], student: 'bpr-mf', dim: 4, pull: 3 });
const metric = userMetric({ name: 'any-hit', label: 'A', formula: '1 if there is a hit', value: (hits) => Math.sign(hits.length) });
const negatives = sampler({ ...samplerOf('uniform'), name: 'even' });
const update = optimizer({ ...optimizerOf('sgd'), name: 'plain' });
const format = reader({ ...readerOf('csv'), name: 'mine' });
const split = splitRule({ name: 'all', summary: '', divide: (x) => ({ train: x, valid: x, test: x }) });
const strategy = searchStrategy({ name: 'mine', summary: '', source: '', propose: ({ space, key, number }) => randomPoint(space, key, number) });
const written = exporter({ name: 'mine', summary: '', makes: 'file', precisions: ['f32'], write: async () => {} });
evaluate(run, { metrics: [metric, 'recall'] });
compare([run, run], { metrics: [metric] });
loadRows([], { split });
await loadData('a', { format, split });
await importRankings('a', { data, format });
await tune('bpr-mf', { data, strategy });
await train('bpr-mf', { data, sampler: negatives, optimizer: update });
await run.export(written, 'out');
await runPipeline({ teachers: [{ model: 'bpr-mf', dim: 8, sampler: negatives }, { model: mine, width: 3 }], students: [{ model: 'bpr-mf', method: way, pull: 3, dim: 4 }] });
await runStudy({ teachers: [{ model: mine, width: 3 }], entries: [{ method: way, pull: 3 }, { method: 'rrd' }] }, { runs: 'runs' });
await train(mine, { data, widht: 3 });
await distill(way, { teachers: [run], student: mine, width: 4, pul: 3 });
`;

const head = `import { type LoadedData, type Run, coTrain, compare, distill, loadData, runPipeline, runStudy, train, tune } from 'recdistill';
declare const data: LoadedData; declare const run: Run;`;

/** The examples of a page as one program. `given` declares what the page leaves to the reader. */
function pageOf(page: string, given = ''): string {
  const text = readFileSync(join(installed, page), 'utf8');
  const examples = [...text.matchAll(/^```(?:js|ts)\n(.*?)^```/gms)].map((match) => match[1]!);
  assert.ok(examples.length > 0, `${page} has no examples`);
  // The package of the student alone has the same types; its compiled kernel is for bundlers.
  const known = examples.filter((example) => !example.includes('.wasm')).join('\n');
  return `${given}\n${known.replaceAll('@recdistill/student', 'recdistill/student')}\nexport {};\n`;
}

const evaluations =
  "import type { Evaluation } from 'recdistill/eval'; declare const ease: Evaluation; declare const student: Evaluation;";
const pages: Readonly<Record<string, string>> = {
  readme: pageOf('README.md'),
  library: pageOf('docs/library.md'),
  data: pageOf('docs/data.md'),
  evaluation: pageOf(
    'docs/evaluation.md',
    'declare const scoresAlone: Float32Array; declare const scoresOfStudent: Float32Array;',
  ),
  extending: pageOf('docs/extending.md'),
  external: pageOf('docs/external-teachers.md'),
  bd: pageOf('docs/methods/bd.md'),
  report: pageOf('docs/report.md', `${evaluations} declare const plan: object;`),
  serving: pageOf('docs/serving.md'),
  student: pageOf('docs/student.md'),
};

test('examples of the documentation compile as they are', () => {
  const listed = Object.keys(pages);
  assert.deepEqual(
    found.filter(({ file }) => listed.includes(file)),
    [],
  );
});

const found = compile(
  { ...pages, right, wrong: [head, ...wrong.map(([code]) => code)].join('\n'), ownUnits },
  'nodenext',
);
const foundIn = (file: string): readonly Complaint[] => found.filter((c) => c.file === file);

test('a program that uses the library compiles', () => {
  assert.deepEqual(
    found.filter(({ file }) => !['wrong', 'ownUnits'].includes(file)),
    [],
  );
});

test('it compiles with the module resolution of bundlers', () => assert.deepEqual(compile({ right }, 'bundler'), []));

test('the compiler refuses wrong names and options, and suggests the right one', () => {
  for (const [at, [code, message]] of wrong.entries()) {
    const said = foundIn('wrong').filter(({ line }) => line === at + 3);
    assert.match(said.map((c) => c.message).join('\n'), message, code);
  }
  assert.ok(foundIn('wrong').every(({ line }) => line >= 3));
});

test('models and methods of a user have typed options', () => {
  const [model, method, ...others] = foundIn('ownUnits');
  assert.match(`${model?.line} ${model?.message}`, /^29 .*'widht' does not exist.*'width'/s);
  assert.match(`${method?.line} ${method?.message}`, /^30 .*'pul' does not exist.*'pull'/s);
  assert.deepEqual(others, []);
});

test('no type of the library is unknown or any', () => {
  const folderOf = join(installed, 'dist', 'library');
  const files = readdirSync(folderOf).filter((f) => f.endsWith('.d.ts'));
  assert.ok(files.length > 10);
  // What is within the library only: values on their way to the layers below.
  const within = ['call.d.ts', 'check.d.ts', 'data.d.ts'];
  for (const file of files.filter((f) => !within.includes(f)))
    assert.doesNotMatch(
      readFileSync(join(folderOf, file), 'utf8').replace(/\/\*.*?\*\//gs, ''),
      /\b(unknown|any)\b/,
      file,
    );
});

test('docs/library.md lists every name of the root and every subpath', () => {
  const index = join(installed, 'dist', 'index.d.ts');
  const compiled = ts.createProgram([index], { ...resolutions.nodenext, skipLibCheck: true, types: [] });
  const checker = compiled.getTypeChecker();
  const names = checker
    .getExportsOfModule(checker.getSymbolAtLocation(compiled.getSourceFile(index)!)!)
    .map((e) => e.name);
  assert.ok(names.length >= 35 && names.length <= 46, `${names.length} names`);
  const page = readFileSync(join(installed, 'docs', 'library.md'), 'utf8');
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { exports: object };
  const subpaths = Object.keys(exports).flatMap((path) =>
    /^\.\/\w+$/.test(path) ? [`recdistill${path.slice(1)}`] : [],
  );
  assert.deepEqual(
    [...names, ...subpaths].filter((name) => !new RegExp(`\`${name}[\`(]`).test(page)),
    [],
  );
});
