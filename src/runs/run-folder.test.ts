import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { RecdistillError } from '../errors.js';
import { readJsonLines } from '../formats/lines.js';
import type { Tensor } from '../student/safetensors.js';
import { openRunFolder, type RunFolder, readRunManifest } from './run-folder.js';
import type { RunSpec } from './run-manifest.js';

let dir: string;
let folder: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-run-'));
  folder = join(dir, 'runs', 'a');
});
afterEach(() => {
  mock.restoreAll();
  fs.rmSync(dir, { recursive: true, force: true });
});

const spec: RunSpec = { kind: 'train', options: { dim: 4, seed: 7 }, dataFingerprint: 'f00d' };
const is = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof RecdistillError && error.code === code && message.test(error.message);
const weights = (epoch: number): Record<string, Tensor> => ({
  user: { shape: [2, 2], data: Float32Array.of(epoch, 1 / epoch, -0, 1e-40) },
});
const list = (): string[] => fs.readdirSync(join(folder, 'checkpoints')).sort();

/** Trains from where the run stands to `last`, with a checkpoint every third epoch, as a training loop would. */
function train(run: RunFolder, last: number): void {
  const { checkpoint } = run.loadLatestCheckpoint<{ best: number }>();
  let best = checkpoint?.state.best ?? 0;
  for (let epoch = (checkpoint?.epoch ?? 0) + 1; epoch <= last; epoch++) {
    best = Math.max(best, Math.sin(epoch));
    run.metric({ epoch, best });
    run.event({ type: 'epoch', epoch });
    if (epoch % 3 === 0) run.saveCheckpoint({ epoch, tensors: weights(epoch), state: { best } });
  }
}

test('a new run has a manifest and a lock, and can be opened again', () => {
  const run = openRunFolder(folder, spec, { threads: 2, simd: true });
  assert.equal(run.resumed, false);
  assert.deepEqual(fs.readdirSync(folder).sort(), ['lock', 'manifest.json']);
  assert.throws(() => openRunFolder(folder, spec), is('run-locked', /in use by process/));
  assert.deepEqual(run.loadLatestCheckpoint(), { checkpoint: undefined, damaged: [] });
  run.close();
  const again = openRunFolder(folder, spec, { threads: 1 });
  assert.equal(again.resumed, true);
  assert.deepEqual(again.manifest, run.manifest);
  again.close();
  assert.deepEqual(readRunManifest(folder), run.manifest);
});

test('interrupted and resumed gives the same metrics as straight through', () => {
  const straight = openRunFolder(folder, spec);
  train(straight, 10);
  straight.close();
  const expected = fs.readFileSync(join(folder, 'metrics.jsonl'), 'utf8');
  assert.equal(expected.split('\n').length, 11);
  for (const stop of [1, 2, 3, 4, 8, 9, 10]) {
    folder = join(dir, 'runs', `stopped-${stop}`);
    const first = openRunFolder(folder, spec);
    train(first, stop);
    first.close();
    fs.appendFileSync(join(folder, 'metrics.jsonl'), '{"seq":99,"epo');
    const second = openRunFolder(folder, spec);
    train(second, 10);
    assert.deepEqual(second.loadLatestCheckpoint().checkpoint, {
      ...{ epoch: 9, tensors: weights(9), state: { best: Math.sin(8) } },
    });
    second.close();
    const metrics = fs.readFileSync(join(folder, 'metrics.jsonl'), 'utf8');
    // The call above went back to epoch 9, the last checkpoint.
    assert.equal(metrics, `${expected.split('\n').slice(0, 9).join('\n')}\n`, `stopped at ${stop}`);
    const events = readJsonLines(join(folder, 'events.jsonl'));
    assert.deepEqual(
      events.map((e) => e.seq),
      events.map((_, n) => n + 1),
    );
    assert.deepEqual(
      events.filter((e) => e.type === 'epoch').map((e) => e.epoch),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.equal(events.findLast((e) => e.type === 'resumed')?.from, 9);
  }
});

test('the two newest checkpoints are kept', () => {
  const run = openRunFolder(folder, spec);
  train(run, 12);
  assert.deepEqual(list(), ['epoch-000009.safetensors', 'epoch-000012.safetensors']);
  run.saveCheckpoint({ epoch: 1_000_000, tensors: {}, state: null });
  assert.deepEqual(list(), ['epoch-000012.safetensors', 'epoch-1000000.safetensors']);
  assert.equal(run.loadLatestCheckpoint().checkpoint?.epoch, 1_000_000);
  run.close();
});

test('a damaged newest checkpoint is reported and the previous one is used; without any intact one this is reported', () => {
  const run = openRunFolder(folder, spec);
  train(run, 7);
  const damage = (name: string): void => {
    const bytes = fs.readFileSync(join(folder, 'checkpoints', name));
    bytes[bytes.length - 1]! ^= 1;
    fs.writeFileSync(join(folder, 'checkpoints', name), bytes);
  };
  damage('epoch-000006.safetensors');
  run.close();
  const again = openRunFolder(folder, spec);
  const { checkpoint, damaged } = again.loadLatestCheckpoint();
  assert.equal(checkpoint?.epoch, 3);
  assert.equal(damaged.length, 1);
  assert.match(damaged[0]!.path, /epoch-000006\.safetensors$/);
  assert.match(damaged[0]!.problem, /SHA-256/);
  assert.deepEqual(list(), ['epoch-000003.safetensors', 'epoch-000006.safetensors.damaged']);
  assert.equal(readJsonLines(join(folder, 'metrics.jsonl')).length, 3);
  const told = readJsonLines(join(folder, 'events.jsonl')).at(-1)!;
  assert.equal(told.type, 'resumed');
  assert.deepEqual(told.damaged, damaged);
  damage('epoch-000003.safetensors');
  assert.throws(
    () => again.loadLatestCheckpoint(),
    is('artifact-damaged', /epoch-000003.*older ones are damaged, too/),
  );
  again.close();
});

test('a checkpoint of another run or another epoch is not used', () => {
  const run = openRunFolder(folder, spec);
  train(run, 3);
  const path = join(folder, 'checkpoints', 'epoch-000003.safetensors');
  fs.copyFileSync(path, join(folder, 'checkpoints', 'epoch-000009.safetensors'));
  assert.match(run.loadLatestCheckpoint().damaged[0]!.problem, /its epoch is 3/);
  run.close();
  const other = openRunFolder(join(dir, 'runs', 'b'), { ...spec, dataFingerprint: 'beef' });
  other.saveCheckpoint({ epoch: 1, tensors: {}, state: 0 });
  fs.copyFileSync(path, join(other.path, 'checkpoints', 'epoch-000003.safetensors'));
  assert.match(other.loadLatestCheckpoint().damaged[0]!.problem, /belongs to another run/);
  other.close();
});

test('a state that JSON cannot keep is refused before anything is written', () => {
  const run = openRunFolder(folder, spec);
  const save = (state: unknown) => () => run.saveCheckpoint({ epoch: 1, tensors: {}, state });
  assert.throws(save({ best: Number.NEGATIVE_INFINITY }), /best is -Infinity/);
  assert.throws(save(new Float32Array(1)), TypeError);
  assert.throws(() => run.saveCheckpoint({ epoch: 1.5, tensors: {}, state: 0 }), TypeError);
  assert.deepEqual(list(), []);
  run.close();
});

test('a full disk stops a checkpoint, and the one before is still there', () => {
  const run = openRunFolder(folder, spec);
  train(run, 6);
  mock.method(fs, 'writeSync', () => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  });
  const save = () => run.saveCheckpoint({ epoch: 9, tensors: weights(9), state: 0 });
  assert.throws(save, is('write-failed', /epoch-000009.*the disk is full/));
  mock.restoreAll();
  assert.deepEqual(list(), ['epoch-000003.safetensors', 'epoch-000006.safetensors']);
  assert.equal(run.loadLatestCheckpoint().checkpoint?.epoch, 6);
  run.close();
});

test('another kind, other options, data or inputs are refused, and the run does not change', () => {
  const run = openRunFolder(folder, spec);
  train(run, 3);
  run.close();
  const before = fs.readdirSync(folder).sort();
  assert.throws(() => openRunFolder(folder, { ...spec, kind: 'distill' }), is('run-differs', /kind was "train"/));
  assert.throws(
    () => openRunFolder(folder, { ...spec, options: { dim: 8, seed: 7 } }),
    is('run-differs', /options.dim was 4, now it is 8/),
  );
  assert.throws(() => openRunFolder(folder, { ...spec, dataFingerprint: 'beef' }), is('run-differs', /different data/));
  assert.throws(() => openRunFolder(folder, { ...spec, inputs: { t: 'x' } }), is('run-differs', /"t" was absent/));
  assert.deepEqual(fs.readdirSync(folder).sort(), before);
});

test('overwrite starts again and removes the old run', () => {
  const old = openRunFolder(folder, spec);
  train(old, 6);
  old.writeResult('result.json', { recall: 1 });
  old.close();
  const run = openRunFolder(folder, { ...spec, kind: 'distill' }, { overwrite: true });
  assert.equal(run.resumed, false);
  assert.equal(run.isFinished(), false);
  assert.deepEqual(fs.readdirSync(folder).sort(), ['lock', 'manifest.json']);
  run.close();
});

test('overwrite of what differs keeps the same run', () => {
  const overwrite = 'differing';
  const open = (more: object) => openRunFolder(folder, { ...spec, ...more }, { overwrite });
  const old = open({});
  train(old, 6);
  old.writeResult('result.json', { recall: 1 });
  old.close();
  for (const [more, resumed] of [
    [{}, true],
    [{ dataFingerprint: 'beef' }, false],
    [{}, false],
  ] as const) {
    const run = open(more);
    assert.deepEqual([run.resumed, run.isFinished()], [resumed, resumed]);
    run.close();
  }
});

test('an overwrite that fails brings the old run back', () => {
  const old = openRunFolder(folder, spec);
  train(old, 6);
  old.close();
  const before = fs.readdirSync(folder).sort();
  mock.method(fs, 'writeSync', () => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  });
  assert.throws(
    () => openRunFolder(folder, { ...spec, kind: 'distill' }, { overwrite: true }),
    is('write-failed', /disk is full/),
  );
  mock.restoreAll();
  assert.deepEqual(fs.readdirSync(folder).sort(), before);
  const again = openRunFolder(folder, spec);
  assert.equal(again.loadLatestCheckpoint().checkpoint?.epoch, 6);
  again.close();
});

test('a run is not overwritten under its user', () => {
  const run = openRunFolder(folder, spec);
  assert.throws(() => openRunFolder(folder, spec, { overwrite: true }), is('run-locked', /in use/));
  run.close();
});

test('a damaged manifest is reported; overwrite replaces it', () => {
  openRunFolder(folder, spec).close();
  fs.truncateSync(join(folder, 'manifest.json'), 20);
  assert.throws(() => openRunFolder(folder, spec), is('artifact-damaged', /manifest\.json is damaged: it is not JSON/));
  for (const overwrite of [true, 'differing'] as const) {
    openRunFolder(folder, spec, { overwrite }).close();
    openRunFolder(folder, spec).close();
    fs.truncateSync(join(folder, 'manifest.json'), 20);
  }
});

test("a folder with somebody's files is not made a run", () => {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(join(folder, 'thesis.tex'), 'precious');
  for (const overwrite of [false, true]) {
    assert.throws(() => openRunFolder(folder, spec, { overwrite }), is('usage', /thesis\.tex/));
  }
  assert.deepEqual(fs.readdirSync(folder), ['thesis.tex']);
  assert.throws(() => openRunFolder(join(folder, 'thesis.tex'), spec), is('read-failed', /is a file, not a folder/));
});

test('a run is finished by its results, and its logs are complete', () => {
  const run = openRunFolder(folder, spec);
  train(run, 8);
  run.writeResult('report.md', '# Report\n');
  assert.equal(run.isFinished(), false);
  run.writeResult('result.json', { best: 0.5 });
  assert.equal(run.isFinished(), true);
  assert.deepEqual(run.readResult('result.json'), { best: 0.5 });
  assert.equal(fs.readFileSync(join(folder, 'report.md'), 'utf8'), '# Report\n');
  run.close();
  const again = openRunFolder(folder, spec);
  assert.equal(again.loadLatestCheckpoint().checkpoint?.epoch, 6);
  assert.equal(readJsonLines(join(folder, 'metrics.jsonl')).length, 8);
  assert.throws(() => again.readResult('absent.json'), is('file-missing', /absent\.json/));
  for (const name of ['manifest.json', '../result.json', 'lock', '.x', 'checkpoints']) {
    assert.throws(() => again.writeResult(name, 1), TypeError);
  }
  again.close();
});

test('a closed run refuses writes', () => {
  const run = openRunFolder(folder, spec);
  run.close();
  run.close();
  const calls = [
    () => run.event({ type: 'x' }),
    () => run.metric({ epoch: 1 }),
    () => run.saveCheckpoint({ epoch: 1, tensors: {}, state: 0 }),
    () => run.writeResult('result.json', 1),
    () => run.loadLatestCheckpoint(),
  ];
  for (const call of calls) assert.throws(call, /is closed/);
  assert.deepEqual(fs.readdirSync(folder), ['manifest.json']);
});
