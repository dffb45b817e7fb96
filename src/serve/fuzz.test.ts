/** Requests from the OpenAPI document and hostile ones: each is answered cleanly, and nothing is read but the bundle. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { connect } from 'node:net';
import { after, before, mock, test } from 'node:test';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { appOn, createFolder, ITEMS, writeMadeUp } from './made-up.test.support.js';

const folder = createFolder();
let app: FastifyInstance;
const opened = new Set<string>();

before(async () => {
  writeMadeUp(folder.path('bundle'));
  app = await appOn(folder.path('bundle'), { maxK: 50, maxBatch: 8, maxItems: 20, bodyLimit: 20_000, maxDelay: 0 });
  // Modules are read once, when they are needed first.
  for (const page of ['/openapi.json', '/docs', '/metrics']) await app.inject(page);
  const open = fs.openSync;
  mock.method(fs, 'openSync', (...given: Parameters<typeof fs.openSync>) => {
    opened.add(String(given[0]));
    return open(...given);
  });
});
after(async () => {
  mock.restoreAll();
  await app.close();
  folder.remove();
});

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'OPTIONS' | 'PATCH';
  readonly url: string;
  readonly payload?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Schema {
  readonly type?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

const id = fc.oneof(
  fc.nat(250).map((n) => `i${n}`),
  fc.nat(40).map((n) => `u${n}`),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '.', '..', '../../etc/passwd', '/etc/passwd', '%00', '\u0000', '__proto__', 'constructor', '💩'),
);

/** Values that a schema of the document allows. */
function allowed(schema: Schema): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'string':
      return id;
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 100 });
    case 'array':
      return fc.array(allowed(schema.items!), { minLength: schema.minItems ?? 0, maxLength: schema.maxItems ?? 9 });
    default:
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, s]) => [name, allowed(s)])),
        {
          requiredKeys: [...(schema.required ?? [])],
        },
      );
  }
}

const hostileValue = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom(1e308, -1, 0, 2 ** 53, Number.MIN_VALUE, 'x'.repeat(3000), Array(5000).fill(0), { length: 2 ** 31 }),
);

interface Route {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** For each route of the document requests as it wants them, and such with one thing wrong. */
function requestsOf(path: string, method: Request['method'], route: Route): fc.Arbitrary<Request> {
  const parameters = route.parameters ?? [];
  const body = route.requestBody?.content['application/json']?.schema;
  const values = fc.record(
    Object.fromEntries(parameters.map((p) => [p.name, fc.oneof(allowed(p.schema), hostileValue)])),
    {
      requiredKeys: parameters.filter((p) => p.in === 'path').map((p) => p.name),
    },
  );
  const content = body ? fc.oneof(allowed(body), spoiled(body), hostileValue) : fc.constant(undefined);
  return fc.record({ values, content, stray: fc.option(id, { freq: 10 }) }).map(({ values, content, stray }) => {
    const spell = (value: unknown) => encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value));
    let url = path;
    const query: string[] = [];
    for (const { name, in: where } of parameters) {
      const value = values[name];
      if (where === 'path') url = url.replace(`{${name}}`, spell(value));
      else if (Array.isArray(value)) query.push(...value.map((v) => `${name}=${spell(v)}`));
      else if (value !== undefined) query.push(`${name}=${spell(value)}`);
    }
    if (stray !== null) query.push(`${spell(stray)}=1`);
    return {
      method,
      url: query.length > 0 ? `${url}?${query.join('&')}` : url,
      ...(content !== undefined && {
        payload: JSON.stringify(content),
        headers: { 'content-type': 'application/json' },
      }),
    };
  });
}

/** An object of the schema with a field that holds anything. */
const spoiled = (schema: Schema): fc.Arbitrary<unknown> =>
  fc
    .tuple(allowed(schema), fc.constantFrom(...Object.keys(schema.properties ?? { x: 0 })), hostileValue)
    .map(([value, name, bad]) => ({ ...(value as object), [name]: bad }));

const anyRequest: fc.Arbitrary<Request> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'),
  url: fc.oneof(
    fc.webPath().map((path) => path || '/'),
    fc.string({ maxLength: 60 }).map((text) => `/${encodeURI(text)}`),
    fc.constantFrom(
      '/v1/users/%zz/recommendations',
      '/v1/users//recommendations',
      `/v1/users/${'a'.repeat(20_000)}/recommendations`,
      '/%00',
    ),
    fc.constantFrom(
      '/v1/recommendations',
      '/v1/recommendations/batch',
      '/v1/reload',
      '/v1/items/i1/similar',
      '/metrics',
      '/docs',
    ),
  ),
  payload: fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.constantFrom('{', '[[[['.repeat(2000), 'x'.repeat(30_000), '{"__proto__":{}}'),
  ),
  headers: fc.record({
    'content-type': fc.constantFrom(
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'x',
      '',
    ),
  }),
});

/** Sends one request and judges the answer. */
async function send({ payload, ...request }: Request): Promise<number> {
  const bare = request.method === 'GET' || request.method === 'HEAD';
  const answer = await app.inject({ ...request, ...(payload !== undefined && !bare && { payload }) });
  const { statusCode, body, headers } = answer;
  const where = `${request.method} ${request.url.slice(0, 200)} ${payload?.slice(0, 200)}`;
  assert.ok(statusCode < 500, `${statusCode} to ${where}: ${body.slice(0, 300)}`);
  if (!String(headers['content-type']).startsWith('application/json') || body === '') return statusCode;
  const json = JSON.parse(body);
  if (statusCode >= 400) assert.deepEqual(Object.keys(json.error).sort(), ['code', 'hint', 'message'], where);
  assert.ok(body.length < 2_000_000, where);
  for (const { recommendations = [] } of json.answers ?? [json]) {
    for (const { itemId } of recommendations) assert.match(itemId, /^i\d+$/, where);
    assert.ok(recommendations.length <= Math.min(50, ITEMS), where);
  }
  return statusCode;
}

test('8,000 requests along the OpenAPI document, right and spoiled, and 1,500 of any kind', async () => {
  const { paths } = (await app.inject('/openapi.json')).json() as { paths: Record<string, Record<string, Route>> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) =>
      requestsOf(path, method.toUpperCase() as Request['method'], route),
    ),
  );
  assert.ok(routes.length >= 9);
  const before = process.memoryUsage().rss;
  const seen = new Map<number, number>();
  const property = (requests: fc.Arbitrary<Request>) =>
    fc.asyncProperty(requests, async (request) => {
      const status = await send(request);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    });
  await fc.assert(property(fc.oneof(...routes)), { numRuns: 8000, seed: 1 });
  await fc.assert(property(anyRequest), { numRuns: 1500, seed: 2 });
  for (const status of [200, 400, 404, 413, 415]) assert.ok(seen.has(status), `some answer with ${status}`);
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 400e6, `memory grew by ${Math.round(grown / 1e6)} MB`);
  for (const path of opened) assert.ok(path.startsWith(folder.path('bundle')), path);
});

test('500 connections that send bytes which are no requests get 400 or the end of the connection', async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const raw = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ maxLength: 100 }).map((text) => Buffer.from(`GET /${text} HTTP/1.1\r\nHost: localhost\r\n\r\n`)),
    fc
      .string({ maxLength: 50 })
      .map((text) => Buffer.from(`POST /v1/recommendations HTTP/1.1\r\nHost: localhost\r\n${text}: ${text}\r\n\r\n`)),
    fc
      .constantFrom(
        'GET / HTTP/9.9\r\n\r\n',
        'POST /v1/recommendations HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
        'POST /v1/recommendations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'POST /v1/recommendations HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n',
        `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`,
      )
      .map((text) => Buffer.from(text)),
  );
  const talk = (bytes: Buffer) =>
    new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      let got = '';
      socket.on('data', (text) => {
        got += text;
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(got));
      socket.end(bytes);
    });
  await fc.assert(
    fc.asyncProperty(raw, async (bytes) => {
      const got = await talk(bytes);
      assert.ok(got === '' || /^HTTP\/1\.1 [24]\d\d /.test(got), got.slice(0, 100));
    }),
    { numRuns: 500, seed: 3 },
  );
  assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
});
