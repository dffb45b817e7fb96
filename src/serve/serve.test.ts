import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { createFolder, ITEMS, madeUpStudent, USERS, writeMadeUp } from './made-up.test.support.js';
import { serve } from './serve.js';
import type { Serving } from './serving.js';

const folder = createFolder();
const student = madeUpStudent();
let server: Serving;

before(async () => {
  writeMadeUp(folder.path('bundle'));
  server = await serve(folder.path('bundle'), { port: 0, log: 'silent', maxK: 50, maxBatch: 8, maxItems: 20 });
});
after(async () => {
  await server.close();
  folder.remove();
});

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON.
  readonly body: any;
}

async function ask(path: string, body?: unknown, { url } = server, headers = {}): Promise<Answered> {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(url + path, { ...init, headers: { ...type, ...headers } });
  const text = await answer.text();
  const json = answer.headers.get('content-type')?.startsWith('application/json');
  return { status: answer.status, headers: answer.headers, body: json ? JSON.parse(text) : text };
}

test('a known user gets the list of the student, with security headers', async () => {
  const { status, headers, body } = await ask('/v1/users/u7/recommendations?k=5');
  assert.equal(status, 200);
  assert.deepEqual(
    { user: body.user, basis: body.basis, list: body.recommendations },
    { user: 'u7', basis: 'user', list: student.recommend('u7', { k: 5 }) },
  );
  assert.match(body.bundle, /^[0-9a-f]{12}$/);
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.match(headers.get('content-security-policy')!, /default-src 'none'/);
  const many = await ask('/v1/users/u7/recommendations?k=5&exclude=i1&exclude=i50&includeSeen=true');
  const options = { k: 5, exclude: ['i1', 'i50'], includeSeen: true };
  assert.deepEqual(many.body.recommendations, student.recommend('u7', options));
});

test('an unknown user gets popular items or a list from their history, and the answer says which', async () => {
  const nobody = await ask('/v1/users/nobody%2F7/recommendations?k=3');
  assert.deepEqual([nobody.body.user, nobody.body.basis], ['nobody/7', 'popular']);
  assert.deepEqual(nobody.body.recommendations[0], { itemId: 'i50', label: 'Item "50"', rank: 1, score: USERS });
  assert.equal(nobody.body.recommendations[1].itemId, 'i1', 'of equal counts the first of the catalogue');
  const history = await ask('/v1/recommendations', { user: 'nobody', items: ['i3', 'gone', 'i9'], k: 4 });
  assert.deepEqual([history.body.basis, history.body.unknownItems], ['history', ['gone']]);
  assert.deepEqual(history.body.recommendations, student.recommendFromItems(['i3', 'i9'], { k: 4 }));
  const lost = await ask('/v1/recommendations', { items: ['gone'], k: 2, exclude: ['i50'] });
  assert.deepEqual([lost.body.basis, lost.body.recommendations[0].itemId], ['popular', 'i1']);
  const known = await ask('/v1/recommendations', { user: 'u7', items: ['i3'], k: 4 });
  assert.deepEqual(known.body.recommendations, student.recommend('u7', { k: 4, exclude: ['i3'] }));
  const few = await ask('/v1/recommendations', { user: 'new', candidates: ['i9', 'i50', 'gone'] });
  assert.deepEqual(
    few.body.recommendations.map((r: { itemId: string }) => r.itemId),
    ['i50', 'i9'],
  );
});

test('a bundle without seen items ranks for unknown users by the mean score', async () => {
  writeMadeUp(folder.path('unseen'), 1, { seen: false });
  const other = await serve(folder.path('unseen'), { port: 0, log: 'silent' });
  try {
    const { body } = await ask('/v1/users/nobody/recommendations?k=200', undefined, other);
    assert.equal(body.basis, 'average');
    const mean = (item: string) =>
      student.model.userIds.reduce((sum, user) => sum + student.score(user, item), 0) / USERS;
    assert.equal(body.recommendations.length, ITEMS);
    for (const [n, { itemId, score }] of body.recommendations.entries()) {
      assert.ok(Math.abs(score - mean(itemId)) < 1e-5);
      assert.ok(n === 0 || score <= body.recommendations[n - 1].score);
    }
  } finally {
    await other.close();
  }
});

test('a batch answers in the order of the request; similar items exclude the item itself', async () => {
  const requests = [{ user: 'u1' }, { user: 'nobody' }, { items: ['i4'] }, {}];
  const { body } = await ask('/v1/recommendations/batch', { requests, k: 3, exclude: ['i0'] });
  assert.deepEqual(
    body.answers.map((a: { basis: string }) => a.basis),
    ['user', 'popular', 'history', 'popular'],
  );
  assert.deepEqual(body.answers[0].recommendations, student.recommend('u1', { k: 3, exclude: ['i0'] }));
  assert.deepEqual(body.answers[2].recommendations, student.recommendFromItems(['i4'], { k: 3, exclude: ['i0'] }));
  const similar = await ask('/v1/items/i4/similar?k=3&exclude=i8');
  assert.deepEqual(similar.body.similar, student.similarItems('i4', { k: 3, exclude: ['i8'] }));
  assert.equal((await ask('/v1/items/gone/similar')).body.error.code, 'unknown-item');
});

test('health, readiness, the bundle, metrics, OpenAPI and its page', async () => {
  assert.deepEqual((await ask('/health')).body, { status: 'ok' });
  assert.deepEqual((await ask('/ready')).body, { status: 'ok' });
  const about = (await ask('/v1/bundle')).body;
  assert.deepEqual([about.users, about.items, about.dim, about.precision], [USERS, ITEMS, 6, 'f32']);
  const metrics = (await ask('/metrics')).body;
  assert.match(
    metrics,
    /recdistill_requests_total\{route="\/v1\/users\/:user\/recommendations",method="GET",status="200"\} [1-9]/,
  );
  assert.match(metrics, /recdistill_lists_total\{basis="history"\} [1-9]/);
  assert.match(metrics, /recdistill_request_seconds_bucket\{le="0.001",route="/);
  assert.match(metrics, /recdistill_bundle_items 200/);
  assert.match(metrics, /process_cpu_seconds_total/);
  const { body: openapi } = await ask('/openapi.json');
  assert.equal(openapi.openapi, '3.0.3');
  const batch = openapi.paths['/v1/recommendations/batch'].post.requestBody.content['application/json'].schema;
  assert.equal(batch.properties.requests.maxItems, 8);
  assert.deepEqual(batch.required, ['requests']);
  const page = await ask('/docs');
  for (const path of Object.keys(openapi.paths)) assert.ok(page.body.includes(path), path);
  assert.doesNotMatch(page.body, /<script|https?:\/\//);
});

test('each kind of wrong request has its status and message', async () => {
  const long = 'x'.repeat(1025);
  const cases: [string, unknown, number, RegExp][] = [
    ['/v1/users/u1/recommendations?k=0', undefined, 400, /query\.k is "0"; expected a whole number >= 1, <= \d+$/],
    ['/v1/users/u1/recommendations?k=51', undefined, 400, /query\.k is "51"; expected a whole number >= 1, <= 50$/],
    ['/v1/users/u1/recommendations?k=1e1', undefined, 400, /query\.k/],
    ['/v1/users/u1/recommendations?k=', undefined, 400, /query\.k/],
    ['/v1/users/u1/recommendations?limit=3', undefined, 400, /limit/],
    ['/v1/users/u1/recommendations?includeSeen=yes', undefined, 400, /query\.includeSeen/],
    [`/v1/users/${long}/recommendations`, undefined, 400, /path\.user/],
    ['/v1/users/%zz/recommendations', undefined, 400, /zz/],
    ['/v1/users/u1', undefined, 404, /nothing at GET \/v1\/users\/u1/],
    ['/../../../etc/passwd', undefined, 404, /etc\/passwd/],
    ['/v1/recommendations', { user: 7 }, 400, /body\.user is 7; expected text/],
    ['/v1/users/u1/recommendations?k=-1', undefined, 400, /query\.k is "-1"; expected a whole number >= 1, <= \d+$/],
    ['/v1/users/u1/recommendations?k=x', undefined, 400, /query\.k is "x"; expected a whole number >= 1, <= \d+$/],
    ['/v1/items/i1/similar?k=1.5', undefined, 400, /query\.k is "1\.5"; expected a whole number >= 1, <= \d+$/],
    ['/v1/recommendations', { user: null }, 400, /body\.user/],
    ['/v1/recommendations', { items: 'i1' }, 400, /body\.items/],
    ['/v1/recommendations', { items: Array(21).fill('i1') }, 400, /body\.items/],
    ['/v1/recommendations', { k: 1.5 }, 400, /body\.k/],
    ['/v1/recommendations', { k: '5' }, 400, /body\.k/],
    ['/v1/recommendations', { usr: 'u1' }, 400, /usr/],
    ['/v1/recommendations', [], 400, /body/],
    ['/v1/recommendations', 7, 400, /body/],
    ['/v1/recommendations/batch', { requests: [] }, 400, /requests/],
    ['/v1/recommendations/batch', { requests: Array(9).fill({}) }, 400, /requests/],
    ['/v1/recommendations/batch', { requests: [{ user: 'u1', k: 3 }] }, 400, /requests\.0/],
    ['/v1/recommendations', { user: 'x'.repeat(300_000) }, 413, /262144 bytes/],
  ];
  for (const [path, body, status, message] of cases) {
    const answer = await ask(path, body);
    const where = `${path.slice(0, 60)} ${JSON.stringify(body)?.slice(0, 60)}`;
    assert.equal(answer.status, status, where);
    assert.match(answer.body.error.message, message, where);
    assert.ok(answer.body.error.hint.length > 5 && answer.body.error.code, where);
  }
  const xml = await ask('/v1/recommendations', {}, server, { 'content-type': 'text/xml' });
  assert.deepEqual([xml.status, xml.body.error.code], [415, 'bad-request']);
  for (const [text, message] of [
    ['['.repeat(50_000) + ']'.repeat(50_000), /the body is nested deeper than 16 levels \(line 1, column 17\)/],
    [`{"items":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`, /nested deeper than 16 levels/],
    ['{"items":["a"],"items":["b"]}', /an object has the key "items" twice/],
    ['{"items":', /the body is not JSON/],
    ['{"items":["i001"],"__proto__":{}}', /the body has a key "__proto__"/],
    ['{"items":["i001"],"constructor":{"prototype":{}}}', /a key "constructor" with "prototype"/],
  ] as const) {
    for (const path of ['/v1/recommendations', '/v1/recommendations/batch']) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${server.url}${path}`, { method: 'POST', body: text, headers });
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      assert.deepEqual([answer.status, error.code], [400, 'bad-request'], error.message);
      assert.match(error.message, message);
    }
  }
  const wrong = await fetch(`${server.url}/v1/bundle`, { method: 'DELETE' });
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'GET, HEAD']);
});

test('with a token, everything but health needs it', async () => {
  const token = 'a-token-of-some-length';
  writeFileSync(folder.path('token'), `${token}\n`);
  const closed = await serve(folder.path('bundle'), { port: 0, log: 'silent', tokenFile: folder.path('token') });
  try {
    for (const path of ['/v1/users/u1/recommendations', '/v1/bundle', '/metrics', '/openapi.json', '/docs']) {
      const none = await ask(path, undefined, closed);
      assert.deepEqual(
        [none.status, none.body.error.code, none.headers.get('www-authenticate')],
        [401, 'not-allowed', 'Bearer'],
      );
      const wrong = await ask(path, undefined, closed, { authorization: `Bearer ${token}x` });
      assert.deepEqual([wrong.status, wrong.body.error.code], [401, 'not-allowed']);
      assert.equal((await ask(path, undefined, closed, { authorization: `Bearer ${token}` })).status, 200, path);
    }
    assert.equal((await ask('/v1/reload', {}, closed)).status, 401);
    assert.equal((await ask('/health', undefined, closed)).status, 200);
    assert.equal((await ask('/ready', undefined, closed)).status, 200);
  } finally {
    await closed.close();
  }
  writeFileSync(folder.path('short'), 'short');
  await assert.rejects(serve(folder.path('bundle'), { port: 0, tokenFile: folder.path('short') }), { code: 'usage' });
});

test('an address that asks too often gets 429 with Retry-After', async () => {
  const limited = await serve(folder.path('bundle'), { port: 0, log: 'silent', rateLimit: 5 });
  try {
    const statuses = [];
    for (let n = 0; n < 30; n++) statuses.push(await ask('/v1/bundle', undefined, limited));
    const refused = statuses.filter(({ status }) => status === 429);
    assert.ok(statuses[0]!.status === 200 && refused.length > 0);
    assert.equal(refused[0]!.body.error.code, 'too-many-requests');
    assert.equal(refused[0]!.headers.get('retry-after'), '1');
    assert.equal((await ask('/health', undefined, limited)).status, 200);
  } finally {
    await limited.close();
  }
});

test('shutdown answers open requests, closes, and frees the port', async () => {
  const ending = await serve(folder.path('bundle'), { port: 0, log: 'silent' });
  const socket = connect({ host: '127.0.0.1', port: ending.port });
  await once(socket, 'connect');
  let got = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    got += text;
  });
  const body = JSON.stringify({ user: 'u1', k: 2 });
  socket.write(
    `POST /v1/recommendations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
  );
  // The answer to another request shows that the half of this one has arrived.
  await ask('/health', undefined, ending);
  const closed = ending.close();
  // Connections that are open are answered until they are idle. New ones are refused.
  while (
    await fetch(`${ending.url}/health`).then(
      () => true,
      () => false,
    )
  );
  socket.write(body.slice(5));
  await once(socket, 'close');
  assert.match(got, /^HTTP\/1\.1 200 OK/);
  assert.match(got, /connection: close/i);
  assert.match(got, /"basis":"user"/);
  await closed;
  await ending.ended;
  const again = await serve(folder.path('bundle'), { port: ending.port, log: 'silent' });
  await again.close();
});

test('a port in use and a missing bundle are reported', async () => {
  const { port } = server;
  await assert.rejects(serve(folder.path('bundle'), { port }), { code: 'cannot-listen', message: /another program/ });
  await assert.rejects(serve(folder.path('nowhere'), { port: 0 }), { code: 'file-missing' });
  await assert.rejects(serve(folder.path('bundle'), { maxPending: 1 }), { code: 'bad-option' });
});
