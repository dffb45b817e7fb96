import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { kernels, newFolder, quick, refusedAs, smallData } from '../runs/small.test.support.js';
import { train } from './train.js';

test('a run with a folder is listed for all users; a run in memory is refused', async () => {
  const data = await smallData();
  const options = { ...quick, epochs: 1, data, kernels };
  const run = await train('bpr-mf', { ...options, folder: newFolder() });
  const [out, store] = [newFolder(), newFolder()];
  const made = await run.recommendAll({ out, store, k: 3, kernels, shards: 2 });
  assert.deepEqual([made.rows, made.reused], [3 * data.train.nUsers, false]);
  assert.deepEqual(readdirSync(out), ['part-00000.parquet', 'part-00001.parquet', 'recommendations.json']);
  const again = await run.recommendAll({ out, store, k: 3, kernels, shards: 2 });
  assert.deepEqual([again.reused, again.hash], [true, made.hash]);
  await assert.rejects((await train('top-pop', { data, kernels })).recommendAll({ out }), refusedAs('needs-not-met'));
  await assert.rejects(run.recommendAll({ out, kk: 3 } as never), refusedAs('unknown-option'));
});
