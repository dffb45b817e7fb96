import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announced, costs } from './costs.js';

test('the line of a cost is read', () => {
  const line = 'Time: about 1 min 05 s, less if it stops early. Memory: at most 260 MB in all; 20 GB available.';
  assert.deepEqual(announced(line), { seconds: 65, bytes: 260e6 });
  assert.deepEqual(announced('Time: about 1 h 10 min. Memory: at most 1.2 GB in all.'), {
    seconds: 4200,
    bytes: 1.2e9,
  });
  assert.deepEqual(announced('Time: less than a second.'), { seconds: 1 });
  assert.deepEqual(announced('Time: not known.'), {});
  assert.equal(announced('Reading the data'), undefined);
});

test('commands announce what they take', { timeout: 120_000 }, async () => {
  const { tried, failures, peakMegabytes } = await costs.run({ seed: 1, short: true, say: () => {} });
  assert.deepEqual(failures, []);
  assert.ok(tried === 1 && peakMegabytes > 50);
});
