/** Clients that take more than they give: they do not read, do not send, or send everything at once. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { get, openRaw, post, type Random, type Raw } from './_raw.js';
import { USERS, withServer } from './_server.js';

/** A batch whose answer has several megabytes. */
export const largeBatch = (random: Random): object => ({
  requests: Array.from({ length: 256 }, () => ({ user: `user-${random.below(USERS)}` })),
  k: 200,
});

/** MB that a server may have in all of these cases. It needs about 100 without load; the rest is bounded by --max-buffered and --max-pending. */
const MOST_MEMORY = 900;

/** Asks like an honest client, and returns the number of answers by status. */
async function honest(port: number, times: number): Promise<Map<number, number>> {
  const seen = new Map<number, number>();
  for (let n = 0; n < times; n++) {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/users/user-${n % USERS}/recommendations?k=10`, {
      signal: AbortSignal.timeout(60_000),
    });
    await answer.text();
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
    await wait(20);
  }
  return seen;
}

/** Runs bad clients beside an honest one. Returns the largest memory of the server in MB. */
async function beside(
  folder: string,
  flags: readonly string[],
  bad: (port: number) => Promise<Raw[]>,
): Promise<number> {
  const peak = await withServer(folder, flags, async ({ port }) => {
    const clients = await bad(port);
    try {
      const seen = await honest(port, 50);
      assert.ok((seen.get(200) ?? 0) > 0, `no honest request was answered: ${JSON.stringify([...seen])}`);
      assert.deepEqual(
        [...seen.keys()].filter((status) => status !== 200 && status !== 503),
        [],
      );
    } finally {
      for (const { socket } of clients) socket.destroy();
    }
    // Afterwards, everything is as before.
    for (let left = 100; (await honest(port, 1)).get(200) !== 1; left--) {
      assert.ok(left > 0, 'the server has not recovered');
      await wait(100);
    }
  });
  assert.ok(peak < MOST_MEMORY, `the server had ${Math.round(peak)} MB`);
  return peak;
}

/** Many requests on each connection, of which the client reads nothing. */
export const neverRead = (folder: string, workers: number, connections: number, requests: number): Promise<number> =>
  beside(folder, ['--workers', String(workers)], (port) =>
    Promise.all(
      Array.from({ length: connections }, async (_, n) => {
        const raw = await openRaw(port, false);
        raw.socket.write(get(`/v1/users/user-${n % USERS}/recommendations?k=200`).repeat(requests));
        return raw;
      }),
    ),
  );

/** A large answer on each connection, which the client does not read. */
export const neverReadLarge = (folder: string, connections: number, random: Random): Promise<number> =>
  beside(folder, [], (port) =>
    Promise.all(
      Array.from({ length: connections }, async () => {
        const raw = await openRaw(port, false);
        raw.socket.write(post('/v1/recommendations/batch', largeBatch(random)));
        return raw;
      }),
    ),
  );

/** Requests that begin and do not go on, in the header or in a large body. */
export const neverSend = (folder: string, connections: number, random: Random): Promise<number> =>
  beside(folder, ['--request-timeout', '2000'], (port) =>
    Promise.all(
      Array.from({ length: connections }, async () => {
        const raw = await openRaw(port);
        const whole = post('/v1/recommendations', { items: ['x'.repeat(200_000)] });
        raw.socket.write(whole.slice(0, random.pick([1, 20, 100, 150_000])));
        return raw;
      }),
    ),
  );
