import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stream } from '../math/random.js';
import { parseOptions } from '../options/options.js';
import { checkSpace, randomPoint } from '../options/search.js';
import { modelRegistry } from './index.js';

for (const model of modelRegistry.all()) {
  test(`${model.name} accepts every point of its search space, which leaves seed and epochs alone`, () => {
    checkSpace(model.search, model.options, model.name);
    for (const name of ['seed', 'epochs', 'evaluateEvery', 'patience']) assert.ok(!(name in model.search), name);
    const key = stream(0, 'points');
    for (let n = 0; n < 200; n++) {
      const point = randomPoint(model.search, key, n);
      const parsed = parseOptions(model.options, point, model.name) as Record<string, unknown>;
      for (const [name, value] of Object.entries(point)) assert.equal(parsed[name], value);
    }
  });
}
