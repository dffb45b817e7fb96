import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Executor } from '../../executor.js';
import type { Directory } from './directory.js';
import { type Work, workOn } from './work.js';

/** A job in the queue that notes what becomes of it. @param fault of the command that ends it as done */
function jobOf(fault?: Error) {
  const calls: string[] = [];
  const call =
    (name: string, error?: Error) =>
    async (..._: unknown[]): Promise<void> => {
      calls.push(name);
      if (error) throw error;
    };
  const job = {
    ...{ id: '1', name: 'small', stalledCounter: 0 },
    data: {
      ...{ plan: 'p', uses: [], losses: 0 },
      task: {
        ...{ job: { kind: 'train', name: 'small' }, folder: 'p/small', stored: 'data/f', inputs: [], uses: [] },
        results: [{ place: '', hash: 'h' }],
      },
    },
    updateProgress: async () => {},
    extendLock: async () => {},
    moveToCompleted: call('completed', fault),
    moveToFailed: call('failed'),
    moveToWait: call('returned'),
  };
  return { job, calls };
}

const work = (job: object, run: () => Promise<unknown>): Work => ({
  ...{ job: job as Work['job'], token: 't', lockMs: 60_000, store: '/nowhere', worker: 'w' },
  directory: { isCancelled: async () => false } as unknown as Directory,
  executor: { run } as unknown as Executor,
  stop: new AbortController().signal,
});

test('a job whose end the queue does not take is left to the queue, and has not failed', async () => {
  for (const message of ['Connection is closed.', 'Missing lock for job 1. moveToFinished']) {
    const { job, calls } = jobOf(new Error(message));
    const end = await workOn(work(job, async () => ({ reused: false })));
    assert.deepEqual([end.how, end.text], ['returned', `is left to the queue (${message})`]);
    assert.deepEqual(calls, ['completed']);
  }
});

test('a job that is done is completed, and one whose work fails has failed', async () => {
  const done = jobOf();
  assert.equal((await workOn(work(done.job, async () => ({ reused: false })))).how, 'done');
  assert.deepEqual(done.calls, ['completed']);
  const failing = jobOf();
  const end = await workOn(work(failing.job, () => Promise.reject(new Error('no such option'))));
  assert.deepEqual([end.how, end.text], ['failed', 'failed: no such option']);
  assert.deepEqual(failing.calls, ['failed']);
});
