/** Every model on small data: the peak is mostly Node.js, threads and compiled code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testModels } from './_models.test.support.js';
import { memory } from './memory.js';

testModels('synthetic:200x300x4000', 2);

test('the campaign compares dry runs with runs', { timeout: 120_000 }, async () => {
  const { tried, failures, peakMegabytes } = await memory.run({ seed: 1, short: true, cases: 1, say: () => {} });
  assert.deepEqual(failures, []);
  assert.ok(tried === 1 && peakMegabytes > 50);
});
