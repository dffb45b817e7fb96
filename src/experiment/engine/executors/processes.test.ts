import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { kernels, newFolder, quick, refusedAs, SMALL, smallData } from '../../../runs/small.test.support.js';
import { runPipeline } from '../../plans/pipeline.js';
import { tune } from '../../plans/tune.js';
import type { PlanEvent } from '../events.js';
import { receivedError, sentError } from './messages.js';
import { processesExecutor, sharesOf } from './processes.js';

const executor = processesExecutor({ jobs: 2, threads: 2, memoryLimit: 560e6 });
after(() => executor.close());

const evaluation = { at: [5, 10], selectBy: 'recall@10' };
const hetcomp = { ...quick, dim: 2, period: 1, topK: 20, discrepancyK: 10, lambda: 0.1 };
const plan = {
  ...{ name: 'tiny', data: { data: SMALL }, evaluation },
  teachers: [{ model: 'bpr-mf', ...quick }, { model: 'cml', ...quick }, { model: 'ease' }],
  students: [
    { model: 'bpr-mf', name: 'assistant', ...hetcomp, dim: 3 },
    { model: 'bpr-mf', name: 'student', ...hetcomp, teachers: ['assistant'] },
    { model: 'bpr-mf', name: 'pair', method: 'bd', ...quick, dim: 2, teachers: ['bpr-mf'] },
  ],
};

test('threads are divided with none left over, and no process is without one', () => {
  assert.deepEqual(sharesOf(4, 2), [2, 2]);
  assert.deepEqual(sharesOf(4, 3), [2, 1, 1]);
  assert.deepEqual(sharesOf(7, 3), [3, 2, 2]);
  assert.deepEqual(sharesOf(2, 5), [1, 1]);
  assert.deepEqual(sharesOf(1, 3), [1]);
});

test('other processes make the same as this one; a child that is killed is replaced', {
  timeout: 240_000,
}, async () => {
  const [here, there] = [newFolder(), newFolder()];
  const inline = await runPipeline(plan, { kernels, runs: here });
  const killed = new Set<string>();
  const retried: string[] = [];
  const listen = (e: PlanEvent) => {
    if (e.type === 'retry') retried.push(`${e.job} ${e.end}`);
    if (e.type !== 'progress' || !['bpr-mf', 'student'].includes(e.job) || killed.has(e.job)) return;
    if (e.event.type !== 'checkpoint' || e.event.epoch < 2) return;
    killed.add(e.job);
    // Whoever makes the run holds its lock.
    const lock = JSON.parse(readFileSync(join(there, 'tiny', e.job, 'lock'), 'utf8')) as { pid: number };
    assert.notEqual(lock.pid, process.pid);
    process.kill(lock.pid, 'SIGKILL');
  };
  const shipped = await runPipeline(plan, { executor, runs: there, listen });
  assert.deepEqual(shipped.failed, []);
  assert.ok(retried.length > 0 && retried.every((line) => line.endsWith('SIGKILL')), retried.join());
  const means = (rows: typeof inline.rows) => rows.map((row) => [row.name, row.evaluation.means, row.parameters]);
  assert.deepEqual(means(shipped.rows), means(inline.rows));
  for (const name of ['bpr-mf', 'cml', 'assistant', 'student', 'pair/teacher', 'pair/student'])
    for (const file of ['model.safetensors', 'metrics.jsonl', 'rankings-test.safetensors']) {
      const [a, b] = [here, there].map((runs) => readFileSync(join(runs, 'tiny', name, file)));
      assert.ok(a!.equals(b!), `${name}/${file}`);
    }
});

test('concurrent searches for several models make the same trials', { timeout: 120_000 }, async () => {
  const request = {
    ...{ dataset: await smallData(), data: { data: SMALL }, evaluation, models: ['ease', 'bpr-mf'], name: 'search' },
    ...{ fixed: { dim: 4, epochs: 4, batchSize: 64 }, options: { trials: 4 } },
  };
  const lasting = ({ searches }: Awaited<ReturnType<typeof tune>>) =>
    searches.map((s) => s.trials.map(({ seconds: _, ...trial }) => trial));
  const inline = await tune({ ...request, kernels });
  assert.deepEqual(lasting(await tune({ ...request, executor, runs: newFolder() })), lasting(inline));
  await assert.rejects(tune({ ...request, executor }), refusedAs('usage', /need a folder of runs/));
});

test('the error of a job arrives with its code and details', { timeout: 60_000 }, async () => {
  const wild = { ...quick, optimizer: 'sgd', learningRate: 100, l2: 100 };
  const { failed } = await runPipeline(
    { ...plan, teachers: [{ model: 'bpr-mf', ...wild }], students: [] },
    { executor, runs: newFolder() },
  );
  assert.ok(refusedAs('diverged', /bpr-mf diverged: the loss of epoch 1/)(failed[0]!.error));
  const strange = receivedError(sentError(new TypeError('odd')));
  assert.equal(strange.message, 'odd');
});
