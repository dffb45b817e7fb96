import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contended, contendedText } from './contended.js';
import { syntheticData } from './data.js';

test('work is timed alone and beside a busy process', async () => {
  const data = syntheticData({ nUsers: 300, nItems: 200, train: 3000, valid: 300, test: 300 });
  const [result] = await contended(
    { data, threads: 1, rounds: 1, turnMs: 1, patienceMs: 1, neighbours: 1, say: () => undefined },
    ['bpr-epoch'],
  );
  assert.ok(result!.slowdown > 0 && result!.alone.rounds > 0 && result!.beside.rounds > 0);
  assert.match(contendedText([result!], 1), /^bpr-epoch dim64-batch1024 .*x$/m);
});
