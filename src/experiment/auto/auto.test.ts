import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { dataOptions, loadDataset } from '../../data/index.js';
import { RecdistillError } from '../../errors.js';
import { evaluationOptions } from '../../eval/index.js';
import { createKernels } from '../../kernels/index.js';
import type { PlanEvent } from '../engine/index.js';
import { type AutoResult, planAuto, runAuto } from './auto.js';

const kernels = createKernels({ threads: 2, memoryLimit: 2 ** 28 });
const root = mkdtempSync(join(tmpdir(), 'recdistill-auto-'));
after(() => {
  kernels.close();
  rmSync(root, { recursive: true });
});

const data = dataOptions.parse({ data: 'synthetic:60x80x900' });
const dataset = await loadDataset(data);
const evaluation = evaluationOptions.parse({ at: [5, 10], selectBy: 'recall@10' });
const planned = (options: object = {}) => planAuto({ dataset, data, evaluation, options });
/** A budget for this many rungs. */
const budgetOf = (rungs: number) => {
  const all = planned().rungs.slice(0, rungs);
  const sum = all.reduce((total, rung) => total + rung.seconds, all.at(-1)!.finalSeconds);
  return `${Math.ceil(sum)}s`;
};
const run = (folder: string, rungs: number, more: { signal?: AbortSignal; listen?: (e: PlanEvent) => void } = {}) => {
  const plan = planned({ timeBudget: budgetOf(rungs), keep: '90%' });
  assert.equal(plan.within, rungs);
  return runAuto(plan, { runs: join(root, folder), kernels, ...more });
};
/** All that must not differ between two runs. */
const bits = ({ candidates, choice, ensemble, single, frontier, final }: AutoResult) => ({
  ...{ chosen: choice.chosen.name, ensemble: [ensemble.rung, ensemble.value, ensemble.choice] },
  ...{ single: [single.alone.job.name, single.p], frontier: frontier.map((c) => c.name) },
  candidates: candidates.map((c) => [c.name, c.bytes, c.value, c.result.evaluation.means]),
  bundles: [choice.chosen.result.folder!, final!.folder].map((folder) =>
    readFileSync(join(folder, 'student', 'student.safetensors')).toString('base64'),
  ),
});

const whole = await run('whole', 3);

test('the chosen model is the smallest that keeps enough, and the members are what the ensemble says', () => {
  const { choice, candidates, ensemble, single } = whole;
  assert.ok(choice.keeps && choice.chosen.value >= 0.9 * ensemble.value);
  for (const c of candidates)
    if (c.bytes < 0.99 * choice.chosen.bytes) assert.ok(c.value < 0.9 * ensemble.value, `${c.name} is smaller`);
  assert.ok(ensemble.value >= single.value, 'greedy selection starts with the best single model');
  const weights = new Map(ensemble.choice!.members.map((m) => [m.name, m.weight]));
  for (const { job } of ensemble.members) assert.ok(weights.get(job.name)! > 0);
  assert.ok(
    Math.abs(ensemble.value - ensemble.choice!.value) < 1e-9,
    'the value of the fused lists is that of the choice',
  );
  for (const kind of ['student', 'direct', 'single']) assert.ok(candidates.some((c) => c.kind === kind));
});

test('two runs give the same bits', async () => {
  assert.deepEqual(bits(await run('again', 3)), bits(whole));
});

test('a run that was stopped at any stage goes on to the same bits', async () => {
  // In the teachers, in the searches, in the models without teachers, in the students, in the final fit.
  for (const stopAfter of [1, 4, 12, 18, 26]) {
    const stop = new AbortController();
    let ended = 0;
    const listen = (event: PlanEvent) => {
      if (event.type === 'finished' && ++ended === stopAfter) stop.abort();
    };
    await assert.rejects(
      run(`stopped-${stopAfter}`, 3, { signal: stop.signal, listen }),
      (e) => e instanceof RecdistillError && e.code === 'interrupted',
    );
    let reused = 0;
    const count = (event: PlanEvent) => {
      if (event.type === 'finished' && event.reused) reused += 1;
    };
    assert.deepEqual(bits(await run(`stopped-${stopAfter}`, 3, { listen: count })), bits(whole));
    assert.ok(reused >= stopAfter - 3, 'finished jobs are read back, all but the ensembles');
  }
});

test('a larger budget does all that a smaller one does, and is not worse on valid', async () => {
  const [less, more] = [await run('budget', 1), await run('budget', 4)];
  const names = (r: AutoResult) => r.candidates.map((c) => c.name);
  for (const [smaller, larger] of [
    [less, whole],
    [whole, more],
  ] as const) {
    for (const name of names(smaller)) assert.ok(names(larger).includes(name), name);
    assert.ok(larger.ensemble.value >= smaller.ensemble.value);
    for (const c of smaller.frontier)
      assert.ok(
        larger.frontier.some((other) => other.bytes <= c.bytes && other.value >= c.value),
        c.name,
      );
  }
  assert.ok(names(more).length > names(whole).length);
  assert.ok(!less.candidates.some((c) => c.kind === 'student'), 'the first rung has no students');
});

test('test takes no part: with other test interactions the choice is the same', async () => {
  // Test becomes a copy of valid: every metric on test differs.
  const changed = { ...dataset, test: dataset.valid, fingerprint: `${dataset.fingerprint.slice(0, -1)}0` };
  const plan = planAuto({ dataset: changed, evaluation, options: { timeBudget: budgetOf(1), keep: '90%' } });
  const made = await runAuto(plan, { runs: join(root, 'other-test'), kernels });
  const first = await run('budget', 1);
  assert.equal(made.choice.chosen.name, first.choice.chosen.name);
  assert.deepEqual(
    made.candidates.map((c) => c.value),
    first.candidates.map((c) => c.value),
  );
  assert.notDeepEqual(
    made.candidates.map((c) => c.result.evaluation.means),
    first.candidates.map((c) => c.result.evaluation.means),
  );
});

test('bad input: a budget that is too small, no valid part, a limit that no model is within', async () => {
  const refused = (code: string, message: RegExp) => (e: unknown) =>
    e instanceof RecdistillError && e.code === code && message.test(e.message) && e.hint.length > 0;
  assert.throws(
    () => planned({ timeBudget: '1s' }),
    refused('needs-not-met', /too small: the first models take about \d+ s/),
  );
  assert.throws(() => planned({ keep: '120%' }), refused('bad-option', /a share such as 95%/));
  assert.throws(() => planned({ timebudget: '1h' }), refused('unknown-option', /"timebudget"/));
  const all = await loadDataset(dataOptions.parse({ data: 'synthetic:60x80x900', ratios: [0.8, 0, 0.2] }));
  assert.throws(() => planAuto({ dataset: all, evaluation }), refused('needs-not-met', /no valid part/));
  const tiny = planned({ timeBudget: budgetOf(1), name: 'auto', maxSize: '100B' });
  await assert.rejects(
    runAuto(tiny, { runs: join(root, 'budget'), kernels }),
    refused('needs-not-met', /no model has a bundle of at most 100 bytes: the smallest, \S+, has \d+/),
  );
});

test('ten users are enough', async () => {
  const few = dataOptions.parse({ data: 'synthetic:10x20x50', minUser: 1 });
  const ten = await loadDataset(few);
  const small = evaluationOptions.parse({ at: [5], selectBy: 'recall@5' });
  const plan = planAuto({ dataset: ten, data: few, evaluation: small, options: { timeBudget: '7s' } });
  const { choice } = await runAuto(plan, { runs: join(root, 'ten'), kernels });
  assert.ok(choice.chosen.value > 0);
});
