/** Wrong input of everything that goes over a queue: each case says what is wrong and what to do, and repeats no password. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { queueAddress, queueExecutor } from 'recdistill/experiment';
import { program, type Started, until } from './queue/processes.js';
import { createCertificate, hasRedis, PASSWORD, startRedis, type TestRedis } from './queue/redis.js';

const skip = hasRedis() ? false : 'redis-server is not installed (apt-get install redis-server)';
const place = mkdtempSync(join(tmpdir(), 'recdistill-queue-input-'));
const file = join(place, 'plan.yaml');
let redis: TestRedis;

before(async () => {
  writeFileSync(
    file,
    "name: mine\ndata: { data: ['synthetic:100x80x1500'] }\nteachers: [{ model: bpr-mf, dim: 4, epochs: 400 }]\nmatched: []\n",
  );
  if (!skip) redis = await startRedis();
});
after(async () => {
  await redis?.stop();
  rmSync(place, { recursive: true, force: true, maxRetries: 5 });
});

/** As in docs/machines.md. */
const RIGHTS = '~recdistill:* &recdistill:* +@all -@admin -@dangerous +info';

function start(t: TestContext, words: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const started = program(words, skip ? {} : { RECDISTILL_QUEUE: redis.url, ...env });
  t.after(() => {
    started.all('SIGKILL');
    assert.ok(!(started.text() + started.output()).includes(PASSWORD), 'a password is shown');
  });
  return started;
}

const runs = (name: string): string => join(place, name);

test('an address is checked, and its password is not repeated', () => {
  for (const [given, expected] of [
    ['http://:secret@host', /a URL of http/],
    ['redis://:secret@host/x', /database "x"/],
    ['redis://:secret@host:99999', /no URL/],
    ['host:6379', /a URL of host/],
    ['redis://host/0?password=secret', /further parts/],
    ['env', /RECDISTILL_QUEUE is not set/],
  ] as const)
    assert.throws(
      () => queueAddress(given, {}),
      (error: Error) => expected.test(error.message) && !error.message.includes('secret'),
      given,
    );
  const { shown, connection } = queueAddress('rediss://ann:p%40ss@[::1]:7000/3', {});
  assert.equal(shown, 'rediss://[::1]:7000/3');
  const { host, port, db, username, password } = connection;
  assert.deepEqual([host, port, db, username, password], ['::1', 7000, 3, 'ann', 'p@ss']);
});

test('no Redis: after a bounded time it says where it looked', async (t) => {
  const status = start(t, ['queue', 'status', '--queue', 'redis://:another-secret@127.0.0.1:1']);
  assert.equal(await status.ended, 1);
  assert.match(status.text(), /Waiting for Redis at redis:\/\/127\.0\.0\.1:1/);
  assert.match(status.text(), /error: Redis at redis:\/\/127\.0\.0\.1:1 does not answer: .*ECONNREFUSED/);
  assert.doesNotMatch(status.text(), /another-secret/);
});

test('a wrong password, none, and TLS at a port without it are named', { skip }, async (t) => {
  const { port } = redis;
  for (const [url, expected] of [
    [`redis://:wrong-secret@127.0.0.1:${port}`, /refuses the password/],
    [`redis://127.0.0.1:${port}`, /wants a password/],
    [`rediss://:wrong-secret@127.0.0.1:${port}`, /does not answer[\s\S]*use redis:\/\/ if the port has no TLS/],
  ] as const) {
    const status = start(t, ['queue', 'status', '--queue', url]);
    assert.equal(await status.ended, 1, url);
    assert.match(status.text(), expected);
    assert.doesNotMatch(status.text(), /wrong-secret/);
  }
});

test('TLS: an unknown certificate is named, a known one works for a worker and a plan', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const certificate = createCertificate(place);
  if (!certificate) return t.skip('openssl is not installed');
  const safe = await startRedis([], '127.0.0.1', certificate);
  t.after(() => safe.stop());
  const status = start(t, ['queue', 'status', '--queue', safe.url]);
  assert.equal(await status.ended, 1);
  assert.match(status.text(), /certificate that is not trusted[\s\S]*NODE_EXTRA_CA_CERTS/);
  const known = { NODE_EXTRA_CA_CERTS: certificate.cert };
  const words = ['--store', runs('tls'), '--queue', safe.url];
  start(t, ['worker', ...words, '--threads', '1'], known);
  const plan = start(t, ['train', 'ease', '--data', 'synthetic:60x50x500', ...words], known);
  assert.equal(await plan.ended, 0, plan.text());
  const open = start(t, ['queue', 'status', '--queue', safe.url.replace('rediss', 'redis')]);
  assert.equal(await open.ended, 1);
  assert.match(open.text(), /Redis at redis:.* does not answer[\s\S]*rediss:\/\//);
});

test('a user of Redis with the rights that the documentation names, and one with fewer', {
  skip,
  timeout: 120_000,
}, async (t) => {
  const users = [
    `some on >some-secret ${RIGHTS}`,
    `few on >few-secret ~recdistill:* &recdistill:* +@read +@connection +info`,
  ];
  const restricted = await startRedis(users.flatMap((user) => ['--user', ...user.split(' ')]));
  t.after(() => restricted.stop());
  const addressOf = (user: string) => restricted.url.replace(/:[^:@]*@/, `${user}:${user}-secret@`);
  const words = (user: string) => ['--store', runs('acl'), '--queue', addressOf(user)];
  start(t, ['worker', ...words('some'), '--threads', '1']);
  const plan = start(t, ['train', 'ease', '--data', 'synthetic:60x50x500', ...words('some')]);
  assert.equal(await plan.ended, 0, plan.text());
  const refused = start(t, ['worker', ...words('few')]);
  assert.equal(await refused.ended, 1);
  assert.match(refused.text(), /does not allow this user all commands/);
  const unknown = start(t, ['queue', 'status', '--queue', addressOf('nobody')]);
  assert.equal(await unknown.ended, 1);
  assert.match(unknown.text(), /refuses the password/);
  for (const { text } of [plan, refused, unknown]) assert.doesNotMatch(text(), /-secret/);
});

test('a Redis that is full is named, and a policy that forgets jobs is warned of', { skip }, async (t) => {
  const full = await startRedis(['--maxmemory', '1kb', '--maxmemory-policy', 'volatile-lru']);
  t.after(() => full.stop());
  const plan = start(t, ['run', file, '--queue', full.url, '--store', runs('full')]);
  assert.equal(await plan.ended, 1);
  assert.match(plan.text(), /maxmemory-policy volatile-lru/);
  assert.match(plan.text(), /Redis at redis:\/\/127\.0\.0\.1:\d+ is full/);
});

test('options that do not go together', { skip }, async (t) => {
  for (const words of [
    ['--queue', 'env', '--jobs', '2'],
    ['--min-threads', '2'],
    ['--store', 'a', '--runs', 'b'],
  ]) {
    const plan = start(t, ['run', file, ...words]);
    assert.equal(await plan.ended, 2);
  }
});

test('no worker, a worker of another store, and one for other jobs: both sides say why', { skip }, async (t) => {
  const plan = start(t, ['run', file, '--queue', 'env', '--store', runs('a')]);
  await until('the plan says that there is no worker', () => /no worker is connected/.test(plan.text()));
  const elsewhere = start(t, ['worker', '--store', runs('b'), '--threads', '1']);
  const other = start(t, ['worker', '--store', runs('a'), '--threads', '1', '--only', 'search']);
  const small = start(t, ['worker', '--store', runs('a'), '--threads', '1', '--memory-limit', '240MB']);
  const plain = start(t, ['worker', '--store', runs('a'), '--threads', '1', '--arithmetic', 'plain']);
  await until('the plan names the other store', () => /the two folders are not the same/.test(plan.text()));
  await until('the worker names it', () => /the two folders are not the same/.test(elsewhere.text()));
  await until('the kind of jobs is named', () => /takes only search jobs, not train/.test(plan.text() + other.text()));
  await until('the memory is named', () => /MB a job, and \d+ MB are needed/.test(small.text()));
  if (!/arithmetic plain/.test(plain.text()))
    await until(
      'the arithmetic is named',
      () => /has --arithmetic plain/.test(plain.text()) || /is done/.test(plain.text()),
    );
  const status = start(t, ['queue', 'status', '--json']);
  assert.equal(await status.ended, 0);
  const { workers, plans, queue } = JSON.parse(status.output()) as {
    workers: unknown[];
    plans: unknown[];
    queue: string;
  };
  assert.ok(workers.length >= 3);
  assert.equal(plans.length, 1);
  assert.equal(queue, `redis://127.0.0.1:${redis.port}`);
});

test('a plan is cancelled for all who wait for it', { skip }, async (t) => {
  const plan = start(t, ['run', file, '--queue', 'env', '--store', runs('cancelled')]);
  await until('its job waits', () => /no worker/i.test(plan.text()));
  const cancel = start(t, ['queue', 'cancel', 'mine']);
  assert.equal(await cancel.ended, 0, cancel.text());
  assert.equal(await plan.ended, 1);
  assert.match(plan.text() + plan.output(), /was cancelled/);
  const unknown = start(t, ['queue', 'cancel', 'nothing']);
  assert.equal(await unknown.ended, 2);
});

test('a store without the data set: the job fails with the folder that is missing', { skip }, async (t) => {
  const store = runs('no-data');
  const plan = start(t, ['run', file, '--queue', 'env', '--store', store]);
  await until('its job waits', () => /No worker/i.test(plan.text()));
  rmSync(join(store, 'data'), { recursive: true });
  start(t, ['worker', '--store', store, '--threads', '1']);
  assert.equal(await plan.ended, 1);
  assert.match(plan.text() + plan.output(), /cannot read .*no-data\/data\//);
});

test('a plan of more than 10,000 jobs is refused before anything is queued', { skip }, async () => {
  const executor = await queueExecutor({
    ...{ address: queueAddress(redis.url), store: runs('large'), plan: 'large', say: () => {} },
  });
  try {
    await assert.rejects(async () => executor.begin?.({ dataset: undefined as never, jobs: 10_001 }), {
      code: 'usage',
      message: 'the plan has 10001 jobs; at most 10000 go over a queue',
    });
  } finally {
    await executor.close();
  }
});
