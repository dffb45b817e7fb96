import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Advance, createProgress, runInParts, runSync } from './progress.js';

/** Keeps the thread for longer than work may go on without a look around. */
function busy(): void {
  const until = performance.now() + 110;
  while (performance.now() < until);
}

test('other work runs between steps, and listeners receive the progress', async () => {
  const told: Advance[] = [];
  const step = createProgress({ onAdvance: (advance) => told.push(advance) }).task('counting');
  let turns = 0;
  setImmediate(() => {
    turns += 1;
  });
  await step(1, 4);
  assert.deepEqual([turns, told], [0, []], 'not at every step');
  busy();
  await step(2, 4);
  assert.equal(turns, 1);
  assert.deepEqual(told, [{ what: 'counting', done: 2, total: 4 }]);
});

test('the signal ends the work at once, or after the grace that it was given', async () => {
  const stop = new AbortController();
  const [strict, patient] = [0, 1e9].map((grace) => createProgress({ signal: stop.signal, grace }).task('counting'));
  await strict!(1, 4);
  stop.abort();
  await assert.rejects(strict!(2, 4), {
    code: 'interrupted',
    message: 'interrupted: counting stopped before it was finished',
    hint: /same command again/,
  });
  await patient!(2, 4);
});

test('a signal during the work is handled', async () => {
  const stop = new AbortController();
  const step = createProgress({ signal: stop.signal, grace: 0 }).task('counting');
  setImmediate(() => stop.abort());
  await assert.rejects(
    async () => {
      for (let n = 0; n < 1000; n++) {
        busy();
        await step(n, 1000);
      }
    },
    { code: 'interrupted' },
  );
});

test('parts are taken to their end, or cleaned up when a step throws', async () => {
  let cleaned = 0;
  function* parts(): Generator<number, string> {
    try {
      yield 0.5;
      yield 1;
      return 'done';
    } finally {
      cleaned += 1;
    }
  }
  const seen: number[] = [];
  assert.equal(await runInParts(parts(), async (done) => void seen.push(done)), 'done');
  assert.equal(runSync(parts()), 'done');
  assert.deepEqual([seen, cleaned], [[0.5, 1], 2]);
  const refuse = () => Promise.reject(new RangeError('no'));
  await assert.rejects(runInParts(parts(), refuse), RangeError);
  assert.equal(cleaned, 3);
});
