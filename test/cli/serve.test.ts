/** `recdistill serve` as a child process. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { writeBundle } from 'recdistill/bundle';
import { createWorkshop } from './program.js';

const shop = createWorkshop();
const model = (seed: number) => ({
  ...{ nUsers: 2, nItems: 3, dim: 2 },
  userFactors: Float32Array.of(1, 0, 0, seed),
  itemFactors: Float32Array.of(1, 0, 0, 1, 0.5, 0.5),
  userIds: ['ann', 'bob'],
  itemIds: ['x', 'y', 'z'],
});
const write = (seed: number) =>
  writeBundle(shop.path('bundle'), model(seed), { dataFingerprint: 'f', licence: 'none', madeBy: {}, metrics: {} });

before(() => write(1));
after(() => shop.remove());

for (const workers of ['1', '2']) {
  test(`it serves, reloads on SIGHUP and ends cleanly on SIGTERM, ${workers} worker(s)`, async () => {
    write(1);
    const { child, ended, seen } = shop.start('serve', 'bundle', '--port', '0', '--workers', workers, '--json');
    let said = '';
    child.stderr!.on('data', (text: string) => {
      said += text;
    });
    await seen(/Serving bundle on http/);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)![0];
    const bob = async () => {
      const answer = (await (await fetch(`${url}/v1/users/bob/recommendations?k=1`)).json()) as {
        recommendations: { itemId: string; score: number }[];
      };
      return answer.recommendations[0]!;
    };
    assert.deepEqual(await bob(), { itemId: 'y', rank: 1, score: 1 });
    write(3);
    child.kill('SIGHUP');
    await seen(/Loaded the bundle again/);
    assert.equal((await bob()).score, 3);
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    assert.equal(code, 0, said);
    assert.equal((JSON.parse(stdout) as { stopped: boolean }).stopped, true);
    await assert.rejects(fetch(`${url}/health`));
  });
}

for (const shown of [false, true]) {
  test(`the log has ${shown ? 'ids with --log-ids' : 'no ids of users and items'}`, async () => {
    write(1);
    const words = ['serve', 'bundle', '--port', '0', '--log', 'info', ...(shown ? ['--log-ids'] : [])];
    const { child, ended, seen } = shop.start(...words);
    let said = '';
    child.stderr!.on('data', (text: string) => {
      said += text;
    });
    await seen(/Serving bundle on http/);
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)![0];
    const paths = ['/v1/users/ann/recommendations?exclude=zed', '/v1/items/unknown-item/similar', '/nothing/at-ann'];
    for (const path of paths) await (await fetch(url + path)).text();
    await seen(/request completed/, 3);
    child.kill('SIGTERM');
    await ended;
    assert.equal(/ann|zed|unknown-item/.test(said), shown, said);
    assert.match(said, shown ? /"url":"\/v1\/users\/ann\/rec/ : /"url":"\/v1\/users\/:user\/recommendations"/);
  });
}

test('proxies and the health port are given as values', async () => {
  const everyone = await shop.json('serve', 'bundle', '--port', '0', '--trust-proxy', 'true');
  const { code, message, hint } = everyone.value.error as Record<'code' | 'message' | 'hint', string>;
  assert.deepEqual([everyone.code, code], [2, 'bad-option']);
  assert.match(message, /--trust-proxy" of serve is "true"; expected a number of proxies/);
  assert.match(hint, /Write 1 for one proxy/);
  write(1);
  const { child, ended, seen } = shop.start(
    'serve',
    'bundle',
    '--port',
    '0',
    '--health-port',
    '0',
    '--trust-proxy',
    '1',
  );
  let said = '';
  child.stderr!.on('data', (text: string) => {
    said += text;
  });
  await seen(/Health: http/);
  const url = /Health: (http:\S+\/health)/.exec(said)![1]!;
  assert.equal((await fetch(url)).status, 200);
  child.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});

test('it says at the start what it knows of the items of users', async () => {
  write(1);
  const file = shop.path('clicks.csv');
  writeFileSync(file, 'customer,product\nann,x\nann,gone\ncid,y\n');
  const bare = shop.start('serve', 'bundle', '--port', '0');
  await bare.seen(/does not say what its users have/);
  await bare.seen(/Serving bundle/);
  bare.child.kill('SIGTERM');
  assert.equal((await bare.ended).code, 0);
  const columns = ['--histories', file, '--user', 'customer', '--item', 'product'];
  const { child, ended, seen } = shop.start('serve', 'bundle', '--port', '0', ...columns);
  await seen(/read clicks\.csv as csv separated by commas: 3 rows, user = customer, item = product/);
  await seen(
    /2 users, 1 of them with a vector in the bundle, 2 interactions .*; left out: 1 item that it does not know/,
  );
  child.kill('SIGTERM');
  assert.equal((await ended).code, 0);
});

test('a run that cannot be served is refused', async () => {
  const none = await shop.json('serve', 'nothing');
  assert.deepEqual([none.code, (none.value.error as { code: string }).code], [2, 'unknown-name']);
  const port = await shop.json('serve', 'bundle', '--port', '70000');
  assert.deepEqual([port.code, (port.value.error as { code: string }).code], [2, 'bad-option']);
  const host = await shop.json('serve', 'bundle', '--host', '192.0.2.1', '--port', '0');
  assert.deepEqual([host.code, (host.value.error as { code: string }).code], [1, 'cannot-listen']);
});
