import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../data/index.js';
import { evaluating } from './evaluate.js';

test('the evaluation of many users yields between groups of them', async () => {
  const { train } = await loadDataset({ data: 'synthetic:9000x50x60000', minUser: 1 });
  const rankings = {
    ...{ nUsers: train.nUsers, nItems: train.nItems, depth: 10 },
    items: Int32Array.from({ length: train.nUsers * 10 }, (_, at) => at % 10),
  };
  const parts = evaluating(rankings, train, { metrics: ['recall', 'coverage'], topK: [5, 10] });
  const shares: number[] = [];
  for (let part = parts.next(); ; part = parts.next()) {
    if (part.done) break;
    shares.push(part.value);
  }
  assert.ok(shares.length >= 3 * Math.ceil(train.nUsers / 4096), `${shares.length} parts`);
  assert.deepEqual(
    [...shares].sort((a, b) => a - b),
    shares,
  );
  assert.ok(shares.every((share) => share >= 0 && share < 1));
});
