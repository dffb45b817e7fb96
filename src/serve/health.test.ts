/** The health port: a thread of its own, which answers while everything else is busy. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createStatus, createWatch } from './health/status.js';
import { createFolder, writeMadeUp } from './made-up.test.support.js';
import { serve } from './serve.js';

const folder = createFolder();
before(() => writeMadeUp(folder.path('bundle')));
after(() => folder.remove());

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Asks without a kept connection. */
const ask = (port: number, path: string, { method = 'GET', headers = {} } = {}) =>
  new Promise<Answered>((resolve, reject) => {
    const asked = request({ port, path, method, headers, host: '127.0.0.1', agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, body }));
    });
    asked.on('error', reject).end();
  });

for (const workers of [1, 2]) {
  test(`health, readiness and metrics are answered on a port of their own, ${workers} worker(s)`, async () => {
    const server = await serve(folder.path('bundle'), { port: 0, healthPort: 0, log: 'silent', drain: 1, workers });
    const port = server.healthPort!;
    try {
      assert.notEqual(port, server.port);
      assert.deepEqual(JSON.parse((await ask(port, '/health')).body), { status: 'ok' });
      assert.equal((await ask(port, '/ready')).status, 200);
      await (await fetch(`${server.url}/v1/users/u1/recommendations`)).text();
      let metrics = await ask(port, '/metrics');
      for (; !metrics.body.includes('recdistill_lists_total{basis="user"} 1'); metrics = await ask(port, '/metrics'))
        await wait(50);
      assert.ok(Number(metrics.headers.age) >= 0);
      assert.equal((await ask(port, '/v1/bundle')).status, 404);
      assert.equal((await ask(port, '/constructor')).status, 404);
      assert.equal((await ask(port, '/health', { headers: { host: 'evil.example' } })).status, 421);
      const wrong = await ask(port, '/health', { method: 'POST' });
      assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'GET, HEAD']);
      assert.equal((await ask(port, '/health', { method: 'HEAD' })).status, 200);
    } finally {
      const closed = server.close();
      assert.deepEqual(JSON.parse((await ask(port, '/ready')).body), { status: 'stopping' });
      assert.equal((await ask(port, '/health')).status, 200);
      await closed;
    }
    await assert.rejects(ask(port, '/health'));
  });
}

test('it needs the token for metrics only, and a port that is free', async () => {
  const before = process.env.RECDISTILL_TOKEN;
  process.env.RECDISTILL_TOKEN = 'a-token-of-some-length';
  const server = await serve(folder.path('bundle'), { port: 0, healthPort: 0, log: 'silent' });
  if (before === undefined) delete process.env.RECDISTILL_TOKEN;
  else process.env.RECDISTILL_TOKEN = before;
  const port = server.healthPort!;
  try {
    assert.equal((await ask(port, '/health')).status, 200);
    const none = await ask(port, '/metrics');
    assert.deepEqual([none.status, none.headers['www-authenticate']], [401, 'Bearer']);
    const given = await ask(port, '/metrics', { headers: { authorization: 'bearer a-token-of-some-length' } });
    assert.notEqual(given.status, 401);
    const again = serve(folder.path('bundle'), { port: 0, healthPort: port, log: 'silent' });
    await assert.rejects(again, {
      code: 'cannot-listen',
      message: `cannot listen on 127.0.0.1 port ${port}: another program is listening there`,
      hint: /Choose another --health-port/,
    });
    const same = serve(folder.path('bundle'), { port, healthPort: port, log: 'silent' });
    await assert.rejects(same, { code: 'bad-option', message: /healthPort.*another port than port/ });
  } finally {
    await server.close();
  }
});

test('it says that the server hangs while its thread does not respond, and that it does not afterwards', async () => {
  const server = await serve(folder.path('bundle'), { port: 0, healthPort: 0, log: 'silent', hangTimeout: 1 });
  try {
    // This thread is the one that answers requests. While it sleeps, a process asks for its health.
    const { spawn } = await import('node:child_process');
    const asking = `
      const until = async () => {
        for (;;) {
          const answer = await fetch('http://127.0.0.1:${server.healthPort}/health');
          if (answer.status === 503) return console.log(await answer.text());
          await answer.text();
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };
      void until();`;
    const child = spawn(process.execPath, ['-e', asking], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6000);
    await ended;
    assert.deepEqual(JSON.parse(said), { status: 'hung' });
    while ((await ask(server.healthPort!, '/health')).status !== 200) await wait(50);
  } finally {
    await server.close();
  }
});

test('a watch counts looks without a sign of life', () => {
  const status = createStatus();
  const other = createStatus(status.memory);
  const watch = createWatch(3);
  const look = () => watch.look(other.beats);
  assert.deepEqual([look(), look(), look(), look()], [false, false, false, true]);
  status.beat();
  assert.deepEqual([look(), look()], [false, false]);
  assert.equal(status.phase, 'starting');
  other.phase = 'serving';
  assert.equal(status.phase, 'serving');
});
