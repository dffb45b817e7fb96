import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busy, createProgress, onBusy } from '../../progress.js';
import { refusedAs } from '../../runs/small.test.support.js';
import { interruptible } from './interrupt.js';

const silent = () => undefined;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('the first signal stops the work between two of its parts', async () => {
  const before = process.listenerCount('SIGTERM');
  let parts = 0;
  let after = 0;
  const work = async (signal: AbortSignal) => {
    const step = createProgress({ signal, grace: 0 }).task('counting');
    for (;;) {
      parts += 1;
      if (signal.aborted) after += 1;
      if (parts === 10) process.kill(process.pid, 'SIGTERM');
      await wait(1);
      await step(parts, 1e6);
    }
  };
  await assert.rejects(interruptible(silent, work), refusedAs('interrupted'));
  assert.ok(after <= 1, `${after} parts after the signal`);
  assert.equal(process.listenerCount('SIGTERM'), before);
});

test('work that does not stop is ended', async () => {
  let ended = 0;
  const work = async (signal: AbortSignal) => {
    process.kill(process.pid, 'SIGINT');
    while (ended === 0) await wait(5);
    return signal.aborted;
  };
  assert.equal(
    await interruptible(silent, work, {
      most: 10,
      end: () => {
        ended += 1;
      },
    }),
    true,
  );
  assert.equal(ended, 1);
});

test('work that stops in time is not ended', async () => {
  let ended = 0;
  await interruptible(
    silent,
    async (signal) => {
      process.kill(process.pid, 'SIGINT');
      while (!signal.aborted) await wait(1);
    },
    {
      most: 30,
      end: () => {
        ended += 1;
      },
    },
  );
  await wait(60);
  assert.equal(ended, 0);
});

test('while it is busy, nothing handles signals, so that the system ends the process; afterwards they are handled again', async () => {
  const outside = process.listenerCount('SIGINT');
  await interruptible(silent, async () => {
    assert.equal(process.listenerCount('SIGINT'), outside + 1);
    const within = busy(() => busy(() => process.listenerCount('SIGINT')));
    assert.deepEqual([within, process.listenerCount('SIGINT')], [outside, outside + 1]);
    assert.throws(() => busy(() => assert.fail('no')), /no/);
    assert.equal(process.listenerCount('SIGINT'), outside + 1);
  });
  assert.equal(process.listenerCount('SIGINT'), outside);
});

test('busy work does not begin after a signal', async () => {
  let began = false;
  const work = async (signal: AbortSignal) => {
    process.kill(process.pid, 'SIGINT');
    while (!signal.aborted) await wait(1);
    busy(() => {
      began = true;
    });
  };
  await assert.rejects(interruptible(silent, work), refusedAs('interrupted'));
  assert.equal(began, false);
});

test('nested busy work tells its handlers once', () => {
  const told: string[] = [];
  const off = onBusy({ begin: () => void told.push('begin'), end: () => void told.push('end') });
  busy(() => busy(() => told.push('work')));
  off();
  busy(() => told.push('other'));
  assert.deepEqual(told, ['begin', 'work', 'end', 'other']);
});
