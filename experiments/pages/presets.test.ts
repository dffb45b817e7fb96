import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKernels } from 'recdistill';
import { runPipeline } from 'recdistill/experiment';
import { numbersOf, presetPages, presetPipeline, SEEDS, TEACHERS } from './presets.js';

const DATA = 'citeulike-hetcomp-split';

test('the numbers of a page from finished runs: every model, the ensemble of the teachers and without each of them', async () => {
  const runs = mkdtempSync(join(tmpdir(), 'recdistill-presets-'));
  const kernels = createKernels({ threads: 1, memoryLimit: 2 ** 28 });
  try {
    // Models of their smallest size instead of the preset, which is for much larger data.
    const small = { dim: 4, epochs: 1, evaluateEvery: 1 };
    const seeds = [];
    for (const seed of SEEDS.slice(0, 2)) {
      const { preset: _, ...plan } = presetPipeline(DATA, seed);
      const trained = (e: (typeof plan.teachers)[number]) => ({ ...e, ...(TEACHERS.includes(e.model) ? small : {}) });
      const input = { ...plan, data: { data: 'synthetic:60x80x900' }, teachers: plan.teachers.map(trained) };
      const baselines = plan.baselines.map((e) => ({ ...e, ...(e.model === 'cdae' ? small : {}) }));
      seeds.push(await runPipeline({ ...input, baselines }, { kernels, runs }));
    }
    const numbers = numbersOf(DATA, seeds);
    const ensemble = numbers.rows.find((row) => row.role === 'ensemble')!.values['recall@50']!;
    const [all] = numbers.ensembles;
    assert.equal(ensemble.length, 2);
    assert.ok(Math.abs(all!.values['recall@50']!.mean - (ensemble[0]! + ensemble[1]!) / 2) < 1e-12);
    assert.deepEqual(
      numbers.rows.map(({ name, values }) => [name, values['recall@50']!.length]),
      [
        ...['top-pop', 'item-knn', 'rp3beta', 'ease'].map((name) => [name, 1]),
        ...['ials', 'cdae', ...TEACHERS, 'ensemble'].map((name) => [name, 2]),
      ],
    );
    assert.equal(numbers.againstBaselines.length, 4 * TEACHERS.length);
    assert.deepEqual([...new Set(numbers.bestMember.map(({ seed }) => seed))], [0, 1]);
    const page = presetPages[0]!.toMarkdown(JSON.stringify(numbers));
    assert.match(
      page,
      /^# Results on citeulike-hetcomp-split\n\nMade by `npm run experiments -- citeulike-hetcomp-split`/,
    );
    assert.match(page, /\| without item-autoencoder \| 0\.\d{4} ± 0\.\d{4} \|/);
  } finally {
    kernels.close();
    rmSync(runs, { recursive: true });
  }
});
