import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Advance,
  atOnce,
  busyInParts,
  createProgress,
  eachInParts,
  onBusy,
  runInParts,
  runSync,
  within,
} from './progress.js';

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

test('works within other work give shares of it, and are cleaned up with it', async () => {
  let cleaned = 0;
  function* parts(name: string): Generator<number, string> {
    try {
      yield 0.5;
      return name;
    } finally {
      cleaned += 1;
    }
  }
  function* all(): Generator<number, readonly string[]> {
    const first = yield* within(parts('a'), 0, 0.4);
    const others = yield* within(eachInParts(['b', 'c'], parts), 0.4, 1);
    return [first, ...others, yield* atOnce(() => 'd')];
  }
  const seen: number[] = [];
  assert.deepEqual(await runInParts(all(), async (done) => void seen.push(Math.round(done)), 100), [
    'a',
    'b',
    'c',
    'd',
  ]);
  assert.deepEqual([seen, cleaned], [[20, 55, 85], 3]);
  await assert.rejects(
    runInParts(all(), async (done) => {
      if (done > 0.5) throw new RangeError('no');
    }),
    RangeError,
  );
  assert.equal(cleaned, 5, 'the work that was stopped, and the one before it');
});

test('each part of busy work is busy, and the steps between are not', async () => {
  let inside = 0;
  const off = onBusy({ begin: () => void inside++, end: () => void inside-- });
  const during: number[] = [];
  function* parts(): Generator<number, string> {
    during.push(inside);
    yield 0.5;
    during.push(inside);
    return 'done';
  }
  const made = busyInParts(parts(), async () => void during.push(inside));
  assert.equal(await made.finally(off), 'done');
  assert.deepEqual(during, [1, 0, 1]);
});
