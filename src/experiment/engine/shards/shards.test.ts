import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Dataset, loadDataset, storeDataset } from '../../../data/index.js';
import { stateSizes } from '../../../data/interactions.js';
import { RecdistillError } from '../../../errors.js';
import { planMemory } from '../../../memory/index.js';
import { readFinishedRun, readTeacher, runJob, verifyRun } from '../../../runs/index.js';
import { evaluation, kernels, newFolder, refusedAs } from '../../../runs/small.test.support.js';
import type { PlanEvent } from '../events.js';
import type { Executor } from '../executor.js';
import { inlineExecutor } from '../executors/inline.js';
import { processesExecutor } from '../executors/processes.js';
import { createGraph } from '../graph.js';
import type { JobSpec, JoinJob, Setting } from '../job.js';
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
  readonly setting?: Setting;
}

async function run(
  jobs: readonly JobSpec[],
  { runs = newFolder(), data = dataset, setting: how = setting, ...change }: Change = {},
) {
  const events: PlanEvent[] = [];
  const listen = (event: PlanEvent) => {
    events.push(event);
    change.listen?.(event);
  };
  const options = { ...change, runs, dataset: data, listen };
  const prepared = await prepareGraph(createGraph('', how, jobs), options);
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

/** Sizes without interactions: enough to plan. */
function sized(nUsers: number, nItems: number, interactions: number): Dataset {
  const part = (of: number) => {
    const x = { nUsers, nItems, indptr: new Int32Array(0), indices: new Int32Array(0) };
    stateSizes(x, { count: of, weighted: false });
    return x;
  };
  const [train, held] = [Math.round(interactions * 0.6), Math.round(interactions * 0.2)];
  return { ...dataset, train: part(train), valid: part(held), test: part(held), fingerprint: 'f'.repeat(64) };
}

test('auto is the smallest number of shards whose jobs fit, and it is said', async () => {
  const data = sized(450_000, 4000, 4_500_000);
  for (const [model, limit] of [
    ['ials', 1e9],
    ['ials', 0.8e9],
    ['item-knn', 0.75e9],
    ['rp3beta', 0.7e9],
  ] as const) {
    const events: PlanEvent[] = [];
    const prepare = (options: object) =>
      prepareGraph(
        createGraph(
          '',
          setting,
          [{ kind: 'train', name: model, model, method: 'none', teachers: [], options: { epochs: 2, ...options } }].map(
            (one) => (model === 'ials' ? one : { ...one, options }),
          ) as JobSpec[],
        ),
        { dataset: data, runs: newFolder(), memoryPerJob: limit, listen: (event) => void events.push(event) },
      );
    const mostOf = async (shards: number) =>
      Math.max(...(await prepare({ shards })).jobs.map(({ plan }) => ('memory' in plan ? plan.memory! : 0)));
    const chosen = (await prepare({})).jobs.find(({ job }) => job.kind === 'join')!.job as JoinJob;
    assert.ok(chosen.shards > 1);
    assert.ok((await mostOf(chosen.shards)) <= limit, `${model}: ${chosen.shards} shards fit in ${limit}`);
    assert.ok((await mostOf(chosen.shards - 1)) > limit, `${model}: ${chosen.shards - 1} shards do not`);
    const said = events.flatMap((e) => (e.type === 'progress' && e.event.type === 'note' ? [e.event.message] : []));
    assert.match(said[0]!, new RegExp(`is computed in ${chosen.shards} shards`));
  }
});

test('a stored data set is not read by the process that plans and joins', async () => {
  const folder = storeDataset(newFolder(), dataset);
  const data = await loadDataset({ data: folder });
  for (const model of Object.keys(OPTIONS)) {
    const plain = await run([job(model, { shards: 3 })]);
    const { runs } = await run([job(model, { shards: 3 })], { data });
    assert.deepEqual(contentOf(join(runs, model)), contentOf(join(plain.runs, model)), model);
    for (const part of [data.train, data.valid, data.test])
      for (const name of ['indptr', 'indices'])
        assert.ok(Object.getOwnPropertyDescriptor(part, name)!.get, `${model}: ${name} was read`);
    assert.ok(Object.getOwnPropertyDescriptor(data.users, 'ids')!.get, `${model}: ids were read`);
  }
});

test('a sample of users is evaluated in shards as in one process', async () => {
  const sampled: Setting = { ...setting, evaluation: { ...evaluation, evalUsers: 25 } };
  for (const model of ['ials', 'item-knn']) {
    const { runs } = await run([job(model, { shards: 3 })], { setting: sampled });
    const whole = await runJob({
      ...{ dataset, kernels, model, method: 'none', options: { ...OPTIONS[model], shards: 3 } },
      ...{ evaluation: sampled.evaluation, trajectory: sampled.trajectory },
    });
    const made = readFinishedRun(join(runs, model));
    assert.deepEqual(made.result.metrics, whole.result.metrics, model);
    assert.deepEqual(readTeacher(join(runs, model)).trajectory.checkpoints, whole.teacher.trajectory.checkpoints);
    assert.deepEqual(made.rankings.items, whole.rankings.items, model);
    const all = readFinishedRun(join((await run([job(model, { shards: 3 })])).runs, model));
    assert.notDeepEqual(made.result.metrics, all.result.metrics, 'the sample has other means');
  }
});

const program = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));

test('processes that are killed at any moment leave the same run', async () => {
  const words = ['train', 'ials', '--shards', '3', '--dim', '4', '--epochs', '3', '--data', SOURCE.data];
  const start = (runs: string, ...more: string[]) =>
    spawn(process.execPath, [program, ...words, '--runs', runs, '--threads', '2', ...more], { stdio: 'ignore' });
  const endOf = async (child: ChildProcess) => (await once(child, 'exit')) as [number | null, string | null];
  const whole = newFolder();
  assert.deepEqual(await endOf(start(whole)), [0, null]);
  const expected = contentOf(join(whole, 'ials'));
  for (const jobs of ['1', '2']) {
    const runs = newFolder();
    const seen = new Set<string>();
    let kills = 0;
    for (const after of [1, 3, 6, 11]) {
      const child = start(runs, '--jobs', jobs);
      const end = endOf(child);
      let ended = false;
      void end.then(() => {
        ended = true;
      });
      const parts = join(runs, 'parts');
      while (!ended && seen.size < after) {
        await pause(2);
        for (const name of existsSync(parts) ? readdirSync(parts) : []) if (/^[0-9a-f]{64}$/.test(name)) seen.add(name);
      }
      if (!ended) kills++;
      child.kill('SIGKILL');
      await end;
    }
    assert.ok(kills >= 3, `${kills} kills`);
    assert.deepEqual(await endOf(start(runs, '--jobs', jobs)), [0, null]);
    assert.deepEqual(contentOf(join(runs, 'ials')), expected, `${jobs} jobs`);
    assert.deepEqual(
      readdirSync(join(runs, 'parts')).filter((name) => /^[0-9a-f]{64}$/.test(name)),
      [],
    );
  }
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
