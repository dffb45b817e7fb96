/** The examples of the student in an application and in an edge worker, run as a reader would run them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serve } from 'recdistill/serve';
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
    assert.deepEqual(await ask('/home?user=guest'), student.recommendFromItems([], { k: 5 }));
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
     for (const query of ['user=3', 'items=7,gone,9', 'user=gone', 'items=zz', '', 'user=3&items=7']) {
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
  const popular = student.recommendFromItems([], { k: 5 });
  const expected = [
    student.recommend('3', { k: 5 }),
    student.recommendFromItems(['7', '9'], { k: 5 }),
    ...[popular, popular, popular],
    student.recommend('3', { k: 5, exclude: ['7'] }),
  ].map((list) => `200 ${JSON.stringify(list)}`);
  assert.deepEqual(inWorker('none'), expected);
  assert.deepEqual(inWorker('compiled'), expected);
});

/** What `serve` answers to the requests of `inWorker`: status, and the list or the code of the error. */
async function served(at: string): Promise<unknown[]> {
  const server = await serve(at, { port: 0, log: 'silent' });
  const both = { user: '3', items: ['7'] };
  const bodies = [{ user: '3' }, { items: ['7', 'gone', '9'] }, { user: 'gone' }, { items: ['zz'] }, {}, both];
  const asked = bodies.map(async (body) => {
    const answer = await fetch(`${server.url}/v1/recommendations`, {
      ...{ method: 'POST', body: JSON.stringify({ ...body, k: 5 }) },
      headers: { 'content-type': 'application/json', connection: 'close' },
    });
    const { error, recommendations } = (await answer.json()) as { error?: { code: string }; recommendations?: object };
    return [answer.status, recommendations ?? error?.code];
  });
  return Promise.all(asked).finally(() => server.close());
}

const asServed = (line: string): unknown => {
  const [status, body] = [Number(line.slice(0, 3)), JSON.parse(line.slice(4))];
  return [status, status === 200 ? body : body.error.code];
};

test('examples/edge-worker and node-app answer as serve does, from both kinds of bundles', async () => {
  assert.deepEqual(inWorker('none').map(asServed), await served(bundle));
  for (const precision of ['f32', 'f16', 'int8'] as const) {
    const at = join(folder, precision);
    const expected = await madeUpItemsOnly(join(at, 'bundle'), precision);
    const answers = await served(join(at, 'bundle'));
    const popular = [200, expected.recommendFromItems([], { k: 5 })];
    const list = [200, expected.recommendFromItems(['7', '9'], { k: 5 })];
    const refused = [422, 'wrong-kind'];
    const alone = [200, expected.recommendFromItems(['7'], { k: 5 })];
    assert.deepEqual(answers, [refused, list, refused, popular, popular, alone]);
    for (const kernel of ['none', 'compiled'] as const) assert.deepEqual(inWorker(kernel, at).map(asServed), answers);
  }
  const { url, line, stop } = await start('examples/node-app/app.mjs', join(folder, 'int8', 'bundle'), '0');
  try {
    const home = await fetch(`${url}/home?user=guest`, { headers: { connection: 'close' } });
    assert.deepEqual([200, await home.json()], (await served(join(folder, 'int8', 'bundle')))[4]);
    assert.match(line, /\/basket\?user=guest&item=0/);
  } finally {
    assert.equal(await stop(), 0);
  }
});

test('examples/edge-worker/local.mjs runs the worker in Node', async () => {
  const { url, stop } = await start('examples/edge-worker/local.mjs', bundle, '0');
  try {
    const answer = await fetch(`${url}/?user=3`, { headers: { connection: 'close' } });
    assert.deepEqual(await answer.json(), student.recommend('3', { k: 5 }));
  } finally {
    assert.equal(await stop(), 0);
  }
});
