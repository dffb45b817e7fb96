import assert from 'node:assert/strict';
import { test } from 'node:test';
import { totalOf } from '../memory/index.js';
import { modelOf, modelRegistry } from '../models/index.js';
import { checkMemory, memoryNeeded, runParts } from './estimate.js';
import { refusedAs, smallData } from './small.test.support.js';

const optionsOf = (name: string, more: object = {}) =>
  modelOf(name).options.parse(more) as Readonly<Record<string, unknown>>;

test('what does not fit is refused before it starts, with what it needs, what there is and what helps', async () => {
  const dataset = await smallData();
  for (const spec of modelRegistry.all()) {
    const run = { spec, options: optionsOf(spec.name), dataset };
    const needed = memoryNeeded(run);
    const refused = refusedAs(
      'out-of-memory',
      new RegExp(
        `${spec.name} on ${dataset.train.nUsers} users x \\d+ items needs \\d+ MB \\(Node.js and recdistill \\d+ MB, .*\\), 10 MB`,
      ),
    );
    assert.throws(() => checkMemory(run, 10e6), refused);
    assert.throws(() => checkMemory(run, needed - 1), refusedAs('out-of-memory'));
    checkMemory(run, needed);
  }
});

test('the estimate is the sum of its parts and grows with what makes a run large', async () => {
  const dataset = await smallData();
  const of = (name: string, options: object, more: object = {}) => {
    const run = { spec: modelOf(name), options: optionsOf(name, options), dataset, ...more };
    assert.equal(memoryNeeded(run), totalOf(runParts(run)));
    return memoryNeeded(run);
  };
  const grows = (name: string, small: object, large: object) => assert.ok(of(name, large) > of(name, small), name);
  grows('bpr-mf', { dim: 8 }, { dim: 16 });
  grows('lightgcn', { dim: 8 }, { dim: 16 });
  grows('neumf', { dim: 8 }, { dim: 16 });
  grows('mult-vae', { hidden: 8 }, { hidden: 16 });
  grows('mult-vae', { batchSize: 8 }, { batchSize: 16 });
  const threads = (n: number) => of('bpr-mf', {}, { threads: n });
  assert.ok(threads(64) - threads(1) > 63 * 5e6, 'each thread has a heap of its own');
  assert.ok(of('bpr-mf', {}, { teacherLists: 20 }) > of('bpr-mf', {}));
});
