import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelOf, modelRegistry } from '../models/index.js';
import { checkMemory, memoryAvailable, memoryNeeded } from './estimate.js';
import { refusedAs, smallData } from './small.test.support.js';

const optionsOf = (name: string, more: object = {}) =>
  modelOf(name).options.parse(more) as Readonly<Record<string, unknown>>;

test('what does not fit is refused before it starts, with what it needs, what there is and what helps', async () => {
  const dataset = await smallData();
  for (const spec of modelRegistry.all()) {
    const options = optionsOf(spec.name);
    const needed = memoryNeeded(spec, options, dataset);
    const refused = refusedAs(
      'out-of-memory',
      new RegExp(`${spec.name} on ${dataset.train.nUsers} users x \\d+ items needs \\d+ MB, 10 MB`),
    );
    assert.throws(() => checkMemory(spec, options, dataset, 10e6), refused);
    assert.throws(() => checkMemory(spec, options, dataset, needed - 1), refusedAs('out-of-memory'));
    checkMemory(spec, options, dataset, needed);
  }
});

test('the estimate grows with what makes a model large', async () => {
  const dataset = await smallData();
  const grows = (name: string, small: object, large: object) => {
    const of = (o: object) => memoryNeeded(modelOf(name), optionsOf(name, o), dataset);
    assert.ok(of(large) > of(small), name);
  };
  grows('bpr-mf', { dim: 8 }, { dim: 16 });
  grows('lightgcn', { dim: 8 }, { dim: 16 });
  grows('mult-vae', { hidden: 8 }, { hidden: 16 });
  grows('mult-vae', { batchSize: 8 }, { batchSize: 16 });
});

test('the memory at hand is a sensible number', () => {
  assert.ok(memoryAvailable() > 0 && memoryAvailable() < 2 ** 50);
});
