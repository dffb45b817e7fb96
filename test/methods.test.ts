/** Every distillation method of the registry is run through the contract; a new one needs no line here. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { methodOf, methodRegistry } from 'recdistill/distill';
import { modelOf, modelRegistry } from 'recdistill/models';
import { methodContract } from 'recdistill/testing';

const students = modelRegistry.all();
for (const spec of methodRegistry.all()) for (const c of methodContract(spec, {}, students)) test(c.name, c.run);
for (const c of methodContract(methodOf('rrd'))) test(`${c.name}, of the suite`, c.run);
// An alpha below 1 moves every user on in every call, so that a few epochs see every phase.
for (const c of methodContract(methodOf('hetcomp'), { alpha: 0.9 }).filter((c) => /interrupted/.test(c.name)))
  test(`${c.name}, with a hasty curriculum`, c.run);
for (const c of methodContract(methodOf('hetcomp'), { remainder: 6 }, [modelOf('bpr-mf')]))
  test(`${c.name}, with 6 drawn`, c.run);

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
