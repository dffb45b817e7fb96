import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crash } from './crash.js';

test('commands that are stopped at a file operation end as if they had not been', { timeout: 600_000 }, async () => {
  const { tried, failures } = await crash.run({ seed: 1, short: true, say: () => {} });
  assert.deepEqual(failures, []);
  assert.ok(tried > 15, `only ${tried} states were tried`);
});
