import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadDataset } from '../data/index.js';
import { evaluate } from '../library/evaluate.js';
import { readFinishedRun, runJob } from '../runs/index.js';
import { kernels, newFolder, quick, SMALL } from '../runs/small.test.support.js';
import { processesExecutor } from './engine/index.js';
import { evaluateInShards } from './evaluate-shards.js';

const executor = processesExecutor({ jobs: 2, threads: 2 });
after(() => executor.close());

test('an evaluation in shards has the same bits as one in one piece, also in other processes and of a sample', async () => {
  const data = { data: SMALL, hiddenShare: 0.2 };
  const dataset = await loadDataset(data);
  const store = newFolder();
  const folder = join(store, 'run');
  await runJob({
    ...{ dataset, kernels, model: 'bpr-mf', method: 'none', options: { ...quick, epochs: 2 }, teachers: [], folder },
    ...{ evaluation: { at: [5, 10] }, trajectory: {} },
  });
  const run = readFinishedRun(folder);
  const at = [5, 10];
  for (const part of ['test', 'hidden'] as const)
    for (const more of [{}, { evalUsers: 20 }]) {
      const expected = evaluate(run.rankings, { data: dataset, at, part, ...more });
      for (const shards of [1, 3, 1000]) {
        const made = await evaluateInShards({ ...{ run, dataset, at, part, shards, store }, ...more }, { kernels });
        assert.deepEqual(made, expected, `${part} ${shards}`);
        assert.ok(made.popularity!.lists.users.length > 0);
        assert.deepEqual(Object.keys(made.perUser), Object.keys(expected.perUser));
      }
    }
  const expected = evaluate(run.rankings, { data: dataset, at });
  const request = { run, dataset, data: data as never, at, part: 'test' as const, shards: 5, store };
  assert.deepEqual(await evaluateInShards(request, { executor }), expected);
  assert.deepEqual(readdirSync(join(store, 'parts')), []);
});
