import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { loadDataset } from '../../data/index.js';
import { createKernels } from '../../kernels/index.js';
import { modelOf } from '../../models/index.js';
import { parseOptions } from '../../options/options.js';
import { trainingSeconds } from './estimate.js';
import { measuredSeconds } from './measure.js';

const kernels = createKernels({ threads: 1 });
after(() => kernels.close());

test('a measurement grows with the epochs', async () => {
  const dataset = await loadDataset({ data: 'synthetic:300x400x6000' });
  const spec = modelOf('bpr-mf');
  assert.ok(spec.kind === 'trained');
  const { nUsers, nItems, indices } = dataset.train;
  const options = parseOptions(spec.options, { dim: 8 }, 'bpr-mf', { nUsers, nItems, interactions: indices.length });
  const seconds = (epochs: number) => measuredSeconds(kernels, dataset, spec, options, epochs);
  const [few, many] = [await seconds(1), await seconds(100_000)];
  assert.ok(few >= 0.5 && Number.isFinite(many) && many > 10 * few, `${few} s, ${many} s`);
});

test('a model that does not fit into the memory of the kernels is refused', async () => {
  const dataset = await loadDataset({ data: 'synthetic:300x400x6000' });
  const small = createKernels({ threads: 1, memoryLimit: 8e6 });
  try {
    const spec = modelOf('bpr-mf');
    assert.ok(spec.kind === 'trained');
    const { nUsers, nItems, indices } = dataset.train;
    const options = parseOptions(spec.options, { dim: 1024 }, 'bpr-mf', {
      nUsers,
      nItems,
      interactions: indices.length,
    });
    await assert.rejects(measuredSeconds(small, dataset, spec, options, 1), { code: 'out-of-memory' });
  } finally {
    small.close();
  }
});

test('the time of a training is known for models and methods whose work is, and grows with the epochs', async () => {
  const dataset = await loadDataset({ data: 'synthetic:300x400x6000' });
  const of = (method: string, epochs: number) => {
    const options = { dim: 8, epochs, batchSize: 2048, evaluateEvery: 10 };
    return trainingSeconds(kernels, dataset, { model: 'bpr-mf', method, options, epochs });
  };
  for (const method of ['none', 'hetcomp']) {
    const [few, many] = [await of(method, 10), await of(method, 1000)];
    assert.ok(few! > 0 && many! > 10 * few!, `${method}: ${few} s, ${many} s`);
  }
  assert.equal(await of('cd', 10), undefined);
});
