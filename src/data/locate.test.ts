import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { catalog, type Download } from './catalog.js';
import { download } from './download.js';
import { testFolder } from './folder.test.support.js';
import { loadDataset } from './load.js';
import { getDataset, locate } from './locate.js';

const body = Buffer.from('3 1 2 3\n3 2 3 4\n'.repeat(500));

/** A loopback server and the description of one file on it. */
async function serve(t: TestContext, listener: RequestListener): Promise<Download> {
  const server = createServer(listener);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { file: 'users.dat', url: `http://127.0.0.1:${port}/users.dat`, sha256, bytes: body.length };
}

test('a download is checked and put in place', async (t) => {
  const path = join(testFolder(t).path, 'new', 'users.dat');
  await download(await serve(t, (_, response) => response.end(body)), path);
  assert.deepEqual(readFileSync(path), body);
  assert.deepEqual(readdirSync(join(path, '..')), ['users.dat']);
});

test('a failed download is reported with the reason and leaves no file', async (t) => {
  const { path } = testFolder(t);
  const target = join(path, 'users.dat');
  const cases: [RequestListener, RegExp][] = [
    [(_, r) => r.writeHead(404).end('no'), /the server answers 404/],
    [
      (_, r) => r.end(Buffer.concat([body.subarray(1), Buffer.from('x')])),
      /its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}/,
    ],
    [(_, r) => r.end(body.subarray(0, 100)), /100 of 8000 bytes/],
    [(_, r) => r.end(Buffer.concat([body, body])), /longer than the 8000 bytes expected/],
    [
      (_, r) => r.writeHead(200, { 'content-length': '8000' }).write(body.subarray(0, 100), () => r.destroy()),
      /cannot download/,
    ],
  ];
  for (const [listener, message] of cases) {
    await assert.rejects(download(await serve(t, listener), target), { code: 'download-failed', message });
    assert.deepEqual(readdirSync(path), []);
  }
  const nobody = { file: 'x', url: 'http://127.0.0.1:1/x', sha256: '', bytes: 1 };
  await assert.rejects(download(nobody, target), { code: 'download-failed' });
  writeFileSync(join(path, 'file'), '');
  const there = await serve(t, (_, r) => r.end(body));
  await assert.rejects(download(there, join(path, 'file', 'users.dat')), { code: 'write-failed' });
});

/** Sets the two folders of the environment for one test. */
function environment(t: TestContext): { local: string; cache: string } {
  const { path } = testFolder(t);
  const before = { RECDISTILL_DATA: process.env.RECDISTILL_DATA, RECDISTILL_CACHE: process.env.RECDISTILL_CACHE };
  t.after(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  const [local, cache] = [join(path, 'data'), join(path, 'cache')];
  process.env.RECDISTILL_DATA = local;
  process.env.RECDISTILL_CACHE = cache;
  return { local, cache };
}

test('a named data set is looked for in RECDISTILL_DATA, then in the cache, then at its origin', async (t) => {
  const { local, cache } = environment(t);
  assert.deepEqual(locate('citeulike-t'), { where: 'download' });
  assert.deepEqual(locate('foursquare'), { where: 'absent' });
  await assert.rejects(getDataset('foursquare'), {
    code: 'needs-not-met',
    hint: /folder named foursquare and set RECDISTILL_DATA/,
  });
  assert.throws(() => locate('nothing'), { code: 'unknown-name' });
  assert.throws(() => locate('constructor'), { code: 'unknown-name' });
  for (const folder of [cache, local]) {
    mkdirSync(join(folder, 'citeulike-t'), { recursive: true });
    writeFileSync(join(folder, 'citeulike-t', 'users.dat'), '');
    assert.deepEqual(locate('citeulike-t'), {
      where: folder === local ? 'local' : 'cache',
      folder: join(folder, 'citeulike-t'),
    });
  }
});

test('a named data set brings its presets: minimum, labels through a map, terms', async (t) => {
  const { local } = environment(t);
  const write = (name: string, text: string) => {
    mkdirSync(join(local, name, '..'), { recursive: true });
    writeFileSync(join(local, name), text);
  };
  write(
    'citeulike-t/users.dat',
    `${Array.from({ length: 6 }, (_, u) => `5 ${[0, 1, 2, 3, 4].map((i) => i + u).join(' ')}`).join('\n')}\n1 0`,
  );
  write(
    'citeulike-t/item_labels.tsv',
    '0\tsoftware, social, survey, design\tvisitors museums museums indian\n1\tstatistics\t\n',
  );
  const whole = await loadDataset({ data: 'citeulike-t', coldItems: 'keep' });
  assert.equal(whole.users.ids.length, 6);
  assert.deepEqual(whole.itemLabels?.slice(0, 3), [
    'visitors museums indian (software, social, survey)',
    'statistics',
    '',
  ]);
  assert.ok(whole.notes.some((n) => n.startsWith('terms: ')) && whole.notes.some((n) => n.startsWith('cite: ')));

  for (const [part, item] of [
    ['train', 4],
    ['valid', 5],
    ['test', 6],
  ])
    write(`citeulike-hetcomp-split/${part}.tsv`, `0\t${item}\n1\t${item}\n`);
  write('citeulike-hetcomp-split/item_map.tsv', '4\t1\n5\t0\n6\t9\n7\t0\n');
  const split = await loadDataset({ data: 'citeulike-hetcomp-split' });
  assert.deepEqual(split.items.ids, ['4', '5', '6', '7']);
  assert.deepEqual(split.itemLabels, ['statistics', whole.itemLabels![0], '', whole.itemLabels![0]]);
});

test('every entry of the catalogue is complete', () => {
  for (const [name, entry] of Object.entries(catalog)) {
    assert.match(name, /^[a-z0-9-]+$/);
    assert.ok(entry.terms.endsWith('.') && entry.citation.endsWith('.'), name);
    if (entry.download) assert.match(entry.download.sha256, /^[0-9a-f]{64}$/);
  }
  assert.ok(!Object.hasOwn(catalog, 'synthetic'), 'that name is taken');
});
