import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineTimes, peakMemory, processMs } from './proc.js';
import { createLoadMeter } from './quiet.js';

test('/proc/stat: steal counts as busy, idle and iowait do not, guest is not counted twice', () => {
  const read = () => 'cpu  100 1 20 800 50 3 4 5 60 0\ncpu0 1 1 1 1\n';
  assert.deepEqual(machineTimes(read), { busyMs: 1330, totalMs: 9830 });
});

test('/proc/<pid>: a command name with brackets and spaces does not shift the fields', () => {
  const read = (path: string) =>
    path === '/proc/7/stat'
      ? `7 (a) b (c) S ${Array.from({ length: 20 }, (_, k) => k).join(' ')}`
      : 'Name: x\nVmHWM:\t   2048 kB\n';
  // After the state come ppid = 0, pgrp = 1, ...; utime is 10 and stime 11.
  assert.equal(processMs(7, read), 210);
  assert.equal(peakMemory(7, read), 2048 * 1024);
});

test('without /proc nothing is read and nothing waits', async () => {
  const gone = () => {
    throw new Error('ENOENT');
  };
  assert.equal(machineTimes(gone), undefined);
  assert.equal(processMs(1, gone), undefined);
  assert.equal(peakMemory(1, gone), undefined);
  let pauses = 0;
  const meter = createLoadMeter(() => [1], {
    machine: () => undefined,
    processMs: () => undefined,
    pause: async () => pauses++,
  });
  assert.equal(meter.supported, false);
  assert.equal(meter.othersSince(meter.mark()), 0);
  assert.equal(await meter.waitForQuiet(10_000), 0);
  assert.equal(pauses, 0);
});

/** A machine of two cores on which others use the given shares, one for each sample; own processes use half a core. */
function simulated(shares: readonly number[]) {
  let now = 0;
  let busyMs = 0;
  let ownMs = 0;
  let samples = 0;
  const meter = createLoadMeter(() => [1, 2], {
    machine: () => ({ busyMs, totalMs: 2 * now }),
    processMs: (pid) => (pid === 1 ? ownMs : undefined),
    pause: async (ms) => {
      const share = shares[Math.min(samples++, shares.length - 1)]!;
      now += ms;
      ownMs += ms / 2;
      busyMs += ms / 2 + share * 2 * ms;
    },
  });
  return { meter, samples: () => samples };
}

test('only the load of others counts', async () => {
  const { meter, samples } = simulated([0.02]);
  assert.ok(Math.abs((await meter.waitForQuiet(10_000)) - 0.02) < 1e-9);
  assert.equal(samples(), 1);
});

test('it waits until others are quiet, and no longer than its patience', async () => {
  const calm = simulated([0.5, 0.3, 0.01]);
  assert.ok((await calm.meter.waitForQuiet(10_000)) < 0.02);
  assert.equal(calm.samples(), 3);
  const busy = simulated([0.5]);
  assert.ok(Math.abs((await busy.meter.waitForQuiet(1000)) - 0.5) < 1e-9);
  assert.equal(busy.samples(), 4);
});
