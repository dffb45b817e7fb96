/** More to do than a server can: 503 with Retry-After, and then business as usual. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { appOn, createFolder, writeMadeUp } from './made-up.test.support.js';
import { createPending } from './pending.js';
import { countRequest, createRateTable, WINDOW } from './rate-table.js';

const folder = createFolder();
before(() => writeMadeUp(folder.path('bundle')));
after(() => folder.remove());

test('batches beyond the bound get 503 and the others their lists', async () => {
  const app = await appOn(folder.path('bundle'), { maxBatch: 8, maxPending: 8 });
  const payload = { requests: Array.from({ length: 8 }, (_, u) => ({ user: `u${u}` })), k: 3 };
  const batch = () => app.inject({ method: 'POST', url: '/v1/recommendations/batch', payload });
  const answers = await Promise.all(Array.from({ length: 20 }, batch));
  const refused = answers.filter((a) => a.statusCode === 503);
  const served = answers.filter((a) => a.statusCode === 200);
  assert.ok(refused.length > 0 && served.length > 0 && refused.length + served.length === 20);
  for (const { headers, body } of refused) {
    assert.equal(headers['retry-after'], '1');
    assert.equal(JSON.parse(body).error.code, 'overloaded');
  }
  for (const { body } of served) assert.equal(JSON.parse(body).answers.length, 8);
  assert.equal((await batch()).statusCode, 200, 'nothing stays in hand');
  assert.match(
    (await app.inject('/metrics')).body,
    new RegExp(`recdistill_refused_total\\{reason="pending"\\} ${refused.length}`),
  );
  await app.close();
});

test('an overloaded thread answers 503, stays alive for the health check, and recovers', async () => {
  const app = await appOn(folder.path('bundle'), { maxDelay: 50 });
  const block = new Int32Array(new SharedArrayBuffer(4));
  const ask = () => app.inject('/v1/users/u1/recommendations');
  const until = async (status: number, milliseconds: number) => {
    for (let n = 0; n < 1000; n++) {
      const answer = await ask();
      if (answer.statusCode === status) return answer;
      // A busy thread is what is tested: it sleeps through its turns.
      if (milliseconds > 0) Atomics.wait(block, 0, 0, milliseconds);
      await new Promise((resolve) => setTimeout(resolve, milliseconds > 0 ? 0 : 10));
    }
    throw new Error(`no answer with ${status}`);
  };
  const refused = await until(503, 150);
  assert.equal(refused.headers['retry-after'], '1');
  assert.equal(JSON.parse(refused.body).error.code, 'overloaded');
  assert.equal((await app.inject('/health')).statusCode, 200);
  assert.match((await app.inject('/metrics')).body, /recdistill_refused_total\{reason="delay"\} [1-9]/);
  await until(200, 0);
  await app.close();
});

test('a thread whose heap or process is too large answers 503, and its health check 200', async () => {
  for (const [given, what] of [
    [{ maxHeap: 16 }, 'heap'],
    [{ maxRss: 16 }, 'resident memory'],
  ] as const) {
    const app = await appOn(folder.path('bundle'), { maxDelay: 0, ...given });
    let answer = await app.inject('/v1/users/u1/recommendations');
    // Memory is measured once a second.
    while (answer.statusCode === 200) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      answer = await app.inject('/v1/users/u1/recommendations');
    }
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '1']);
    assert.match(answer.json().error.message, new RegExp(`its ${what} has \\d+ MB`));
    assert.equal((await app.inject('/health')).statusCode, 200);
    assert.match((await app.inject('/metrics')).body, /recdistill_refused_total\{reason="memory"\} [1-9]/);
    await app.close();
  }
});

test('a batch that fails leaves no pending lists', async () => {
  let refusals = 0;
  const pending = createPending(2, () => {
    refusals += 1;
  });
  await assert.rejects(
    pending.map([1, 2], () => {
      throw new Error('no');
    }),
    /no/,
  );
  const [first, second] = [pending.map([1, 2], (x) => 2 * x), pending.map([3], (x) => x)];
  await assert.rejects(second, { code: 'overloaded' });
  assert.deepEqual(await first, [2, 4]);
  assert.equal(refusals, 1);
});

test('the table of rates counts every address on its own, by windows, and holds any number of addresses', () => {
  const table = createRateTable();
  const now = 1_000_000 * WINDOW;
  for (let n = 1; n <= 5; n++) assert.equal(countRequest(table, '10.0.0.1', now + n), n);
  assert.equal(countRequest(table, '10.0.0.2', now), 1);
  assert.equal(countRequest(table, '10.0.0.1', now + WINDOW), 1);
  const bytes = table.rows.byteLength;
  let alone = 0;
  for (let n = 0; n < 8000; n++)
    alone += countRequest(table, `2001:db8::${n.toString(16)}`, now + 2 * WINDOW) === 1 ? 1 : 0;
  assert.ok(alone > 7900, `${alone} of 8000 have a row of their own`);
  for (let n = 0; n < 100_000; n++) assert.ok(countRequest(table, `far-${n}`, now + 3 * WINDOW) >= 1);
  assert.equal(table.rows.byteLength, bytes);
});
