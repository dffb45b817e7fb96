import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { type Dataset, loadDataset } from '../../../data/index.js';
import { RecdistillError } from '../../../errors.js';
import { planMemory } from '../../../memory/index.js';
import { readFinishedRun, readTeacher, runJob, verifyRun } from '../../../runs/index.js';
import { evaluation, kernels, newFolder, refusedAs } from '../../../runs/small.test.support.js';
import type { PlanEvent } from '../events.js';
import type { Executor } from '../executor.js';
import { inlineExecutor } from '../executors/inline.js';
import { processesExecutor } from '../executors/processes.js';
import { createGraph } from '../graph.js';
import type { JobSpec, Setting } from '../job.js';
import { prepareGraph } from '../prepare.js';
import { runGraph } from '../run.js';

afterEach(() => planMemory({ threads: 1 }));

const SOURCE = { data: 'synthetic:90x60x900:2' };
const dataset = await loadDataset(SOURCE);
const setting: Setting = { data: SOURCE, evaluation, trajectory: { checkpoints: 2, spread: 'epochs' } };
const OPTIONS: Readonly<Record<string, object>> = {
  ials: { dim: 4, epochs: 3 },
  ease: { form: 'primal' },
  'item-knn': { neighbours: 8 },
  rp3beta: { neighbours: 8 },
};
const job = (model: string, more: object = {}): JobSpec => ({
  ...{ kind: 'train', name: model, model, method: 'none', teachers: [] },
  options: { ...OPTIONS[model], ...more },
});

interface Change {
  readonly runs?: string;
  readonly data?: Dataset;
  readonly executor?: Executor;
  readonly signal?: AbortSignal;
  readonly listen?: (event: PlanEvent) => void;
  readonly memoryPerJob?: number;
}

async function run(jobs: readonly JobSpec[], { runs = newFolder(), data = dataset, ...change }: Change = {}) {
  const events: PlanEvent[] = [];
  const listen = (event: PlanEvent) => {
    events.push(event);
    change.listen?.(event);
  };
  const options = { ...change, runs, dataset: data, listen };
  const prepared = await prepareGraph(createGraph('', setting, jobs), options);
  const result = await runGraph(prepared, { executor: inlineExecutor(kernels, data), ...options });
  return { runs, events, result, prepared };
}

/** Everything in a run that does not depend on the clock or the machine. */
function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const kept = files.filter(({ name }) => /safetensors$|metrics.jsonl|items.json|users.json/.test(name));
  return Object.fromEntries(
    kept.map((entry) => [
      `${entry.parentPath.slice(folder.length)}/${entry.name}`,
      readFileSync(join(entry.parentPath, entry.name), 'hex'),
    ]),
  );
}

const startedBy = (events: readonly PlanEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'started' ? [event.job] : []));

const weightsOf = (x: Dataset['train']) => Float32Array.from(x.indices, (item, e) => 0.5 + ((item + e) % 7) / 3);
const heldOut = await loadDataset({ ...SOURCE, split: 'users' });
/** Fewer users than shards. */
const few = await loadDataset({ data: 'synthetic:15x60x150:2' });
const weighted: Dataset = { ...dataset, train: { ...dataset.train, weights: weightsOf(dataset.train) } };

test('parts give the run of one process in as many shards: every model, weights, users held out whole, more shards than users', async () => {
  const all = Object.keys(OPTIONS);
  for (const [name, data, names, counts] of [
    ['plain', dataset, all, [3]],
    ['other numbers', dataset, ['ials'], [2, 7]],
    ['weights', weighted, ['ials', 'ease'], [3]],
    ['held out', heldOut, all, [3]],
    ['few users', few, ['ials', 'item-knn'], [20]],
  ] as const) {
    for (const model of names) {
      for (const shards of counts) {
        const { runs, result } = await run([job(model, { shards })], { data });
        assert.deepEqual([result.failed, result.skipped], [[], []]);
        const folder = join(runs, model);
        const whole = await runJob({
          ...{ dataset: data, kernels, model, method: 'none', options: { ...OPTIONS[model], shards } },
          ...{ evaluation, trajectory: setting.trajectory },
        });
        const made = readFinishedRun(folder);
        const what = `${model}, ${name}, ${shards} shards`;
        assert.deepEqual(made.rankings.items, whole.rankings.items, what);
        assert.deepEqual(made.result.metrics, whole.result.metrics, what);
        assert.equal(made.result.parameters, whole.result.parameters, what);
        assert.equal(made.result.bestEpoch, whole.result.bestEpoch, what);
        assert.equal(made.manifest.hash, whole.teacher.hash, what);
        const { trajectory, tables } = readTeacher(folder);
        assert.deepEqual(trajectory.checkpoints, whole.teacher.trajectory.checkpoints, what);
        assert.deepEqual(trajectory.observed, whole.teacher.trajectory.observed, what);
        if (tables && data !== heldOut) assert.deepEqual(tables, whole.teacher.tables, what);
        assert.deepEqual(readdirSync(join(runs, 'parts')), [], 'no part is left');
      }
    }
  }
});

test('the files of a run do not depend on the number of processes, or on where it was stopped and continued', async () => {
  const plain = contentOf(join((await run([job('ials', { shards: 3 })])).runs, 'ials'));
  const executor = processesExecutor({
    jobs: 2,
    threads: 2,
    arithmetic: kernels.arithmetic === 'plain' ? 'plain' : 'auto',
  });
  try {
    const two = await run([job('ials', { shards: 3 })], { executor });
    assert.deepEqual(contentOf(join(two.runs, 'ials')), plain);
  } finally {
    await executor.close();
  }
  const names = startedBy((await run([job('ials', { shards: 3 })])).events);
  for (const at of [2, 11, names.length - 1]) {
    const stop = new AbortController();
    const runs = newFolder();
    let finished = 0;
    const listen = ({ type }: PlanEvent) => {
      if (type === 'finished' && ++finished === at) stop.abort();
    };
    await assert.rejects(
      run([job('ials', { shards: 3 })], { runs, listen, signal: stop.signal }),
      refusedAs('interrupted'),
    );
    const again = await run([job('ials', { shards: 3 })], { runs });
    assert.deepEqual(contentOf(join(runs, 'ials')), plain, `stopped after ${at}`);
    const made = again.events.flatMap((e) => (e.type === 'finished' && !e.reused ? [e.job] : []));
    assert.equal(made.length, names.length - at, 'nothing is made twice');
    assert.deepEqual(readdirSync(join(runs, 'parts')), []);
    const third = await run([job('ials', { shards: 3 })], { runs });
    assert.deepEqual(startedBy(third.events), ['ials'], 'a finished run needs no parts');
  }
});

test('parts of earlier stages are removed as it goes', async () => {
  const runs = newFolder();
  let most = 0;
  const listen = ({ type }: PlanEvent) => {
    if (type === 'finished') most = Math.max(most, readdirSync(join(runs, 'parts')).length);
  };
  await run([job('ials', { shards: 2, epochs: 5 })], { runs, listen });
  // Two stages, and the rankings of two sweeps.
  assert.ok(most <= 2 * 2 + 2 * 2 + 2, `${most} parts at the same time`);
});

test('a student learns from a run in shards, and the run is whole', async () => {
  const student: JobSpec = {
    ...{ kind: 'train', name: 's', model: 'bpr-mf', method: 'rrd', teachers: ['ials'] },
    options: { dim: 2, epochs: 1, evaluateEvery: 1 },
  };
  const { runs, result } = await run([job('ials', { shards: 2 }), student]);
  assert.deepEqual(
    result.results.map((r) => r.name),
    ['ials', 's'],
  );
  assert.ok(result.results[0]!.evaluation.users.length > 0, 'the evaluation is read when it is asked for');
  assert.ok((await verifyRun(join(runs, 'ials'))).files > 5);
});

test('the number of shards is the smallest that the memory allows, and it is said; without a limit there is one', async () => {
  const one = await run([job('ials')]);
  assert.deepEqual(startedBy(one.events), ['ials']);
  assert.ok(!existsSync(join(one.runs, 'parts')));
  assert.ok(!('shards' in readFinishedRun(join(one.runs, 'ials')).manifest.options));
  await assert.rejects(run([job('ials')], { memoryPerJob: 2e6 }), refusedAs('out-of-memory'));
});

test('a model without shards refuses them, with the reason and the models that have them', async () => {
  await assert.rejects(
    run([{ ...job('ials'), name: 'b', model: 'bpr-mf', options: { shards: 3 } } as JobSpec]),
    (error: unknown) =>
      error instanceof RecdistillError &&
      error.code === 'needs-not-met' &&
      /every step of its training/.test(error.message) &&
      /item-knn, rp3beta, ease, ials/.test(error.hint),
  );
  await assert.rejects(run([job('ease', { form: 'dual', shards: 2 })]), refusedAs('bad-option'));
});
