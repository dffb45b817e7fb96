import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Peer, startPeer } from './peer.js';
import { readTensors, tensor, writeTensors } from './tensors.js';

const script = join(dirname(fileURLToPath(import.meta.url)), 'testing', 'fake-peer.js');
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recdistill-peer-test-'));
  await writeTensors(folder, { x: tensor(Float32Array.of(1, 2, 3)) });
});
after(() => rm(folder, { recursive: true, force: true }));

async function withPeer(manner: string, use: (peer: Peer) => Promise<void>, timeoutMs?: number): Promise<void> {
  const peer = startPeer({ file: process.execPath, args: [script, manner], env: process.env }, timeoutMs);
  try {
    await use(peer);
  } finally {
    await peer.close();
  }
  assert.throws(() => process.kill(peer.pid, 0), 'the process is gone after close');
}

const inputs = () => ({ folder, threads: 1, params: {} });

test('a peer prepares, runs and hands its result over', () =>
  withPeer('good', async (peer) => {
    assert.deepEqual(await peer.prepare(inputs()), { fake: '1' });
    assert.deepEqual(await peer.run(0), [40]);
    assert.deepEqual(await peer.run(5), [30, 10, 20]);
    const target = join(folder, 'result');
    await peer.result(target);
    assert.deepEqual([...(await readTensors(target)).y!.data], [2, 4, 6]);
  }));

test('a refusal has the message of the peer, and the peer continues', () =>
  withPeer('refuse', async (peer) => {
    await assert.rejects(peer.prepare(inputs()), /the peer failed: no room/);
    assert.deepEqual(await peer.run(0), [40]);
  }));

test('a peer that crashes rejects the request with its last words, and every later one', () =>
  withPeer('crash', async (peer) => {
    await peer.prepare(inputs());
    await assert.rejects(peer.run(0), /ended early \(exit 3\):\nout of luck/);
    await assert.rejects(peer.run(0), /ended early/);
  }));

test('an answer that is not JSON is an error', () =>
  withPeer('garbage', async (peer) => {
    await peer.prepare(inputs());
    await assert.rejects(peer.run(0), /something else than JSON: hello/);
  }));

test('a peer that does not answer is ended', () =>
  withPeer('silent', async (peer) => assert.rejects(peer.prepare(inputs()), /took longer than 0.2 s/), 200));

test('a second request at the same time is refused', () =>
  withPeer('good', async (peer) => {
    const first = peer.prepare(inputs());
    await assert.rejects(peer.run(0), /one request at a time/);
    await first;
  }));

test('a peer that cannot be started is reported', async () => {
  const peer = startPeer({ file: join(folder, 'no-such-program'), args: [], env: process.env });
  await assert.rejects(peer.prepare(inputs()), /cannot be started/);
  await peer.close();
});
