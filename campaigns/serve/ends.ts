/** The end of a server, or of a part of it, while clients are served. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { get, isWhole, openRaw, post, type Random, statusesIn, talk } from './_raw.js';
import { startServer, stopProcess, within, withServer } from './_server.js';
import { largeBatch } from './load.js';

/** SIGTERM shortly after a request for a large answer: the answer is complete, or the request was not taken. */
export async function cutAnswer(
  folder: string,
  workers: number,
  milliseconds: number,
  random: Random,
): Promise<number> {
  return withServer(folder, ['--workers', String(workers)], async (server) => {
    const raw = await openRaw(server.port);
    raw.socket.write(post('/v1/recommendations/batch', largeBatch(random)));
    await wait(milliseconds);
    const stopped = server.stop();
    const got = await within('the answer', raw.closed);
    await stopped;
    assert.ok(isWhole(got), `${got.length} bytes came after SIGTERM at ${milliseconds} ms`);
  });
}

const needsWorker = (pid: number | undefined): number => {
  assert.ok(pid !== undefined, 'the server has no worker process');
  return pid;
};

/** A worker is killed: no connection is refused, and every request that begins afterwards is answered. */
export const killWorker = (folder: string): Promise<number> =>
  withServer(folder, ['--workers', '2'], async ({ port, worker }) => {
    const before = needsWorker(worker());
    process.kill(before, 'SIGKILL');
    while (worker() === before) await wait(1);
    for (let n = 0; n < 20; n++) {
      const got = await talk(port, get('/v1/users/user-1/recommendations', ['Connection: close']));
      assert.deepEqual(statusesIn(got), [200]);
    }
    assert.notEqual(worker(), before);
  });

/** A worker is stopped as by a debugger: it is found and replaced. */
export const stopWorker = (folder: string): Promise<number> =>
  withServer(folder, ['--workers', '2', '--hang-timeout', '1'], async ({ port, worker }) => {
    const before = needsWorker(worker());
    await stopProcess(before);
    const got = await talk(port, get('/v1/users/user-1/recommendations', ['Connection: close']));
    assert.deepEqual(statusesIn(got), [200]);
    assert.notEqual(worker(), before);
  });

/** A worker is stopped, and the server is told to end: it ends. */
export async function endWithStopped(folder: string): Promise<number> {
  const server = await startServer(folder, '--workers', '2', '--grace', '1');
  const memory = server.memory();
  try {
    await stopProcess(needsWorker(server.worker()));
    await server.stop();
  } finally {
    server.kill();
  }
  return memory;
}
