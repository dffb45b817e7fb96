/** Several workers in a process of their own. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fail } from '../errors.js';
import { createFolder, madeUpModel, madeUpStudent, writeMadeUp } from './made-up.test.support.js';
import { serve } from './serve.js';
import { type Channel, createCalls } from './workers/calls.js';
import { shared } from './workers/shared-bundle.js';

const folder = createFolder();
before(() => writeMadeUp(folder.path('bundle')));
after(() => folder.remove());

/** A connection of its own for each request, so that both threads get some. */
const ask = (url: string) => fetch(url, { headers: { connection: 'close' } });

test('workers give the answers of the student, count together, and end together', async () => {
  const server = await serve(folder.path('bundle'), { port: 0, log: 'silent', workers: 2 });
  try {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => ask(`${server.url}/v1/users/u${n % 30}/recommendations?k=5`)),
    );
    const student = madeUpStudent();
    for (const [n, answer] of answers.entries()) {
      const { recommendations } = (await answer.json()) as { recommendations: unknown };
      assert.deepEqual(recommendations, student.recommend(`u${n % 30}`, { k: 5 }));
    }
    const metrics = await (await ask(`${server.url}/metrics`)).text();
    assert.match(metrics, /recdistill_lists_total\{basis="user"\} 40/);
    assert.match(metrics, /recdistill_bundle_users 30/);
  } finally {
    await server.close();
  }
  await server.ended;
  await assert.rejects(ask(`${server.url}/health`));
});

test('an error at the start is thrown to the caller', async () => {
  await assert.rejects(serve(folder.path('nowhere'), { port: 0, workers: 2 }), { code: 'file-missing' });
  const first = await serve(folder.path('bundle'), { port: 0, log: 'silent', workers: 2 });
  try {
    const again = serve(folder.path('bundle'), { port: first.port, workers: 2 });
    await assert.rejects(again, { code: 'cannot-listen', message: /another program/ });
  } finally {
    await first.close();
  }
});

const linux = { skip: process.platform !== 'linux' && 'needs /proc' };

test('while a process that died is replaced, connections wait and none is refused', linux, async () => {
  const server = await serve(folder.path('bundle'), { port: 0, log: 'silent', workers: 2 });
  try {
    const child = childRunning('workers/process.js');
    process.kill(child, 'SIGKILL');
    while (childRunning('workers/process.js') === child) await wait(1);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(`${server.url}/v1/users/u1/recommendations`)),
    );
    for (const { status } of answers) assert.equal(status, 200);
    assert.notEqual(childRunning('workers/process.js'), child);
  } finally {
    await server.close();
  }
});

test('a process that hangs is replaced', linux, async () => {
  const server = await serve(folder.path('bundle'), { port: 0, log: 'silent', workers: 2, hangTimeout: 1 });
  try {
    const child = childRunning('workers/process.js');
    await stopProcess(child);
    // It is accepted by the new process.
    const answer = await ask(`${server.url}/v1/users/u1/recommendations`);
    assert.equal(answer.status, 200);
    assert.notEqual(childRunning('workers/process.js'), child);
  } finally {
    await server.close();
  }
});

test('a server ends although its process hangs', linux, async () => {
  const server = await serve(folder.path('bundle'), { port: 0, log: 'silent', workers: 2, grace: 0 });
  const child = childRunning('workers/process.js');
  await stopProcess(child);
  await server.close();
  await server.ended;
  assert.notEqual(childRunning('workers/process.js'), child);
});

/** Stops a process as a debugger does. What it has accepted before is lost with it. */
async function stopProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  while (!/^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) await wait(1);
}

/** The child process of this one that runs a program; -1 if there is none. */
function childRunning(program: string): number {
  const own = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
      return parent === String(process.pid) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(program);
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
  return Number(own[0] ?? -1);
}

test('the tables of a shared bundle lie in shared memory and hold the same numbers', () => {
  const model = madeUpModel();
  const { model: moved } = shared({ model, manifest: {} as never, bytes: 0 });
  assert.deepEqual(moved, model);
  for (const table of [moved.userFactors, moved.itemFactors, moved.seen!.indptr, moved.seen!.indices]) {
    assert.ok(table.buffer instanceof SharedArrayBuffer);
  }
});

test('calls bring back values and errors, and end when the line is cut', async () => {
  const ends: ((message: unknown) => void)[] = [];
  const line = (here: 0 | 1): Channel => ({
    post: (message) => queueMicrotask(() => ends[1 - here]!(structuredClone(message))),
    onMessage: (take) => {
      ends[here] = take;
    },
  });
  const asking = createCalls(line(0), {});
  createCalls(line(1), {
    double: (x: number) => 2 * x,
    known: () => fail('file-missing', { path: 'x' }),
    strange: () => {
      throw new TypeError('odd');
    },
    never: () => new Promise(() => undefined),
  });
  assert.equal(await asking.call('double', 21), 42);
  await assert.rejects(asking.call('known'), { code: 'file-missing', message: /cannot read x/ });
  await assert.rejects(asking.call('strange'), /odd/);
  await assert.rejects(asking.call('nothing'), /no handler for/);
  const waiting = asking.call('never');
  asking.hangUp('cut');
  await assert.rejects(waiting, { code: 'server-failed' });
});
