import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasRedis } from './queue/redis.js';
import { queue } from './queue.js';

const skip = hasRedis() ? false : 'redis-server is not installed (apt-get install redis-server)';

test('a study on workers that are killed, frozen and starved ends with the bits of one process', {
  timeout: 600_000,
  skip,
}, async () => {
  const { tried, failures } = await queue.run({ seed: 1, short: true, say: () => {} });
  assert.deepEqual(failures, []);
  assert.ok(tried >= 6, `only ${tried} cases were tried`);
});
