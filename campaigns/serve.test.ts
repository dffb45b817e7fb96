/** The short form of the campaign against the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serveCampaign } from './serve/serve.js';

test('a server withstands the abuses of the campaign', async () => {
  const lines: string[] = [];
  const { tried, failures } = await serveCampaign.run({ seed: 1, short: true, say: (line) => lines.push(line) });
  assert.deepEqual(failures, []);
  assert.ok(tried > 130, `${tried} cases`);
});
