/** Every model of the registry is run through the contract; a new one needs no line here. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadDataset } from 'recdistill/data';
import { createKernels } from 'recdistill/kernels';
import { makeModel, modelOf, modelRegistry } from 'recdistill/models';
import { modelContract } from 'recdistill/testing';

for (const spec of modelRegistry.all()) for (const c of modelContract(spec)) test(c.name, c.run);
// Other losses have batches of another kind; ease has two forms.
for (const [name, options] of [
  ['mf', { loss: 'bpr' }],
  ['mf', { samples: 5 }],
  ['lightgcn', { loss: 'softmax' }],
  ['ease', { form: 'primal' }],
  ['fism', { loss: 'bpr', inputL2: 0 }],
  ['fism', { samples: 5, biases: false, exponent: 0.8 }],
] as const)
  for (const c of modelContract(modelOf(name), options)) test(`${c.name}, with ${JSON.stringify(options)}`, c.run);

test('every built-in model in closed form can be interrupted', async () => {
  const { train } = await loadDataset({ data: 'synthetic:60x40x600' });
  const kernels = createKernels({ threads: 1 });
  for (const spec of modelRegistry.all().filter((m) => m.kind === 'computed')) {
    let steps = 0;
    const step = async () => {
      steps += 1;
    };
    (await makeModel(spec, { kernels, train, seed: 0, step }, spec.options.parse({}))).close();
    assert.ok(steps > 0, spec.name);
  }
  kernels.close();
});

test('every model file has its line in the registry', () => {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'models');
  const files = readdirSync(folder).filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts'));
  const declaring = files.filter((f) => /= (trained|computed)Model\(\{/.test(readFileSync(join(folder, f), 'utf8')));
  assert.deepEqual(
    declaring.map((f) => f.replace(/\.ts$/, '')).sort(),
    modelRegistry
      .all()
      .map((m) => m.name)
      .sort(),
  );
});
