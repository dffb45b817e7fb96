import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

test('while it is busy, the listener is not called, and afterwards signals are handled again', async () => {
  const outside = process.listenerCount('SIGTERM');
  await interruptible(silent, async () => {
    assert.equal(process.listenerCount('SIGTERM'), outside + 1);
    const within = busy(() => busy(() => process.listenerCount('SIGTERM')));
    assert.deepEqual([within, process.listenerCount('SIGTERM')], [outside, outside + 1]);
    assert.throws(() => busy(() => assert.fail('no')), /no/);
    assert.equal(process.listenerCount('SIGTERM'), outside + 1);
  });
  assert.equal(process.listenerCount('SIGTERM'), outside);
});

test('of nested work, the innermost handles signals, and the outer one is aborted with it', async () => {
  const before = process.listenerCount('SIGINT');
  const said: string[] = [];
  const outer = (signal: AbortSignal) =>
    interruptible(
      (text) => void said.push(text),
      async (inner) => {
        assert.equal(process.listenerCount('SIGINT'), before + 1);
        process.kill(process.pid, 'SIGINT');
        while (!inner.aborted) await wait(1);
        assert.equal(signal.aborted, false);
      },
    ).then(() => signal.aborted);
  assert.equal(await interruptible(() => assert.fail('the outer one says nothing'), outer), true);
  assert.equal(said.length, 1);
  assert.equal(process.listenerCount('SIGINT'), before);
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

const skip = process.platform === 'win32' && 'Windows has no such signals';
const here = new URL('.', import.meta.url).href;

/** Runs an endless loop as busy work in a process of its own, signals it, and gives what it wrote and how it ended. */
async function endlessly(signal: NodeJS.Signals, loop: string): Promise<{ stdout: string; code: unknown }> {
  const program = `
    import { writeSync } from 'node:fs';
    import { busy } from '${here}../../progress.js';
    import { interruptible } from '${here}interrupt.js';
    const work = async () => {
      // Longer than commands that start no thread.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      busy(() => {
        writeSync(1, 'busy ');
        ${loop}
      });
    };
    await interruptible(() => undefined, work).catch((error) => writeSync(1, error.code));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout === '') child.kill(signal);
    stdout += text;
  });
  const [code] = (await once(child, 'close')) as [unknown];
  return { stdout, code };
}

const WAIT = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  for (const loop of ['for (;;) {}', WAIT])
    test(`${signal} ends busy work in the middle: ${loop}`, { skip, timeout: 60_000 }, async () => {
      assert.deepEqual(await endlessly(signal, loop), { stdout: 'busy interrupted', code: 0 });
    });
