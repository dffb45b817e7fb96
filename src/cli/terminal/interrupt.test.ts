import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { busy, createProgress, onBusy, turn } from '../../progress.js';
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

test('while it is busy, there are no listeners, and afterwards signals are handled again', async () => {
  const outside = process.listenerCount('SIGTERM');
  await interruptible(silent, async () => {
    assert.equal(process.listenerCount('SIGTERM'), outside + 1);
    const within = await busy(() => process.listenerCount('SIGTERM'));
    assert.deepEqual([within, process.listenerCount('SIGTERM')], [outside, outside + 1]);
    await assert.rejects(
      busy(() => assert.fail('no')),
      /no/,
    );
    assert.equal(process.listenerCount('SIGTERM'), outside + 1);
  });
  assert.equal(process.listenerCount('SIGTERM'), outside);
});

test('after a part that took long, the next one is busy until the event loop turns', async () => {
  const outside = process.listenerCount('SIGTERM');
  const spin = (ms: number) => {
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < ms * 1000);
  };
  let [short, long] = [-1, -1];
  await interruptible(silent, async () => {
    const step = createProgress().task('counting');
    await step(1, 4);
    spin(200);
    await step(2, 4);
    short = process.listenerCount('SIGTERM');
    spin(1700);
    await step(3, 4);
    long = process.listenerCount('SIGTERM');
    await turn();
    assert.equal(process.listenerCount('SIGTERM'), outside + 1);
    spin(1700);
    await step(4, 4);
  });
  assert.deepEqual([short, long], [outside + 1, outside]);
  await turn();
  assert.equal(process.listenerCount('SIGTERM'), outside, 'none is added after the work');
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

for (const [name, late] of [
  ['that was handled', true],
  ['that came while the event loop was not running', false],
] as const)
  test(`busy work does not begin after a signal ${name}`, async () => {
    let began = false;
    const work = async (signal: AbortSignal) => {
      process.kill(process.pid, 'SIGINT');
      while (late && !signal.aborted) await wait(1);
      await busy(() => {
        began = true;
      });
    };
    await assert.rejects(interruptible(silent, work), refusedAs('interrupted'));
    assert.equal(began, false);
  });

test('a signal that comes while the event loop handles input is not lost', async () => {
  let began = false;
  const work = async () => {
    // The event loop has already asked for signals when it calls back.
    await promisify(fs.read)(fs.openSync(fileURLToPath(import.meta.url), 'r'), Buffer.alloc(1), 0, 1, 0);
    process.kill(process.pid, 'SIGINT');
    await busy(() => {
      began = true;
    });
  };
  await assert.rejects(interruptible(silent, work), refusedAs('interrupted'));
  assert.equal(began, false);
});

test('the last work after a signal is done, and the listeners stay away', async () => {
  const outside = process.listenerCount('SIGINT');
  let count = -1;
  await interruptible(silent, async (signal) => {
    process.kill(process.pid, 'SIGINT');
    while (!signal.aborted) await wait(1);
    assert.equal(await busy(() => 'saved', { finishing: true }), 'saved');
    count = process.listenerCount('SIGINT');
  });
  assert.equal(count, outside);
});

test('if a handler refuses the work, those before it are told that it is over', async () => {
  const told: string[] = [];
  const off = [
    onBusy({ begin: () => void told.push('begin'), end: () => void told.push('end') }),
    onBusy({ begin: () => assert.fail('refused'), end: () => void told.push('never') }),
  ];
  await assert.rejects(
    busy(() => told.push('work')),
    /refused/,
  );
  for (const remove of off) remove();
  await busy(() => told.push('other'));
  assert.deepEqual(told, ['begin', 'end', 'other']);
});

const skip = process.platform === 'win32' && 'Windows has no such signals';
const here = new URL('.', import.meta.url).href;

/** Runs an endless loop as busy work in a process of its own, signals it, and gives what it wrote and how it ended. */
async function endlessly(signal: NodeJS.Signals, loop: string): Promise<{ stdout: string; by: unknown }> {
  const program = `
    import { writeSync } from 'node:fs';
    import { busy } from '${here}../../progress.js';
    import { interruptible } from '${here}interrupt.js';
    const work = () =>
      busy(() => {
        writeSync(1, 'busy ');
        ${loop}
      });
    await interruptible(() => undefined, work);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout === '') child.kill(signal);
    stdout += text;
  });
  const [, by] = (await once(child, 'close')) as [unknown, unknown];
  return { stdout, by };
}

const WAIT = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  for (const loop of ['for (;;) {}', WAIT])
    test(`${signal} ends busy work in the middle: ${loop}`, { skip, timeout: 60_000 }, async () => {
      assert.deepEqual(await endlessly(signal, loop), { stdout: 'busy ', by: signal });
    });
