import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fail, RecdistillError } from '../../errors.js';
import { isFinishedRun, isRun, readFinishedRun, readRunManifest, writeManifest } from '../../runs/index.js';
import { evaluation, kernels, newFolder, quick, refusedAs, SMALL, smallData } from '../../runs/small.test.support.js';
import { estimateJobs } from './estimate.js';
import type { PlanEvent } from './events.js';
import { type Executor, LostProcess, type Task } from './executor.js';
import { inlineExecutor } from './executors/inline.js';
import { createGraph } from './graph.js';
import type { JobSpec, Setting } from './job.js';
import { prepareGraph } from './prepare.js';
import { refuseFailures, runGraph } from './run.js';

const dataset = await smallData();
const setting: Setting = { data: { data: SMALL }, evaluation, trajectory: { checkpoints: 2, spread: 'epochs' } };
const model = (name: string, options: object = quick, ...teachers: string[]): JobSpec => ({
  ...{ kind: 'train', name, model: 'bpr-mf', teachers, method: teachers.length > 0 ? 'hetcomp' : 'none' },
  options: { ...options },
});
const hetcomp = { ...quick, dim: 2, period: 1, topK: 20, discrepancyK: 10, lambda: 0.1 };
const FUSED = { importance: 'rank', temperature: 40, cutoff: 100 } as const;
const fuse = (...teachers: string[]): JobSpec => ({ kind: 'fuse', name: 'ensemble', teachers, options: FUSED });
const wild = { ...quick, optimizer: 'sgd', learningRate: 100, l2: 100 };

interface Change {
  readonly runs?: string;
  readonly executor?: Executor;
  readonly overwrite?: boolean | 'differing';
  readonly signal?: AbortSignal;
  readonly plan?: string;
}

async function run(jobs: readonly JobSpec[], change: Change = {}) {
  const events: PlanEvent[] = [];
  const options = { ...change, listen: (e: PlanEvent) => void events.push(e) };
  const prepared = await prepareGraph(createGraph(change.plan ?? 'plan', setting, jobs), { dataset, ...options });
  const result = await runGraph(prepared, { executor: inlineExecutor(kernels, dataset), ...options });
  return { events, result };
}
const estimates = async (jobs: readonly JobSpec[], runs: string, plan = 'plan') =>
  estimateJobs(await prepareGraph(createGraph(plan, setting, jobs), { dataset, runs }), kernels);

/** Does each job inline, after what `before` does. */
const after = (before: (task: Task) => void, atOnce = 1): Executor => {
  const inline = inlineExecutor(kernels, dataset);
  return {
    ...inline,
    atOnce,
    async run(task, control) {
      before(task);
      return inline.run(task, control);
    },
  };
};

test('the hash of each run is known before anything runs, and is the one that its manifest gets', async () => {
  const runs = newFolder();
  const jobs = [model('a'), model('s', hetcomp, 'a')];
  const before = await estimates(jobs, runs);
  assert.ok(!existsSync(runs), 'an estimate writes nothing');
  assert.deepEqual(
    before.map((job) => [job.name, job.state, job.teachers]),
    [
      ['a', 'new', []],
      ['s', 'new', ['a']],
    ],
  );
  await run(jobs, { runs });
  for (const { name, hash } of before) assert.equal(readRunManifest(join(runs, 'plan', name)).hash, hash, name);
  const later = await estimates([...jobs, model('longer', { ...quick, dim: 8, epochs: 12 })], runs);
  assert.deepEqual(
    later.map((job) => job.state),
    ['finished', 'finished', 'new'],
  );
  // The time of the finished run, for twice the epochs and twice the dimension.
  const made = readFinishedRun(join(runs, 'plan', 'a')).result.seconds!;
  assert.ok(Math.abs(later[2]!.seconds! / (made * 4) - 1) < 1e-9);
  assert.ok(later[2]!.memoryBytes! > 1e8);
});

test('a finished job of another plan is reused under the new name, and a later loss of it is reported', async () => {
  const runs = newFolder();
  const first = await run([model('a')], { runs, plan: 'one' });
  const jobs = [model('b'), model('s', hetcomp, 'b')];
  assert.deepEqual(
    (await estimates(jobs, runs, 'two')).map((job) => [job.state, job.from]),
    [
      ['finished', 'one/a'],
      ['new', undefined],
    ],
  );
  const never = after(({ job }) => assert.equal(job.name, 's'));
  const { result, events } = await run(jobs, { runs, plan: 'two', executor: never });
  assert.deepEqual(readdirSync(join(runs, 'two', 'b')), ['link.json']);
  assert.ok(isRun(join(runs, 'two', 'b')) && isFinishedRun(join(runs, 'two', 'b')));
  assert.deepEqual(result.results[0]!.evaluation, first.result.results[0]!.evaluation);
  assert.ok(events.some((e) => e.type === 'finished' && e.job === 'b' && e.from === 'one/a' && e.reused));
  // In a plan, too, the same content is made once.
  const same = await run([model('x', { ...quick, seed: 3 }), model('y', { ...quick, seed: 3 })], {
    runs,
    plan: 'three',
  });
  assert.deepEqual(
    same.result.results.map((r) => [r.name, r.reused, r.from]),
    [
      ['x', false, undefined],
      ['y', true, 'three/x'],
    ],
  );
  // A folder of runs that is moved as a whole stays whole.
  const moved = newFolder();
  renameSync(runs, moved);
  assert.equal(readFinishedRun(join(moved, 'two', 'b')).folder, join(moved, 'one', 'a'));
  rmSync(join(moved, 'one'), { recursive: true });
  assert.throws(
    () => readFinishedRun(join(moved, 'two', 'b')),
    refusedAs('needs-not-met', /two.b is a link to the run .*one.a, which no longer exists/),
  );
  await run(jobs, { runs: moved, plan: 'two' });
  assert.ok(readdirSync(join(moved, 'two', 'b')).includes('manifest.json'), 'it is made anew');
});

test('a run of another format or of other options is refused before any work', async () => {
  const runs = newFolder();
  await run([model('a')], { runs });
  const folder = join(runs, 'plan', 'a');
  const refuses = (jobs: readonly JobSpec[], ...error: Parameters<typeof refusedAs>) =>
    assert.rejects(
      run(jobs, { runs, executor: after(() => assert.fail('nothing is to be done')) }),
      refusedAs(...error),
    );
  const other = [model('new'), model('a', { ...quick, dim: 5 })];
  await refuses(other, 'run-differs', /options\.dim was 4, now it is 5/);
  const looked = await estimates(other, runs);
  assert.match(looked[1]!.problem!, /options\.dim was 4/);
  assert.ok(!existsSync(join(runs, 'plan', 'new')));

  const manifest = readRunManifest(folder);
  writeManifest(join(folder, 'manifest.json'), {
    ...manifest,
    format: 7,
    host: { ...manifest.host, version: '9.1.0' },
  });
  await refuses([model('a')], 'run-format', /has format 7 and was written by recdistill 9\.1\.0/);
  // Nor is it used under another name.
  assert.equal((await estimates([model('a')], runs, 'elsewhere'))[0]!.state, 'new');
  writeFileSync(join(folder, 'manifest.json'), '{ "format": 2, "other": "layout" }');
  await refuses([model('a')], 'run-format', /has format 2 and was written by another version/);
  const { result } = await run([model('a')], { runs, overwrite: 'differing' });
  assert.equal(result.results[0]!.reused, false);
});

test('a job whose process dies is given to another one, a limited number of times; a job that fails is not', async () => {
  const dying = (deaths: number) => {
    let left = deaths;
    return after(() => {
      if (left-- > 0) throw new LostProcess('SIGKILL');
    });
  };
  const { result, events } = await run([model('a')], { executor: dying(2) });
  assert.equal(result.results.length, 1);
  const retries = events.flatMap((e) => (e.type === 'retry' ? [[e.attempt, e.most, e.end]] : []));
  assert.deepEqual(retries, [
    [1, 2, 'SIGKILL'],
    [2, 2, 'SIGKILL'],
  ]);
  const lost = await run([model('a')], { executor: dying(3) });
  const error = lost.result.failed[0]!.error;
  assert.ok(error instanceof RecdistillError && error.code === 'job-lost' && /SIGKILL .* 3 times/.test(error.message));
  let tries = 0;
  await run([model('a', wild)], { executor: after(() => void tries++) });
  assert.equal(tries, 1);
});

test('jobs that need a failed job are skipped, and the others run', async () => {
  const jobs = [
    model('bad', wild),
    model('good'),
    fuse('bad', 'good'),
    model('s', hetcomp, 'bad'),
    model('t', hetcomp, 'good'),
  ];
  const { result, events } = await run(jobs);
  assert.deepEqual(
    result.results.map((r) => r.name),
    ['good', 't'],
  );
  assert.deepEqual(
    result.failed.map(({ job, error }) => [job, (error as RecdistillError).code]),
    [['bad', 'diverged']],
  );
  assert.deepEqual(
    result.skipped.map(({ job, because }) => [job, because]),
    [
      ['ensemble', 'bad'],
      ['s', 'bad'],
    ],
  );
  assert.deepEqual(
    events.flatMap((e) => (e.type === 'failed' || e.type === 'skipped' ? [`${e.type} ${e.job}`] : [])),
    ['failed bad', 'skipped ensemble', 'skipped s'],
  );
  assert.throws(() => refuseFailures(result, 5), { code: 'diverged' });
  const two = { ...result, failed: [...result.failed, { job: 'x', error: new Error('no') }] };
  assert.throws(() => refuseFailures(two, 6), refusedAs('jobs-failed', /4 of 6 jobs failed: bad \(.*x \(no\)/));
});

test('a full disk ends the plan: no other job would fare better', async () => {
  const executor = after(({ job }) => {
    if (job.name === 'a') fail('write-failed', { path: 'x', problem: 'full' });
    assert.fail('nothing else is begun');
  });
  await assert.rejects(run([model('a'), model('b')], { executor }), refusedAs('write-failed'));
});

test('jobs that do not wait for each other run at the same time, as many as the executor takes', async () => {
  let [now, most] = [0, 0];
  const inline = inlineExecutor(kernels, dataset);
  const executor: Executor = {
    ...{ atOnce: 2, remote: false, close() {} },
    async run(task, control) {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      return inline.run(task, control).finally(() => now--);
    },
  };
  const { result } = await run(
    [1, 2, 3].map((seed) => model(`m${seed}`, { ...quick, seed })),
    { executor },
  );
  assert.deepEqual([most, result.results.map((r) => r.name)], [2, ['m1', 'm2', 'm3']]);
});

test('a stopped run is shown with its epoch, and resumes to the same bytes', async () => {
  const runs = newFolder();
  const stop = new AbortController();
  let last = 0;
  const inline = inlineExecutor(kernels, dataset);
  const executor: Executor = {
    ...inline,
    run: (task, control) =>
      inline.run(task, {
        ...control,
        listen(e) {
          if (e.type === 'evaluation') last = e.epoch;
          if (last >= 3) stop.abort();
        },
      }),
  };
  await assert.rejects(run([model('a')], { runs, executor, signal: stop.signal }), refusedAs('interrupted'));
  const [job] = await estimates([model('a')], runs);
  assert.deepEqual([job!.state, job!.epoch], ['begun', last]);
  await run([model('a')], { runs });
  const straight = newFolder();
  await run([model('a')], { runs: straight });
  const [one, other] = [runs, straight].map((r) => readFileSync(join(r, 'plan', 'a', 'model.safetensors')));
  assert.ok(one!.equals(other!));
});

test('a plan cannot lie in the folder of a run', async () => {
  const runs = newFolder();
  await run([model('plan')], { runs, plan: '' });
  cpSync(join(runs, 'plan'), join(runs, 'copy'), { recursive: true });
  await assert.rejects(run([model('a')], { runs, plan: 'copy' }), refusedAs('usage', /copy is a run itself/));
});
