import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDataset } from '../data/index.js';
import { createKernels } from '../kernels/index.js';
import { modelOf } from './index.js';

const LONG = [
  ['ease', 'synthetic:4000x4000x80000', {}],
  ['ials', 'synthetic:300x200x4000', { dim: 64, epochs: 1000 }],
  ['item-knn', 'synthetic:2000x900x440000', {}],
  ['rp3beta', 'synthetic:2000x900x440000', {}],
] as const;

test('what takes long is estimated in seconds, what does not is not, and no memory is kept', async () => {
  const k = createKernels({ threads: 1, memoryLimit: 2 ** 28 });
  const small = (await loadDataset({ data: 'synthetic:60x80x900' })).train;
  for (const [name, data, options] of LONG) {
    const spec = modelOf(name);
    assert.ok(spec.kind === 'computed');
    const { train } = await loadDataset({ data });
    const estimate = () => spec.estimate!({ kernels: k, train, seed: 0 }, spec.options.parse(options));
    // The first time kernels take working memory that they keep.
    estimate();
    const before = k.bytesInUse;
    const seconds = estimate()!;
    assert.ok(seconds > 0 && Number.isFinite(seconds), `${name}: ${seconds}`);
    assert.equal(k.bytesInUse, before);
    const none = spec.estimate!({ kernels: k, train: small, seed: 0 }, spec.options.parse({}));
    assert.equal(none, undefined, name);
  }
  k.close();
});
