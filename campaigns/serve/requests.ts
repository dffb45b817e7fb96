/** Requests that are not what they should be. Each has the statuses that are right for it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from 'recdistill/student';
import { get, post, type Random, statusesIn, talk } from './_raw.js';
import type { Server } from './_server.js';
import { writeStudent } from './_server.js';

export interface Wrong {
  readonly name: string;
  readonly bytes: string;
  readonly status: number;
}

const close = 'Connection: close';
const reload = (...headers: string[]): string =>
  ['POST /v1/reload HTTP/1.1', 'Host: localhost', close, ...headers, '', ''].join('\r\n');

/** Against a server with the token `token`. */
export function wrongRequests(token: string, random: Random): Wrong[] {
  const bearer = `authorization: bearer ${token}`;
  const named = (host: string): string => `GET /health HTTP/1.1\r\nHost: ${host}\r\n${close}\r\n\r\n`;
  const invented = Array.from({ length: 8 }, () => `${random.below(1e9).toString(36)}.example`);
  return [
    ...['localhost', 'LocalHost:1', '127.0.0.1', '[::1]:80'].map((host) => ({
      name: `host ${host}`,
      bytes: named(host),
      status: 200,
    })),
    ...[...invented, 'localhost.', '0.0.0.0', 'localhost@x', ''].map((host) => ({
      ...{ name: `host "${host}"`, bytes: named(host), status: 421 },
    })),
    { name: 'two hosts', bytes: get('/health', ['host: evil.example', close]), status: 400 },
    { name: 'no host', bytes: `GET /health HTTP/1.1\r\n${close}\r\n\r\n`, status: 400 },
    { name: 'no token', bytes: get('/v1/bundle', [close]), status: 401 },
    { name: 'a wrong token', bytes: get('/v1/bundle', [`${bearer}x`, close]), status: 401 },
    { name: 'bearer in lower case', bytes: get('/v1/bundle', [bearer, close]), status: 200 },
    { name: 'a reload', bytes: reload(bearer), status: 200 },
    { name: 'a reload by another site', bytes: reload(bearer, 'Origin: http://evil.example'), status: 403 },
    { name: 'a reload across sites', bytes: reload(bearer, 'Sec-Fetch-Site: cross-site'), status: 403 },
    {
      name: 'a reload by a form',
      bytes: `${reload(bearer, 'Content-Type: text/plain', 'Content-Length: 3')}a=b`,
      status: 415,
    },
    { name: 'another method', bytes: `DELETE /v1/bundle HTTP/1.1\r\nHost: localhost\r\n${close}\r\n\r\n`, status: 405 },
    {
      name: 'a compressed body',
      bytes: post('/v1/recommendations', {}, [bearer, close, 'Content-Encoding: gzip']),
      status: 415,
    },
    { name: 'an unknown path', bytes: get('/v2', [close]), status: 404 },
    { name: 'two lengths', bytes: get('/health', ['Content-Length: 1', 'Content-Length: 2', close]), status: 400 },
    {
      name: 'length and chunks',
      bytes: get('/health', ['Content-Length: 1', 'Transfer-Encoding: chunked', close]),
      status: 400,
    },
    { name: 'an absolute target', bytes: get('http://evil.example/health', [close]), status: 421 },
  ];
}

export async function tryWrong({ port }: Server, { bytes, status }: Wrong): Promise<void> {
  assert.equal(statusesIn(await talk(port, bytes))[0], status);
}

const bases = [
  get('/v1/users/user-1/recommendations?k=5&exclude=item-1'),
  get('/v1/items/item-3/similar'),
  post('/v1/recommendations', { user: 'user-2', items: ['item-5'], k: 3 }),
  post('/v1/recommendations/batch', { requests: [{ user: 'user-3' }, { items: ['item-1'] }], k: 2 }),
  `POST /v1/recommendations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
];
const pieces = [
  '\r\n',
  '\0',
  ':',
  ' ',
  '\xff',
  '%',
  '[',
  '{',
  '"',
  '0',
  '-1',
  'chunked',
  'HTTP/9.9',
  'x'.repeat(40_000),
  '[['.repeat(500),
];

/** A request with a few changes: bytes deleted, doubled, replaced or added, or the end cut off. */
function mutated(random: Random): string {
  let text = random.pick(bases);
  for (let n = random.below(4); n >= 0; n--) {
    const [from, length] = [random.below(text.length + 1), random.below(12)];
    const [before, middle, rest] = [text.slice(0, from), text.slice(from, from + length), text.slice(from + length)];
    text = random.pick([
      before + rest,
      before + middle + middle + rest,
      before + random.pick(pieces) + rest,
      before + String.fromCharCode(random.below(256)) + middle + rest,
      before,
    ]);
  }
  return text;
}

/** Sends a mutated request. It may be right by chance, but no answer is an error of the server. */
export async function tryMutated({ port }: Server, random: Random): Promise<void> {
  const bytes = mutated(random);
  const got = await talk(port, Buffer.from(bytes, 'latin1'), { halfClose: true });
  const wrong = statusesIn(got).filter((status) => status < 200 || status >= 500);
  assert.deepEqual(wrong, [], `after ${JSON.stringify(bytes.slice(0, 300))}`);
}

/** Invented client addresses, behind one proxy that adds the true one: the limit of requests holds. */
export async function inventAddresses({ port }: Server, random: Random): Promise<void> {
  let refused = 0;
  for (let n = 0; n < 60; n++) {
    const address = () => Array.from({ length: 4 }, () => random.below(256)).join('.');
    const forwarded = [...Array.from({ length: random.below(4) }, address), '203.0.113.9'].join(', ');
    const got = await talk(port, get('/v1/bundle', [`X-Forwarded-For: ${forwarded}`, close]));
    if (statusesIn(got)[0] === 429) refused += 1;
  }
  assert.ok(refused > 0, 'no request was refused');
}

const values = [null, true, -1, 0, 0.5, 1e300, '', 'x', [], [1], {}, { bytes: 'x' }];

/** A manifest with a right hash and a wrong field: the reload is refused with its name, and the old bundle stays. */
export async function tryManifest({ port }: Server, folder: string, random: Random): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  const path = join(folder, 'manifest.json');
  const about = async () => (await fetch(`${url}/v1/bundle`)).text();
  const before = await about();
  writeStudent(folder, 2 + random.below(1e6));
  const { sha256: _, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const field = random.pick([
    'users',
    'items',
    'dim',
    'precision',
    'licence',
    'dataFingerprint',
    'madeBy',
    'metrics',
    'files',
    'namedFrom',
  ]);
  const wrong = values.filter(
    (value) => !(typeof value === 'string' && ['licence', 'dataFingerprint'].includes(field)),
  );
  const value = random.pick(
    field === 'madeBy' || field === 'metrics' || field === 'files' ? wrong.slice(0, 10) : wrong,
  );
  const changed = { ...rest, [field]: value };
  writeFileSync(path, JSON.stringify({ ...changed, sha256: await sha256Of(canonicalJson(changed)) }));
  const answer = await fetch(`${url}/v1/reload`, { method: 'POST' });
  const text = await answer.text();
  assert.equal(answer.status, 422, `${field} ${JSON.stringify(value)}: ${text}`);
  assert.match(text, new RegExp(`manifest\\.json.*${field}`));
  assert.equal(await about(), before);
}

const sha256Of = async (text: string): Promise<string> =>
  Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex');
