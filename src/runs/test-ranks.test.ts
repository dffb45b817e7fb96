import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemsOf } from '../data/index.js';
import { rankingOf } from '../data/rankings.js';
import { runJob } from './job.js';
import { type SavedModel, savedModelOf } from './saved-model.js';
import { evaluation, kernels, quick, smallData } from './small.test.support.js';
import { testRanks } from './test-ranks.js';

test('the rank of a test item is its place in the list that the run keeps, also of a model without tables', async () => {
  const dataset = await smallData();
  for (const [model, options] of [
    ['bpr-mf', quick],
    ['neumf', { ...quick, layers: 1 }],
  ] as const) {
    let saved: SavedModel | undefined;
    const job = await runJob({ dataset, kernels, model, options, evaluation }, (m, { result }) => {
      saved = savedModelOf(m, result, dataset.fingerprint);
    });
    // The first time kernels take working memory that they keep.
    await testRanks(kernels, saved!, dataset);
    const before = kernels.bytesInUse;
    const ranks = await testRanks(kernels, saved!, dataset);
    assert.equal(kernels.bytesInUse, before);
    let within = 0;
    for (let user = 0; user < dataset.test.nUsers; user++) {
      const list = rankingOf(job.rankings, user);
      for (const [at, item] of itemsOf(dataset.test, user).entries()) {
        const rank = ranks[dataset.test.indptr[user]! + at]!;
        assert.ok(rank >= 1 && rank <= dataset.train.nItems);
        if (rank <= list.length) {
          assert.equal(list[rank - 1], item);
          within += 1;
        }
      }
    }
    assert.ok(within > 10);
  }
});
