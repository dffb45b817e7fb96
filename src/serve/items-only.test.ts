/** Serving a student without users: requests with items, users only with histories beside the bundle. */
import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { bundleBytes, writeBundle } from '../bundle/index.js';
import { createStudent } from '../student/index.js';
import { itemsOnlyModel } from '../student/items-only.test.support.js';
import { type ServeOptions, serve } from './index.js';
import { createFolder, madeUpStudent, USERS, writeMadeUp } from './made-up.test.support.js';
import type { Serving } from './serving.js';

const folder = createFolder();
after(() => folder.remove());
const notes = { dataFingerprint: 'f00d', licence: 'for tests', madeBy: {}, metrics: {} };
const model = itemsOnlyModel();
const student = createStudent(model);

interface Answer {
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
  readonly basis?: string;
  readonly unknownItems?: readonly string[];
  readonly recommendations?: readonly unknown[];
  readonly answers?: readonly Answer[];
  readonly kind?: string;
  readonly answer?: string;
  readonly users?: number;
  readonly bytes?: number;
  readonly histories?: object;
}

async function ask({ url }: Serving, path: string, body?: object): Promise<readonly [number, Answer]> {
  const init = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await fetch(url + path, { ...init, signal: AbortSignal.timeout(60_000) });
  return [answer.status, (await answer.json()) as Answer];
}

async function serving<T>(
  bundle: string,
  given: Partial<ServeOptions>,
  work: (server: Serving) => Promise<T>,
): Promise<T> {
  const server = await serve(folder.path(bundle), { port: 0, log: 'silent', ...given });
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

test('items are answered, users are refused with what to do, and pages show the kind', async () => {
  writeBundle(folder.path('bare'), model, notes);
  await serving('bare', {}, async (server) => {
    const [status, list] = await ask(server, '/v1/recommendations', { items: ['14', 'gone', '20', '14'], k: 5 });
    assert.deepEqual([status, list.basis, list.unknownItems], [200, 'history', ['gone']]);
    assert.deepEqual(list.recommendations, student.recommendFromItems(['20', '14'], { k: 5 }));
    for (const empty of [{ items: [] }, {}, { items: ['gone'] }]) {
      const [, popular] = await ask(server, '/v1/recommendations', { ...empty, k: 3 });
      assert.deepEqual([popular.basis, popular.recommendations], ['popular', student.recommendFromItems([], { k: 3 })]);
    }
    const [, named] = await ask(server, '/v1/recommendations', { user: 'ann', items: ['14'], k: 5 });
    assert.deepEqual(named.recommendations, student.recommendFromItems(['14'], { k: 5 }));
    for (const refused of [
      await ask(server, '/v1/users/ann/recommendations'),
      await ask(server, '/v1/recommendations', { user: 'ann' }),
      await ask(server, '/v1/recommendations/batch', { requests: [{ user: 'ann' }] }),
    ]) {
      assert.deepEqual([refused[0], refused[1].error?.code], [422, 'wrong-kind']);
      assert.match(refused[1].error!.hint, /--histories FILE/);
    }
    assert.equal((await ask(server, '/v1/items/14/similar?k=3'))[0], 200);
    const [, about] = await ask(server, '/v1/bundle');
    assert.deepEqual([about.kind, about.answer, about.users], ['items-only', 'history', 0]);
    assert.ok(about.bytes! > 4 * 2 * 60 * 3);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /recdistill_bundle_info\{[^}]*kind="items-only"/);
    assert.match(await (await fetch(`${server.url}/docs`)).text(), /items-only/);
  });
  const { popular: _, ...bare } = model;
  writeBundle(folder.path('unpopular'), bare, notes);
  await serving('unpopular', {}, async (server) => {
    const [status, { error }] = await ask(server, '/v1/recommendations', { items: [] });
    assert.deepEqual([status, error?.code], [422, 'empty-history']);
  });
});

test('a history of 100,000 items is answered', async () => {
  const large = itemsOnlyModel({ nItems: 100_010, dim: 2 });
  writeBundle(folder.path('large'), large, notes);
  await serving('large', { maxItems: 100_000, bodyLimit: 2_000_000 }, async (server) => {
    const items = large.itemIds.slice(0, 100_000);
    const [status, list] = await ask(server, '/v1/recommendations', { items, k: 20 });
    assert.deepEqual([status, list.recommendations?.length], [200, 10]);
    const [refused] = await ask(server, '/v1/recommendations', { items: [...items, 'one more'] });
    assert.equal(refused, 400);
  });
});

for (const workers of [1, 2])
  test(`users of a file are answered from their histories, which a reload reads again, ${workers} worker(s)`, async () => {
    writeBundle(folder.path('bare'), model, notes);
    const file = folder.path('clicks.csv');
    writeFileSync(file, 'user,item\nann,20\nbob,14\nann,14\nann,20\nann,gone\n');
    await serving('bare', { histories: file, workers }, async (server) => {
      const [status, ann] = await ask(server, '/v1/users/ann/recommendations?k=5');
      assert.deepEqual([status, ann.basis], [200, 'history']);
      assert.deepEqual(ann.recommendations, student.recommendFromItems(['14', '20'], { k: 5 }));
      const [, more] = await ask(server, '/v1/recommendations', { user: 'ann', items: ['30'], k: 5 });
      assert.deepEqual(more.recommendations, student.recommendFromItems(['14', '20', '30'], { k: 5 }));
      assert.equal((await ask(server, '/v1/users/nobody/recommendations'))[1].basis, 'popular');
      assert.equal((await ask(server, '/v1/bundle'))[1].users, 2);
      writeFileSync(file, 'user,item\nann,14\nzoe,20\ncid,20\n');
      await server.reload();
      const [, now] = await ask(server, '/v1/users/ann/recommendations?k=5');
      assert.deepEqual(now.recommendations, student.recommendFromItems(['14'], { k: 5 }));
      assert.equal((await ask(server, '/v1/bundle'))[1].users, 3);
    });
  });

test('histories that do not fit are refused', async () => {
  writeFileSync(folder.path('other.csv'), 'user,item\nann,gone\n');
  await assert.rejects(serve(folder.path('bare'), { port: 0, histories: folder.path('other.csv') }), {
    code: 'bad-data',
    message: /knows none of its 1 items/,
  });
  await assert.rejects(serve(folder.path('bare'), { port: 0, histories: folder.path('missing.csv') }), {
    code: 'file-missing',
  });
  writeMadeUp(folder.path('users'));
  await assert.rejects(serve(folder.path('users'), { port: 0, histories: folder.path('other.csv') }), {
    code: 'usage',
    message: /has the histories of its own users/,
  });
  await assert.rejects(serve(folder.path('bare'), { port: 0, user: 'customer' }), {
    code: 'usage',
    message: /the option "user", but no file/,
  });
});

test('a bundle with users but without histories takes those of a file', async () => {
  const vectors = madeUpStudent();
  writeMadeUp(folder.path('bare-users'), 1, { seen: false });
  writeFileSync(folder.path('kept.csv'), 'user,item\nu7,i3\nu7,i9\nnew,i4\nlost,gone\n');
  await serving('bare-users', {}, async (server) => {
    assert.deepEqual(server.bundle.histories, { from: 'none' });
    const [, list] = await ask(server, '/v1/users/u7/recommendations?k=200');
    assert.deepEqual(list.recommendations, vectors.recommend('u7', { k: 200, includeSeen: true }));
  });
  const reading = { histories: folder.path('kept.csv') };
  await serving('bare-users', reading, async (server) => {
    const [, known] = await ask(server, '/v1/users/u7/recommendations?k=200');
    const without = vectors.recommend('u7', { k: 200, includeSeen: true, exclude: ['i3', 'i9'] });
    assert.deepEqual([known.basis, known.recommendations], ['user', without]);
    const [, more] = await ask(server, '/v1/recommendations', { user: 'u7', items: ['i5'], k: 200 });
    const least = vectors.recommend('u7', { k: 200, includeSeen: true, exclude: ['i3', 'i9', 'i5'] });
    assert.deepEqual(more.recommendations, least);
    const [, all] = await ask(server, '/v1/users/u7/recommendations?k=200&includeSeen=true');
    assert.deepEqual(all.recommendations, vectors.recommend('u7', { k: 200, includeSeen: true }));
    const [, stranger] = await ask(server, '/v1/users/new/recommendations?k=5');
    assert.deepEqual(
      [stranger.basis, stranger.recommendations],
      ['history', vectors.recommendFromItems(['i4'], { k: 5 })],
    );
    const { notes: _, ...counts } = server.bundle.histories;
    assert.deepEqual(counts, { from: 'file', users: 3, trainedUsers: 1, interactions: 3, unknownItems: 1 });
    assert.equal(server.bundle.users, USERS + 2);
  });
});

for (const workers of [1, 2])
  test(`columns are named as in data, and the start says what was read, ${workers} worker(s)`, async () => {
    const file = folder.path('named.csv');
    writeFileSync(file, 'when;who;what;stars\n1;ann;14;5\n2;ann;20;1\n3;bob;gone;5\n4;bob;14;4\n5;bob;14;4\n');
    await assert.rejects(serve(folder.path('bare'), { port: 0, histories: file }), { message: /identify the user/ });
    const columns = { histories: file, user: 'who', item: '3', minRating: 4, workers };
    await serving('bare', columns, async (server) => {
      const { notes = [], ...counts } = server.bundle.histories;
      assert.deepEqual(counts, { from: 'file', users: 2, interactions: 2, unknownItems: 1 });
      assert.match(notes.join('\n'), /named\.csv as csv separated by semicolons: 5 rows, user = who, item = what/);
      assert.match(notes.join('\n'), /minRating 4 removed 1 of 5 rows/);
      const [, ann] = await ask(server, '/v1/users/ann/recommendations?k=5');
      assert.deepEqual(ann.recommendations, student.recommendFromItems(['14'], { k: 5 }));
      const [, { histories }] = await ask(server, '/v1/bundle');
      assert.deepEqual(histories, counts, 'columns of the file are not public');
    });
    await assert.rejects(serve(folder.path('bare'), { port: 0, ...columns, minRating: 6 }), {
      code: 'bad-data',
      message: /no row has a rating of at least 6/,
    });
  });

test('an error in a batch names the place of the request, and bytes are those of the folder', async () => {
  await serving('bare', {}, async (server) => {
    const requests = [{ items: ['14'] }, { items: [] }, { user: 'ann' }];
    const [status, { error }] = await ask(server, '/v1/recommendations/batch', { requests });
    assert.equal(status, 422);
    assert.match(error!.message, /^body\.requests\.2: the student is of the kind items-only/);
    const sizes = readdirSync(folder.path('bare')).map((name) => statSync(folder.path('bare', name)).size);
    const sum = sizes.reduce((a, b) => a + b, 0);
    assert.equal((await ask(server, '/v1/bundle'))[1].bytes, sum);
    assert.equal(bundleBytes(folder.path('bare')), sum);
  });
});
