/** What a browser, or whoever sits before the server, can do: host names, other sites, proxies, tokens, methods, types. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { appOn, createFolder, writeMadeUp } from './made-up.test.support.js';
import { parseServeOptions } from './options.js';
import { createHostCheck, isCrossSite } from './origin.js';
import { trustOf } from './proxies.js';
import { talk } from './raw.test.support.js';
import { serve } from './serve.js';
import { isToken } from './token.js';

const folder = createFolder();
let app: FastifyInstance;
before(async () => {
  writeMadeUp(folder.path('bundle'));
  app = await appOn(folder.path('bundle'));
});
after(async () => {
  await app.close();
  folder.remove();
});

const check = (host: string, allowed: readonly string[], given: string) =>
  createHostCheck(host, allowed)({ rawHeaders: ['Host', given], headers: { host: given } })?.code;

test('a server on loopback answers to the names of this machine only', () => {
  for (const name of ['localhost', 'LOCALHOST:8080', '127.0.0.1:80', '[::1]:8080', '[::1]'])
    assert.equal(check('127.0.0.1', [], name), undefined, name);
  for (const name of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example:8080',
    '',
    '::',
    '10.0.0.1',
  ])
    assert.equal(check('127.0.0.1', [], name), 'host-not-allowed', name);
  assert.equal(check('127.0.0.2', [], '127.0.0.2:99'), undefined);
  assert.equal(check('0.0.0.0', [], 'anything.example'), undefined, 'other machines know it under any name');
  assert.equal(check('0.0.0.0', ['shop.example'], 'SHOP.example:443'), undefined);
  assert.equal(check('0.0.0.0', ['shop.example'], 'localhost'), 'host-not-allowed');
  assert.equal(check('127.0.0.1', ['*'], 'shop.example'), undefined);
});

test('another host name is answered with 421 and what to do, and two Host headers with 400', async () => {
  const other = await app.inject({ url: '/v1/bundle', headers: { host: 'evil.example' } });
  assert.equal(other.statusCode, 421);
  assert.equal(other.json().error.code, 'host-not-allowed');
  assert.match(other.json().error.hint, /--allowed-hosts evil\.example/);
  const server = await serve(folder.path('bundle'), { port: 0, log: 'silent' });
  try {
    const twice = 'GET /health HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\nConnection: close\r\n\r\n';
    assert.match(await talk(server.port, twice), /^HTTP\/1\.1 400 .*2 Host headers/s);
    const whole = 'GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    assert.match(await talk(server.port, whole), /^HTTP\/1\.1 421 /);
    const none = await talk(server.port, 'GET /health HTTP/1.1\r\nConnection: close\r\n\r\n');
    assert.match(none, /^HTTP\/1\.1 400 /);
  } finally {
    await server.close();
  }
});

test('a reload for a page of another site is refused, and one by a program is not', async () => {
  const reload = (headers: Record<string, string>, payload?: string) =>
    app.inject({ method: 'POST', url: '/v1/reload', headers, ...(payload !== undefined && { payload }) });
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:81', host: 'localhost:80' },
  ]) {
    const answer = await reload(headers);
    assert.deepEqual([answer.statusCode, answer.json().error.code], [403, 'cross-site'], JSON.stringify(headers));
  }
  for (const headers of [{}, { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:80', host: 'localhost:80' }])
    assert.equal((await reload(headers)).statusCode, 200);
  // What a form can send without asking the server first.
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
    assert.equal((await reload({ 'content-type': type }, 'x=1')).statusCode, 415, type);
  assert.equal(isCrossSite({ headers: { origin: 'https://LOCALHOST', host: 'localhost' } }), false);
});

test('the name of the scheme of a token is in any case', async () => {
  const token = 'a-token-of-some-length';
  for (const header of [`Bearer ${token}`, `bearer ${token}`, `BEARER ${token}`]) assert.ok(isToken(header, token));
  for (const header of [undefined, '', token, `Basic ${token}`, `Bearer ${token}x`, 'Bearer ', `Bearer  ${token} x`])
    assert.equal(isToken(header, token), false, header);
});

test('a path with other methods is answered with 405 and Allow, a body of another type or coding with 415', async () => {
  for (const [method, url, allow] of [
    ['DELETE', '/v1/bundle', 'GET, HEAD'],
    ['GET', '/v1/reload', 'POST'],
    ['PUT', '/v1/users/a%2Fb/recommendations?k=1', 'GET, HEAD'],
    ['GET', '/v1/recommendations/batch', 'POST'],
    ['POST', '/health', 'GET, HEAD'],
  ] as const) {
    const answer = await app.inject({ method, url });
    assert.deepEqual(
      [answer.statusCode, answer.headers.allow, answer.json().error.code],
      [405, allow, 'bad-method'],
      url,
    );
  }
  for (const url of ['/', '/v1', '/v1/users//recommendations/x', '/v1/bundle/'])
    assert.equal((await app.inject({ method: 'PUT', url })).statusCode, 404, url);
  const send = (headers: Record<string, string>) =>
    app.inject({ method: 'POST', url: '/v1/recommendations', headers, payload: '{"user":"u1"}' });
  assert.equal((await send({ 'content-type': 'text/plain' })).statusCode, 415);
  const zipped = await send({ 'content-type': 'application/json', 'content-encoding': 'gzip' });
  assert.deepEqual([zipped.statusCode, zipped.headers['accept-encoding']], [415, 'identity']);
  assert.equal((await send({ 'content-type': 'application/json; charset=utf-8' })).statusCode, 200);
});

test('proxies are a number or ranges, never everyone', () => {
  const one = trustOf('1')!;
  assert.deepEqual([one('203.0.113.9', 0), one('203.0.113.9', 1)], [true, false]);
  const ranges = trustOf(' 10.0.0.0/8, loopback,2001:db8::/32,192.0.2.7 ')!;
  for (const address of ['10.1.2.3', '127.0.0.1', '::1', '::ffff:10.1.2.3', '2001:db8::5', '192.0.2.7'])
    assert.ok(ranges(address, 0), address);
  for (const address of ['11.0.0.1', '192.0.2.8', '2001:db9::1', 'unknown', '', 'fe80::1%eth0'])
    assert.equal(ranges(address, 0), false, address);
  assert.equal(trustOf(undefined), undefined);
  for (const given of [
    'true',
    '*',
    '',
    '0',
    '17',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0.0/8,',
    'proxy.example',
    'constructor',
    '10.0.0.0/8/8',
  ])
    assert.throws(
      () => parseServeOptions({ trustProxy: given }),
      { code: 'bad-option', hint: /Write 1 for one proxy/ },
      given,
    );
  assert.throws(() => parseServeOptions({ trustProxy: true as never }), {
    code: 'bad-option',
    hint: /10\.0\.0\.0\/8,loopback/,
  });
});

test('invented addresses do not evade the limit of requests', async () => {
  for (const [given, address, refused] of [
    [{ trustProxy: '1' }, (n: number) => `198.51.100.${n}, 203.0.113.9`, true],
    [{ trustProxy: 'loopback' }, (n: number) => `198.51.100.${n}, 203.0.113.9`, true],
    [{}, (n: number) => `198.51.100.${n}`, true],
    // Addresses that the proxy itself saw are counted on their own.
    [{ trustProxy: '1' }, (n: number) => `198.51.100.${n}`, false],
  ] as const) {
    const limited = await appOn(folder.path('bundle'), { rateLimit: 5, ...given });
    const seen = new Set<number>();
    for (let n = 0; n < 40; n++) {
      const answer = await limited.inject({ url: '/v1/bundle', headers: { 'x-forwarded-for': address(n) } });
      seen.add(answer.statusCode);
    }
    assert.equal(seen.has(429), refused, JSON.stringify(given));
    await limited.close();
  }
});
