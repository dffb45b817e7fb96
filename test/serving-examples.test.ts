/** The examples of the student in an application and in an edge worker, run as a reader would run them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Student } from 'recdistill/student';
import { madeUpBundle, madeUpItemsOnly } from './made-up-bundle.js';
import { root, start } from './started.js';

const folder = mkdtempSync(join(tmpdir(), 'recdistill-example-'));
const bundle = join(folder, 'bundle');
let student: Student;
before(() => {
  student = madeUpBundle(bundle);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('examples/node-app recommends to users, for baskets and beside items', async () => {
  const { url, stop } = await start('examples/node-app/app.mjs', bundle, '0');
  const ask = async (path: string) => (await fetch(url + path, { headers: { connection: 'close' } })).json();
  try {
    assert.deepEqual(await ask('/home?user=3'), student.recommend('3', { k: 5 }));
    assert.deepEqual(await ask('/home?user=guest'), []);
    await ask('/basket?user=guest&item=7');
    const two = student.recommendFromItems(['7', '9'], { k: 5 });
    assert.deepEqual(await ask('/basket?user=guest&item=9'), two);
    assert.deepEqual(await ask('/home?user=guest'), two);
    assert.deepEqual(await ask('/item?item=7'), student.similarItems('7', { k: 5 }));
    assert.deepEqual(Object.keys((await ask('/')) as object), ['error']);
  } finally {
    assert.equal(await stop(), 0);
  }
});

/** Runs the worker in a context that has the web platform and nothing of Node, and where no program may compile WebAssembly. */
function inWorker(kernel: 'none' | 'compiled', at = folder): string[] {
  const file = join(folder, 'edge.mjs');
  const student = join(root, 'dist', 'student');
  writeFileSync(
    file,
    `import { readFileSync } from 'node:fs';
     import { join } from 'node:path';
     import vm from 'node:vm';
     import { wasmBase64 } from ${JSON.stringify(join(student, 'screen-bytes.js'))};
     const compiled = new WebAssembly.Module(Buffer.from(wasmBase64, 'base64'));
     const ASSETS = { fetch: async (url) => new Response(readFileSync(join(${JSON.stringify(at)}, url.pathname))) };
     const globals = { TextEncoder, TextDecoder, atob, URL, Request, Response, crypto: { subtle: crypto.subtle }, compiled };
     const context = vm.createContext(globals, { codeGeneration: { strings: false, wasm: false } });
     const modules = new Map();
     const load = (path) => {
       if (!modules.has(path)) modules.set(path, new vm.SourceTextModule(readFileSync(path, 'utf8'), { context, identifier: path }));
       return modules.get(path);
     };
     const link = (name, from) => load(name === 'recdistill/student' ? ${JSON.stringify(join(student, 'index.js'))} : join(from.identifier, '..', name));
     const worker = load(${JSON.stringify(join(root, 'examples', 'edge-worker', 'worker.mjs'))});
     await worker.link(link);
     await worker.evaluate();
     const { default: plain, workerWith } = worker.namespace;
     const { fetch } = ${kernel === 'none' ? 'plain' : 'workerWith(compiled)'};
     for (const query of ['user=3', 'items=7,gone,9', 'user=gone']) {
       const answer = await fetch(new Request('https://shop.example/?' + query), { ASSETS });
       console.log(answer.status + ' ' + await answer.text());
     }`,
  );
  const said = execFileSync(process.execPath, ['--no-warnings', '--experimental-vm-modules', file], {
    encoding: 'utf8',
  });
  return said.trim().split('\n');
}

test('examples/edge-worker only uses the web platform, with and without a compiled kernel', () => {
  const expected = [
    `200 ${JSON.stringify(student.recommend('3', { k: 5 }))}`,
    `200 ${JSON.stringify(student.recommendFromItems(['7', '9'], { k: 5 }))}`,
    '404 {"error":"give a known user, or items"}',
  ];
  assert.deepEqual(inWorker('none'), expected);
  assert.deepEqual(inWorker('compiled'), expected);
});

test('examples/edge-worker answers from a bundle without users', async () => {
  for (const precision of ['f32', 'f16', 'int8'] as const) {
    const at = join(folder, precision);
    const expected = await madeUpItemsOnly(join(at, 'bundle'), precision);
    const none = '404 {"error":"give a known user, or items"}';
    const list = `200 ${JSON.stringify(expected.recommendFromItems(['7', '9'], { k: 5 }))}`;
    for (const kernel of ['none', 'compiled'] as const) assert.deepEqual(inWorker(kernel, at), [none, list, none]);
  }
});
