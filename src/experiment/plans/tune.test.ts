import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadDataset } from '../../data/index.js';
import { type ErrorCode, RecdistillError } from '../../errors.js';
import { sealedLine } from '../../formats/index.js';
import { createKernels } from '../../kernels/index.js';
import { logRange, oneOf } from '../../options/index.js';
import { SEARCH_LOG as LOG, runJob } from '../../runs/index.js';
import type { PlanListener } from '../engine/index.js';
import type { Preset } from '../presets/index.js';
import { ranked, type Trial } from '../search/log.js';
import type { SearchEvent } from '../search/search.js';
import { parseSpaces } from '../search/space.js';
import { type TuneRequest, tune } from './tune.js';

const kernels = createKernels({ threads: 1, memoryLimit: 2 ** 28 });
const root = mkdtempSync(join(tmpdir(), 'recdistill-tune-'));
after(() => {
  kernels.close();
  rmSync(root, { recursive: true });
});
const dataset = await loadDataset({ data: 'synthetic:60x80x900' });
const evaluation = { at: [5, 10], selectBy: 'recall@10' };
const fixed = { dim: 4, epochs: 9, batchSize: 64, evaluateEvery: 1, patience: 50 };
const spaces = { 'bpr-mf': { learningRate: logRange(0.001, 0.3), l2: logRange(1e-5, 0.1) } };

let made = 0;
/** A folder of runs with nothing in it that could be used again. */
const newFolder = () => join(root, `runs-${++made}`);
const NAME = 'search';
/** Of the search for a model. */
const folderIn = (runs: string, model = 'bpr-mf') => join(runs, NAME, model);
/** Only the events of the searches. */
const searching =
  (listen: (event: SearchEvent) => void): PlanListener =>
  (e) => {
    if (e.type === 'progress' && e.event.type === 'search') listen(e.event.event);
  };
const request = (more: Partial<TuneRequest> = {}): TuneRequest => ({
  ...{ dataset, kernels, evaluation, name: NAME, models: ['bpr-mf'], fixed, spaces, options: { trials: 9 } },
  ...more,
});
/** What must not depend on how often a search was stopped. */
const lasting = (trials: readonly Trial[]) => trials.map(({ seconds: _, ...rest }) => rest);
const trialsIn = (runs: string, model?: string): Trial[] =>
  readFileSync(join(folderIn(runs, model), LOG), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { check: _, ...trial } = JSON.parse(line) as Trial & { check: string };
      return trial;
    });
const refuses = (code: ErrorCode, message: RegExp, more: Partial<TuneRequest>) =>
  assert.rejects(
    tune(request(more)),
    (e) => e instanceof RecdistillError && e.code === code && message.test(e.message) && e.hint.length > 10,
  );

test('a search starts at the default, logs every trial, and ends with a preset that gives the same result again', async () => {
  const runs = newFolder();
  const events: SearchEvent[] = [];
  const { searches, preset } = await tune(request({ runs, listen: searching((e) => void events.push(e)) }));
  const [found] = searches;
  const trials = trialsIn(runs);
  assert.deepEqual(
    trials.map((t) => t.trial),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.deepEqual(trials[0]!.options, { learningRate: 0.002, l2: 0.02 });
  assert.ok(
    trials.some((t) => t.reason === 'stopped' && t.epochs < 9),
    'halving stopped some',
  );
  assert.ok(trials.every((t) => t.metrics!['recall@10'] === t.value && !('recall@50' in t.metrics!)));
  const { trial, options } = found!.best!;
  assert.equal(trial.value, Math.max(...trials.map((t) => t.value!)));
  assert.ok(trial.value! >= trials[0]!.value!);
  assert.deepEqual(options, { ...fixed, ...trial.options });
  assert.deepEqual(JSON.parse(readFileSync(join(runs, NAME, 'preset.json'), 'utf8')), preset);
  const { seconds, ...setting } = preset!.models['bpr-mf']!;
  assert.ok(seconds! >= 0);
  assert.deepEqual(setting, {
    options,
    valid: trial.value,
    trials: 9,
    epochs: found!.epochs,
    searched: spaces['bpr-mf'],
  });
  assert.deepEqual(preset!.data, { name: dataset.name, fingerprint: dataset.fingerprint });
  assert.equal(events.filter((e) => e.type === 'finished').length, 9);
  assert.deepEqual(readdirSync(folderIn(runs)).sort(), ['manifest.json', LOG], 'no model is kept');
  const job = await runJob({ dataset, kernels, model: 'bpr-mf', options, evaluation });
  assert.equal(job.teacher.trajectory.checkpoints.at(-1)!.metrics['recall@10'], trial.value);
});

test('the test part is not even looked at', async () => {
  const unseen = new Proxy({} as typeof dataset.test, {
    get(_, name) {
      throw new Error(`the search read test.${String(name)}`);
    },
  });
  const models = ['ease', 'bpr-mf'];
  const { searches } = await tune(request({ dataset: { ...dataset, test: unseen }, models, options: { trials: 2 } }));
  assert.deepEqual(
    searches.map((s) => s.trials.length),
    [2, 2],
  );
});

test('a search that is stopped anywhere continues with the same trials', async () => {
  const whole = newFolder();
  const models = ['ease', 'bpr-mf'];
  await tune(request({ runs: whole, models }));
  const expected = models.map((model) => lasting(trialsIn(whole, model)));
  const bytes = readFileSync(join(folderIn(whole), LOG));
  // After any byte of the log, as kill -9 may leave it.
  for (const share of [0.1, 0.45, 0.5, 0.77, 0.999]) {
    const runs = newFolder();
    await tune(request({ runs, models, options: { trials: 1 } }));
    writeFileSync(join(folderIn(runs), LOG), bytes.subarray(0, Math.floor(bytes.length * share)));
    await tune(request({ runs, models }));
    assert.deepEqual(
      models.map((model) => lasting(trialsIn(runs, model))),
      expected,
      `stopped at ${share}`,
    );
  }
});

test('an interruption keeps the finished trials, a longer search continues, and a different one is refused', async () => {
  const runs = newFolder();
  const stop = new AbortController();
  const listen = (e: SearchEvent) => {
    if (e.type === 'finished' && e.trial.trial === 3) stop.abort();
  };
  await assert.rejects(tune(request({ runs, signal: stop.signal, listen: searching(listen) })), {
    code: 'interrupted',
  });
  assert.equal(trialsIn(runs).length, 4);
  await tune(request({ runs, options: { trials: 11 } }));
  const uninterrupted = newFolder();
  await tune(request({ runs: uninterrupted, options: { trials: 11 } }));
  assert.deepEqual(lasting(trialsIn(runs)), lasting(trialsIn(uninterrupted)));
  await refuses('run-differs', /seed was 0, now it is 1/, { runs, options: { seed: 1 } });
  await refuses('run-differs', /epochs was 9, now it is 8/, { runs, fixed: { ...fixed, epochs: 8 } });
  await tune(request({ runs, options: { trials: 1, seed: 1 }, overwrite: true }));
  assert.equal(trialsIn(runs).length, 1);
});

test('a trial that is interrupted leaves no trace', async () => {
  const runs = newFolder();
  const stop = new AbortController();
  const listen = (e: SearchEvent) => {
    if (e.type === 'train' && e.event.type === 'epoch' && e.event.epoch === 2) stop.abort();
  };
  await assert.rejects(tune(request({ runs, signal: stop.signal, listen: searching(listen) })), {
    code: 'interrupted',
  });
  assert.deepEqual(readdirSync(folderIn(runs)), ['manifest.json']);
});

test('a trial that diverges is a failed trial, not a failed search; a search of failures has no best', async () => {
  const space = { learningRate: oneOf(0.01, 100) };
  const options = { trials: 12, strategy: 'random' };
  const sgd = { ...fixed, optimizer: 'sgd', l2: 100 };
  const { searches, preset } = await tune(request({ spaces: { 'bpr-mf': space }, fixed: sgd, options }));
  const failed = searches[0]!.trials.filter((t) => t.reason === 'failed');
  assert.ok(failed.length > 0 && failed.length < 11);
  for (const t of failed)
    assert.deepEqual([t.options.learningRate, t.error!.code, t.value], [100, 'diverged', undefined]);
  assert.equal(preset!.models['bpr-mf']!.options.learningRate, searches[0]!.best!.trial.options.learningRate);
  const repeated = searches[0]!.trials.filter((t) => t.reason === 'repeated');
  assert.ok(repeated.length > 0 && repeated.every((t) => t.epochs === 0 && t.value !== undefined));
  const doomed = await tune(
    request({
      spaces: { 'bpr-mf': { learningRate: oneOf(100) } },
      fixed: sgd,
      start: presetOf({ learningRate: 100 }),
      options,
    }),
  );
  assert.equal(doomed.searches[0]!.best, undefined);
  assert.deepEqual(doomed.preset!.models, {});
});

const presetOf = (options: Preset['models'][string]['options'], fingerprint = dataset.fingerprint): Preset => ({
  ...{ name: 'mine', data: { name: dataset.name, fingerprint }, selectBy: 'recall@10' },
  models: { 'bpr-mf': { options } },
});

test('a search starts from a preset and keeps its fixed options', async () => {
  const start = presetOf({ learningRate: 0.05, epochs: 5, optimizer: 'adagrad' });
  const { epochs: _, ...rest } = fixed;
  const { searches } = await tune(request({ start, fixed: rest, options: { trials: 2 } }));
  assert.deepEqual(searches[0]!.trials.find((t) => t.trial === 0)!.options, { learningRate: 0.05, l2: 0.02 });
  assert.ok(searches[0]!.trials.every((t) => t.epochs <= 5));
  const { options } = searches[0]!.best!;
  assert.deepEqual([options.optimizer, options.epochs], ['adagrad', 5]);
});

test('searches that cannot be are refused before any work', async () => {
  const runs = newFolder();
  const space = (s: unknown) => ({ runs, spaces: parseSpaces({ 'bpr-mf': s }) });
  await refuses('bad-space', /top-pop .*nothing to tune/, { runs, models: ['top-pop'], fixed: {} });
  await refuses('bad-space', /every option to search is fixed: l2/, { runs, models: ['ease'], fixed: { l2: 3 } });
  await refuses('bad-space', /l2: it has no choices/, space({ l2: [] }));
  await refuses('bad-space', /l2: it goes from 2 to 1/, space({ l2: { low: 2, high: 1 } }));
  await refuses('bad-space', /l2: it starts at 0 on a log/, space({ l2: { low: 0, high: 1, scale: 'log' } }));
  await refuses('bad-space', /l2: it contains 900/, space({ l2: { low: 0, high: 900 } }));
  await refuses('bad-space', /layers: there is no such option/, space({ layers: [1, 2] }));
  await refuses('unknown-option', /"layers" for bpr-mf, ease/, {
    runs,
    models: ['bpr-mf', 'ease'],
    fixed: { layers: 2 },
  });
  await refuses('unknown-name', /no model called "bpr"/, { runs, models: ['bpr'] });
  await refuses('usage', /ease is named twice/, { runs, models: ['ease', 'ease'] });
  await refuses('usage', /no model to tune/, { runs, models: [] });
  await refuses('bad-option', /"eta" of tune is 1/, { runs, options: { eta: 1 } });
  await refuses('preset-differs', /the preset mine was found on/, {
    runs,
    start: presetOf({ l2: 1 }, 'f'.repeat(64)),
  });
  const empty = { ...dataset.valid, indptr: dataset.valid.indptr.slice().fill(0), indices: new Int32Array(0) };
  await refuses('needs-not-met', /no valid part/, { runs, dataset: { ...dataset, valid: empty } });
  for (const [value, message] of [
    [{ 'bpr-mf': 3 }, /bpr-mf .*not a group/],
    [{ 'bpr-mf': { l2: 3 } }, /l2 is neither a list nor a range/],
    [{ 'bpr-mf': { l2: { low: 1 } } }, /l2 is neither/],
    [[1], /not a group/],
  ] as const) {
    assert.throws(
      () => parseSpaces(value),
      (e) => e instanceof RecdistillError && e.code === 'bad-space' && message.test(e.message),
    );
  }
  assert.throws(() => parseSpaces({ bpr: {} }), { code: 'unknown-name' });
  assert.ok(!existsSync(runs), 'nothing was begun');
});

test('a range of an option that takes whole numbers is one of whole numbers', () => {
  const { 'bpr-mf': space } = parseSpaces({
    'bpr-mf': { dim: { low: 4, high: 64, scale: 'log' }, l2: { low: 0, high: 1 } },
  });
  assert.deepEqual(space!.dim, { kind: 'range', low: 4, high: 64, scale: 'log', whole: true });
  assert.deepEqual(space!.l2, { kind: 'range', low: 0, high: 1, scale: 'linear', whole: false });
});

test('a log that was changed by hand is noticed', async () => {
  const runs = newFolder();
  await tune(request({ runs, options: { trials: 2 } }));
  const first = trialsIn(runs)[0]!;
  for (const [line, message] of [
    [sealedLine({ model: 'bpr-mf', trial: 7 }), /line 3 is not a trial/],
    [sealedLine({ ...first, trial: 5 }), /line 3 is not trial 2/],
    [sealedLine({ ...first, trial: 2 }).replace('"trial":2', '"trial":3'), /line 3 does not match its checksum/],
    [JSON.stringify({ ...first, trial: 2 }), /line 3 has no checksum/],
  ] as const) {
    const before = readFileSync(join(folderIn(runs), LOG));
    appendFileSync(join(folderIn(runs), LOG), `${line}\n`);
    await refuses('artifact-damaged', message, { runs });
    writeFileSync(join(folderIn(runs), LOG), before);
  }
});

test('trials that were stopped rank behind those that went their way, failed ones last', () => {
  const trial = (n: number, reason: Trial['reason'], epochs: number, value?: number): Trial => ({
    ...{ model: 'm', trial: n, options: {}, epochs, reason, rungs: {}, seconds: 0 },
    ...(value === undefined ? {} : { value }),
  });
  const trials = [
    trial(0, 'stopped', 3, 0.9),
    trial(1, 'failed', 8),
    trial(2, 'epochs', 9, 0.2),
    trial(3, 'patience', 5, 0.4),
    trial(4, 'stopped', 6, 0.1),
    trial(5, 'repeated', 0, 0.4),
  ];
  assert.deepEqual(
    ranked(trials).map((t) => t.trial),
    [3, 5, 2, 4, 0, 1],
  );
});
