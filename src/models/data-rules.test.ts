import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DataSize, densityOf, ruleOf, valuesFromData } from '../options/from-data.js';
import { parseOptions } from '../options/options.js';
import { modelOf, modelRegistry } from './index.js';

const citeulike: DataSize = { nUsers: 5219, nItems: 25_181, interactions: 78_958 };
const of = (model: string, size: DataSize, given: object = {}) => {
  const { options } = modelOf(model);
  return valuesFromData(options, { ...given }, parseOptions(options, given, model) as Record<string, unknown>, size);
};

test('the values on CiteULike, by hand', () => {
  assert.equal(densityOf(citeulike).toFixed(6), '0.000601');
  assert.deepEqual(of('ials', citeulike), { unobservedWeight: 0.002403, l2: 0.02265 });
  assert.deepEqual(of('ease', citeulike), { l2: 100 });
  assert.deepEqual(of('item-knn', citeulike), { neighbours: 500, shrinkage: 100 });
  assert.deepEqual(of('rp3beta', citeulike), { alpha: 0.6, beta: 0, neighbours: 500 });
  assert.deepEqual(of('bpr-mf', citeulike), { l2: 0.005389 });
  assert.deepEqual(of('bpr-mf', citeulike, { batchSize: 256 }), { l2: 0.003 });
  assert.deepEqual(of('mf', citeulike), { batchSize: 256 });
  assert.deepEqual(of('mf', { ...citeulike, nUsers: 671 }), { batchSize: 32 });
  assert.deepEqual(of('mf', { ...citeulike, nUsers: 671 }, { loss: 'bpr' }), { batchSize: 256 });
});

test('on data of any size, every rule gives a value that its option takes', () => {
  for (const spec of modelRegistry.all()) {
    for (const nUsers of [2, 39, 5000, 1e7])
      for (const nItems of [2, 20, 30_000, 1e7])
        for (const share of [1e-9, 1e-4, 0.3, 1]) {
          const size = { nUsers, nItems, interactions: Math.max(2, Math.floor(nUsers * nItems * share)) };
          const parsed: Readonly<Record<string, unknown>> = parseOptions(spec.options, {}, spec.name, size);
          for (const [name, option] of Object.entries(spec.options.shape))
            if (ruleOf(option)) assert.equal(typeof parsed[name], 'number', `${spec.name} ${name}`);
        }
  }
});
