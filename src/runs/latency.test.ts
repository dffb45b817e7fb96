import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelOf } from '../models/index.js';
import { latencyOf } from './latency.js';
import { kernels, smallData } from './small.test.support.js';

test('a latency is a time, for factors and for other scores, and measuring it keeps no memory', async () => {
  const { train } = await smallData();
  for (const name of ['bpr-mf', 'ease', 'mult-vae']) {
    const spec = modelOf(name);
    const model = await spec.create({ kernels, train, seed: 0 }, spec.options.parse({}));
    await latencyOf(kernels, model, train);
    const before = kernels.bytesInUse;
    const microseconds = await latencyOf(kernels, model, train);
    assert.ok(microseconds > 0 && Number.isFinite(microseconds));
    assert.equal(kernels.bytesInUse, before);
    model.close();
  }
});
