/** Every distillation method of the registry is run through the contract; a new one needs no line here. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { methodOf, methodRegistry } from 'recdistill/distill';
import { methodContract } from 'recdistill/testing';

for (const spec of methodRegistry.all()) for (const c of methodContract(spec)) test(c.name, c.run);
for (const c of methodContract(methodOf('hetcomp'), { remainder: 6 })) test(`${c.name}, with 6 drawn`, c.run);

test('every method file has its line in the registry', () => {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'distill');
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts'));
  const declaring = files.filter((f) =>
    /= (distillationMethod|coTrainedMethod)\(\{/.test(readFileSync(join(folder, f), 'utf8')),
  );
  assert.deepEqual(
    declaring.map((f) => basename(f, '.ts')).sort(),
    methodRegistry
      .all()
      .map((d) => d.name)
      .sort(),
  );
});
