/** Clients that send more than they read, and the end of a server while answers are on their way. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createBudget } from './budget.js';
import { createConnections } from './connections.js';
import { createFolder, writeMadeUp } from './made-up.test.support.js';
import { get, isWhole, openRaw, post, talk } from './raw.test.support.js';
import { serve } from './serve.js';

const folder = createFolder();
before(() => writeMadeUp(folder.path('bundle')));
after(() => folder.remove());

const start = (given = {}) => serve(folder.path('bundle'), { port: 0, log: 'silent', ...given });
const large = { requests: Array.from({ length: 256 }, (_, n) => ({ user: `u${n % 30}` })), k: 197, includeSeen: true };
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Bytes that are in use. What waits to be collected depends on how busy the machine is. */
function held(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const statuses = (got: string) => [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map((found) => found[1]);

test('requests sent at once are answered in order, also with bodies among them', async () => {
  const server = await start();
  try {
    const { socket, until } = await openRaw(server.port);
    const sent = Array.from({ length: 300 }, (_, n) =>
      n % 3 === 0
        ? post('/v1/recommendations', { user: `u${n % 30}`, k: 1 })
        : get(`/v1/users/u${n % 30}/recommendations?k=1`),
    );
    socket.write(sent.join(''));
    const got = await until((text) => text.split('"bundle"').length > 300 && isWhole(text));
    assert.deepEqual(new Set(statuses(got)), new Set(['200']));
    const users = [...got.matchAll(/"user":"(u\d+)"/g)].map((found) => found[1]);
    assert.deepEqual(
      users,
      Array.from({ length: 300 }, (_, n) => `u${n % 30}`),
    );
    socket.destroy();
  } finally {
    await server.close();
  }
});

test('a header that is too long and a request that is too slow have a status of their own', async () => {
  const server = await start({ requestTimeout: 500 });
  try {
    const long = await talk(server.port, get('/ready', `X: ${'a'.repeat(40_000)}\r\n`));
    assert.match(long, /^HTTP\/1\.1 431 .*the header of the request is too long/s);
    assert.match(await talk(server.port, 'GET /ready HTTP/1.1\r\nHost: loc'), /^HTTP\/1\.1 408 .*too slowly/s);
    assert.match(await talk(server.port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 .*not an HTTP request/s);
  } finally {
    await server.close();
  }
});

test('a connection with too many requests at once answers those that may wait, says that it ends, and ends', async () => {
  const server = await start();
  try {
    const { socket, closed } = await openRaw(server.port);
    // So short that the system passes 1,500 of them at once; 1,024 may wait.
    socket.write('GET /v1 HTTP/1.1\r\nHost:localhost\r\n\r\n'.repeat(3000));
    const got = await closed;
    const answered = statuses(got).length;
    assert.ok(answered > 1000 && answered < 3000, `${answered} answers`);
    assert.ok(isWhole(got), 'the last answer is complete');
    assert.match(got.slice(got.lastIndexOf('HTTP/1.1')), /connection: close/i);
  } finally {
    await server.close();
  }
});

test('between two requests sent at once, other connections get their turn', async () => {
  const server = createServer();
  let answered = 0;
  let whenOthers = -1;
  createConnections(() => undefined).follow(server, (_request, response) => {
    if (answered === 0) setImmediate(() => (whenOthers = answered));
    answered += 1;
    response.end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const { socket, until } = await openRaw(port);
    socket.write(get('/').repeat(100));
    await until((text) => statuses(text).length === 100 && isWhole(text));
    assert.equal(answered, 100);
    assert.ok(whenOthers > 0 && whenOthers < 5, `${whenOthers} answers in one turn of the event loop`);
    socket.destroy();
  } finally {
    server.close();
  }
});

test('clients that read nothing hold one answer each, and others are served', async () => {
  const server = await start({ maxBuffered: 8 });
  const began = held();
  const clients = [];
  try {
    for (let n = 0; n < 20; n++) {
      const client = await openRaw(server.port, { reading: false });
      client.socket.write(
        post('/v1/recommendations/batch', large).repeat(4) + get('/v1/users/u1/recommendations?k=200').repeat(500),
      );
      clients.push(client);
    }
    const seen = new Set<number>();
    for (let n = 0; n < 25; n++) {
      const answer = await fetch(`${server.url}/v1/users/u2/recommendations?k=200`);
      await answer.text();
      seen.add(answer.status);
      await wait(50);
    }
    assert.ok(seen.has(200));
    // Answers of 256 lists are 5 MB long: one for each of 20 clients would be 100 MB, and 8 MB may wait.
    const grown = (held() - began) / 1e6;
    assert.ok(grown < 60, `${Math.round(grown)} MB`);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /recdistill_refused_total\{reason="(buffered|unread)"\} [1-9]/);
  } finally {
    for (const { socket } of clients) socket.destroy();
    await server.close();
  }
});

for (const workers of [1, 2]) {
  test(`a large answer is complete although the server is closed meanwhile, ${workers} worker(s)`, async () => {
    for (const milliseconds of workers === 1 ? [0, 3, 30] : [3]) {
      const server = await start({ workers });
      const raw = await Promise.all(Array.from({ length: 3 }, () => openRaw(server.port)));
      // Three answers of 5 MB: the system does not take them at once, and the clients pause.
      for (const { socket } of raw) socket.write(post('/v1/recommendations/batch', large));
      await wait(milliseconds);
      for (const { socket } of raw) socket.pause();
      const closed = server.close();
      await wait(200);
      for (const { socket } of raw) socket.resume();
      for (const got of await Promise.all(raw.map((one) => one.closed))) {
        assert.ok(isWhole(got), `${got.length} bytes, closed after ${milliseconds} ms`);
        assert.ok(got.length > 2_000_000);
      }
      await closed;
    }
  });
}

test('while it drains, a server accepts requests and is not ready; then it ends', async () => {
  const server = await start({ drain: 1 });
  const closed = server.close();
  const ready = await fetch(`${server.url}/ready`, { headers: { connection: 'close' } });
  assert.deepEqual([ready.status, await ready.json()], [503, { status: 'stopping' }]);
  const answer = await fetch(`${server.url}/v1/users/u1/recommendations`, { headers: { connection: 'close' } });
  assert.equal(answer.status, 200);
  await closed;
  await assert.rejects(fetch(`${server.url}/health`));
});

test('a client that never reads does not hold up the end beyond the grace time', async () => {
  const server = await start({ grace: 1 });
  const { socket } = await openRaw(server.port, { reading: false });
  socket.pause();
  socket.write(post('/v1/recommendations/batch', large));
  await wait(100);
  await server.close();
  socket.destroy();
});

test('a budget makes room by closing who held their bytes for longest', () => {
  let now = 0;
  let closed = 0;
  const budget = createBudget(
    100,
    () => closed++,
    () => now,
  );
  const names: string[] = [];
  const connection = (name: string) => ({ destroy: () => names.push(name) });
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(connection);
  assert.ok(budget.hold(a!, 60) && budget.hold(b!, 40));
  assert.equal(budget.hold(c!, 30), false, 'nobody has held theirs for a second');
  now = 1000;
  assert.ok(budget.hold(c!, 30));
  assert.deepEqual([names, closed, budget.total], [['a'], 1, 70]);
  assert.ok(budget.hold(b!, 50), 'the bytes of a connection are replaced');
  assert.equal(budget.total, 80);
  budget.release(b!);
  budget.release(c!);
  assert.ok(budget.hold(d!, 500), 'one connection alone may hold more');
  budget.release(d!);
  assert.equal(budget.total, 0);
});
