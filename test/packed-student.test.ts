/** @recdistill/student as it would be published: packed, installed alone, and run in Node and where there is nothing of Node. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { writeBundle } from 'recdistill/bundle';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'recdistill-student-'));
const installed = join(folder, 'node_modules', '@recdistill', 'student');
// Where the example of docs/student.md looks for one.
const bundle = join(folder, 'runs', 'demo', 'student-hetcomp', 'student');

const node = (...args: string[]) =>
  execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 120_000 });
const npm = (cwd: string, ...args: string[]) =>
  execFileSync('npm', [...args, '--cache', join(folder, 'cache'), '--silent'], {
    cwd,
    shell: process.platform === 'win32',
    timeout: 120_000,
  });

before(() => {
  const made = join(folder, 'made');
  node(join(root, 'scripts', 'pack-student.mjs'), made);
  npm(made, 'pack', '--ignore-scripts', '--pack-destination', folder);
  const archive = readdirSync(folder).find((f) => f.endsWith('.tgz'))!;
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  npm(folder, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', join(folder, archive));
  const [nUsers, nItems, dim] = [9, 300, 7];
  writeBundle(
    bundle,
    {
      ...{ nUsers, nItems, dim },
      userFactors: Float32Array.from({ length: nUsers * dim }, (_, j) => Math.sin(j + 1)),
      itemFactors: Float32Array.from({ length: nItems * dim }, (_, j) => Math.cos(3 * j)),
      itemBiases: Float32Array.from({ length: nItems }, (_, j) => Math.sin(j) / 9),
      userIds: Array.from({ length: nUsers }, (_, u) => String(u)),
      itemIds: Array.from({ length: nItems }, (_, i) => String(i)),
    },
    { dataFingerprint: 'f00d', licence: 'for tests', madeBy: {}, metrics: { 'recall@10': 0.25 } },
    { precision: 'int8' },
  );
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('it is small and has no dependencies', () => {
  const files = readdirSync(installed);
  assert.deepEqual(
    files.filter((f) => /test/.test(f)),
    [],
  );
  for (const file of ['LICENSE', 'NOTICE', 'README.md', 'index.js', 'index.d.ts', 'kernel.wasm']) {
    assert.ok(files.includes(file), file);
  }
  assert.deepEqual(readdirSync(join(folder, 'node_modules', '@recdistill')), ['student']);
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  assert.equal(dependencies, undefined);
  // As a server sends it: file by file. The kernel is within.
  const code = files.filter((f) => f.endsWith('.js')).map((f) => gzipSync(readFileSync(join(installed, f))).length);
  const size = code.reduce((sum, n) => sum + n, 0);
  assert.ok(size < 25 * 1024, `${size} bytes`);
  assert.ok(statSync(join(installed, 'kernel.wasm')).size < 4096, 'browsers compile no more than 4 KB at once');
});

test('publint reports no problem', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
  assert.deepEqual(
    messages.map((m) => formatMessage(m, pkg)),
    [],
  );
});

/** Everything that a student of the bundle answers, as text with all digits. */
const questions = `
  const texts = JSON.stringify([
    student.batch(model.userIds, { k: 5, exclude: ['3'] }),
    student.similarItems('7', { k: 5 }),
    student.recommendFromItems(['1', '2'], { k: 5 }),
    student.recommend('1', { candidates: ['9', '8'] }),
    student.score('2', '4'),
  ]);`;

const inNode = (kernel: string): string => {
  const file = join(folder, 'try.mjs');
  writeFileSync(
    file,
    `import { readFile } from 'node:fs/promises';
     import { createStudent, loadBundle } from '@recdistill/student';
     const { model } = await loadBundle((file) => readFile(${JSON.stringify(bundle)} + '/' + file));
     const student = createStudent(model, { kernel: '${kernel}' });
     ${questions}
     console.log(student.warmUp() + texts);`,
  );
  return node(file).trim();
};

/**
 * The same in a context without anything of Node: the language, and what edge workers and browsers have beside it.
 * @param compiles whether programs may compile WebAssembly there
 */
const atTheEdge = (compiles: boolean, kernel: string): string => {
  const file = join(folder, 'edge.mjs');
  writeFileSync(
    file,
    `import { readFileSync } from 'node:fs';
     import { join } from 'node:path';
     import vm from 'node:vm';
     const files = Object.fromEntries(${JSON.stringify(readdirSync(bundle))}.map((f) => [f, readFileSync(join(${JSON.stringify(bundle)}, f))]));
     const compiled = new WebAssembly.Module(readFileSync(join(${JSON.stringify(installed)}, 'kernel.wasm')));
     const globals = { TextEncoder, TextDecoder, atob, crypto: { subtle: crypto.subtle }, files, compiled };
     const context = vm.createContext(globals, { codeGeneration: { strings: false, wasm: ${compiles} } });
     const modules = new Map();
     const load = (path) => {
       if (!modules.has(path)) modules.set(path, new vm.SourceTextModule(readFileSync(path, 'utf8'), { context, identifier: path }));
       return modules.get(path);
     };
     const link = (name, from) => load(name === '@recdistill/student' ? join(${JSON.stringify(installed)}, 'index.js') : join(from.identifier, '..', name));
     const main = new vm.SourceTextModule(\`
       import { createStudent, loadBundle } from '@recdistill/student';
       const nodes = ['process', 'Buffer', 'require', 'fetch', 'setTimeout', 'Worker'].filter((name) => name in globalThis);
       if (nodes.length > 0) throw new Error(nodes.join());
       const { model } = await loadBundle((file) => files[file]);
       const student = createStudent(model, { kernel: ${kernel} });
       ${questions}
       export const answer = student.warmUp() + texts;
     \`, { context, identifier: 'main' });
     await main.link(link);
     await main.evaluate();
     console.log(main.namespace.answer);`,
  );
  return node('--no-warnings', '--experimental-vm-modules', file).trim();
};

test('Node and an edge worker give the same answers, with every kernel', () => {
  const wasm = inNode('auto');
  assert.match(wasm, /^wasm\[\[\[\{"itemId":"\d+","rank":1,"score":/);
  const plain = wasm.replace('wasm', 'plain');
  assert.equal(inNode('plain'), plain);
  assert.equal(atTheEdge(true, `'auto'`), wasm);
  assert.equal(atTheEdge(false, `'auto'`), plain, 'where nothing may be compiled');
  assert.equal(atTheEdge(false, 'compiled'), wasm, 'where only compiled modules are taken');
});

test('the example of the documentation runs', () => {
  const page = readFileSync(join(root, 'docs', 'student.md'), 'utf8');
  const example = /```js\n(.*?)```/s.exec(page)![1]!;
  writeFileSync(join(folder, 'example.mjs'), example);
  const said = node('example.mjs');
  assert.match(said, /'recall@10': 0.25 \} for tests/);
  assert.equal(said.match(/rank: 1,/g)!.length, 3);
  assert.equal(said.match(/itemId:/g)!.length, 5 + 10 + 3);
});
