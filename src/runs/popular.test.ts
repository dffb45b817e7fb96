import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../data/index.js';
import { runJob } from './job.js';
import { popularValue } from './popular.js';
import { evaluation, kernels, SMALL, smallData } from './small.test.support.js';

test('the value of the popular items is that of top-pop', async () => {
  const dataset = await smallData();
  const { teacher } = await runJob({ dataset, kernels, model: 'top-pop', options: {}, evaluation });
  const value = popularValue(dataset, evaluation);
  assert.ok(value! > 0);
  assert.equal(value, teacher.trajectory.checkpoints.at(-1)!.metrics['recall@10']);
});

test('without a valid part there is none', async () => {
  const dataset = await loadDataset({ data: SMALL, ratios: [0.8, 0, 0.2] });
  assert.equal(popularValue(dataset, evaluation), undefined);
});
