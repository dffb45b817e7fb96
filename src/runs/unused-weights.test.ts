import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelRegistry } from '../models/index.js';
import { runJob } from './job.js';
import { evaluation, kernels, quick, smallData } from './small.test.support.js';
import { tellUnusedWeights } from './unused-weights.js';

const notesOf = async (model: string, weighted: boolean) => {
  const data = await smallData();
  const weights = Float32Array.from(data.train.indices, (_, at) => 1 + (at % 3));
  const dataset = weighted ? { ...data, train: { ...data.train, weights } } : data;
  const notes: string[] = [];
  const options = model === 'bpr-mf' ? quick : {};
  await runJob({
    ...{ dataset, kernels, model, options, evaluation },
    listen: (e) => void (e.type === 'note' && /weights of interactions/.test(e.message) && notes.push(e.message)),
  });
  return notes;
};

test('a job reports once that its model ignores the weights of the data', async () => {
  const [note, ...more] = await notesOf('top-pop', true);
  assert.match(
    note!,
    /^top-pop does not use the weights of interactions; .* ials, bpr-mf, mf, cml, neumf, lightgcn, fism$/,
  );
  assert.deepEqual(more, []);
  for (const [model, weighted] of [
    ['top-pop', false],
    ['bpr-mf', true],
    ['ials', true],
  ] as const) {
    assert.deepEqual(await notesOf(model, weighted), [], model);
  }
});

test('every model uses weights or reports that it ignores them', async () => {
  const { train } = await smallData();
  const weighted = { ...train, weights: new Float32Array(train.indices.length).fill(2) };
  for (const spec of modelRegistry.all()) {
    let told = 0;
    tellUnusedWeights(spec, weighted, () => {
      told += 1;
    });
    assert.equal(told, spec.capabilities.includes('weights') ? 0 : 1, spec.name);
  }
});
