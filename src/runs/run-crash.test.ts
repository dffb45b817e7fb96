/** kill -9 at every step of writing and at random moments: the folder always opens, and the run ends as if nothing had been. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RecdistillError } from '../errors.js';
import { readJsonLines } from '../formats/lines.js';
import { openRunFolder, type RunFolder } from './run-folder.js';
import type { RunSpec } from './run-manifest.js';

const spec: RunSpec = { kind: 'train', options: { seed: 7 }, dataFingerprint: 'f00d' };
const other: RunSpec = { ...spec, kind: 'distill' };

/** One epoch's parameters: large enough that writing them takes a while. */
const parameters = (epoch: number, size: number): Float32Array =>
  new Float32Array(size).fill(epoch).fill(1 / epoch, 0, 1);

function train(run: RunFolder, last: number, size: number, told: (epoch: number) => void = () => {}): void {
  const { checkpoint } = run.loadLatestCheckpoint<{ epoch: number }>();
  for (let epoch = (checkpoint?.state.epoch ?? 0) + 1; epoch <= last; epoch++) {
    run.metric({ epoch, loss: 1 / epoch });
    const tensors = { p: { shape: [size], data: parameters(epoch, size) } };
    run.saveCheckpoint({ epoch, tensors, state: { epoch } });
    told(epoch);
  }
}

/** Kills this process at the `n`-th step that changes the disk; a write is then left half done. */
function dieAt(n: number): void {
  let step = 0;
  const names = ['openSync', 'writeSync', 'renameSync', 'linkSync', 'mkdirSync', 'rmSync', 'truncateSync'] as const;
  for (const name of names) {
    const original = fs[name] as (...args: unknown[]) => unknown;
    Object.assign(fs, {
      [name]: (...args: unknown[]) => {
        if (name === 'openSync' && args[1] === 'r') return original(...args);
        step += 1;
        if (step < n) return original(...args);
        if (name === 'writeSync') original(args[0], args[1], args[2], Math.ceil(Number(args[3]) / 2));
        return process.kill(process.pid, 'SIGKILL');
      },
    });
  }
}

const role = process.env.RECDISTILL_TEST_CRASH_CHILD;
const [folder = '', n = '0'] = process.argv.slice(2);
if (role === 'train') {
  dieAt(Number(n));
  const run = openRunFolder(folder, spec);
  train(run, 3, 8);
  run.writeResult('result.json', { done: true });
  run.close();
} else if (role === 'overwrite') {
  dieAt(Number(n));
  openRunFolder(folder, other, { overwrite: true }).close();
} else if (role === 'endless') {
  train(openRunFolder(folder, spec), Number.POSITIVE_INFINITY, 50_000, (epoch) => fs.writeSync(1, `${epoch}\n`));
} else {
  tests();
}

function tests(): void {
  let dir: string;
  before(() => {
    dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-crash-'));
  });
  after(() => fs.rmSync(dir, { recursive: true, force: true }));

  const script = fileURLToPath(import.meta.url);
  const envFor = (childRole: string): NodeJS.ProcessEnv => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    return { ...env, RECDISTILL_TEST_CRASH_CHILD: childRole };
  };
  /** @returns true if the child was killed on the way, false if it came to its end */
  const dies = (childRole: string, target: string, step: number): boolean => {
    const { signal, status, stderr } = spawnSync(process.execPath, [script, target, String(step)], {
      env: envFor(childRole),
    });
    assert.ok(signal === 'SIGKILL' || status === 0, `${stderr}`);
    return signal === 'SIGKILL';
  };
  const metricsOf = (target: string): string => fs.readFileSync(join(target, 'metrics.jsonl'), 'utf8');

  test('killed at any step of a run, it is resumed to the same end', () => {
    const straight = openRunFolder(join(dir, 'straight'), spec);
    train(straight, 3, 8);
    straight.close();
    let steps = 0;
    for (let step = 1; ; step++, steps++) {
      const target = join(dir, `train-${step}`);
      if (!dies('train', target, step)) break;
      const run = openRunFolder(target, spec);
      train(run, 3, 8);
      const { checkpoint, damaged } = run.loadLatestCheckpoint();
      run.close();
      assert.deepEqual(damaged, [], `step ${step}`);
      assert.deepEqual(checkpoint?.tensors.p?.data, parameters(3, 8), `step ${step}`);
      assert.equal(metricsOf(target), metricsOf(straight.path), `step ${step}`);
      const known = ['checkpoints', 'events.jsonl', 'manifest.json', 'metrics.jsonl', 'result.json'];
      assert.deepEqual(
        fs.readdirSync(target).filter((name) => !known.includes(name)),
        [],
        `step ${step}`,
      );
      assert.deepEqual(fs.readdirSync(join(target, 'checkpoints')).sort(), [
        'epoch-000002.safetensors',
        'epoch-000003.safetensors',
      ]);
    }
    assert.ok(steps > 20, `only ${steps} steps were tried`);
  });

  test('killed at any step of an overwrite, the old run or the new one is there, whole', () => {
    const outcomes = new Set<string>();
    for (let step = 1; ; step++) {
      const target = join(dir, `overwrite-${step}`);
      const old = openRunFolder(target, spec);
      train(old, 2, 8);
      old.writeResult('result.json', { done: true });
      old.close();
      if (!dies('overwrite', target, step)) break;
      try {
        const run = openRunFolder(target, spec);
        assert.equal(run.isFinished(), true, `step ${step}`);
        assert.equal(run.loadLatestCheckpoint().checkpoint?.epoch, 2, `step ${step}`);
        assert.equal(readJsonLines(join(target, 'metrics.jsonl')).length, 2, `step ${step}`);
        run.close();
        outcomes.add('old');
      } catch (error) {
        assert.ok(error instanceof RecdistillError && error.code === 'run-differs', `step ${step}: ${error}`);
        openRunFolder(target, other).close();
        assert.deepEqual(fs.readdirSync(target), ['manifest.json'], `step ${step}`);
        outcomes.add('new');
      }
    }
    assert.deepEqual([...outcomes], ['old', 'new']);
  });

  test('killed at random moments while writing checkpoints, the folder always loads', async () => {
    const target = join(dir, 'endless');
    let reached = 0;
    for (let kill = 0; kill < 15; kill++) {
      const child = spawn(process.execPath, [script, target], {
        env: envFor('endless'),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const gone = once(child, 'exit');
      let lines = 1 + Math.floor(Math.random() * 12);
      let told = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        told = Number(line);
        lines -= 1;
        if (lines === 0) child.kill('SIGKILL');
      }
      assert.deepEqual(await gone, [null, 'SIGKILL']);
      const run = openRunFolder(target, spec);
      const { checkpoint, damaged } = run.loadLatestCheckpoint();
      run.close();
      assert.deepEqual(damaged, []);
      assert.ok(checkpoint && checkpoint.epoch >= told && told > reached, `told ${told}, found ${checkpoint?.epoch}`);
      assert.deepEqual(checkpoint.tensors.p?.data, parameters(checkpoint.epoch, 50_000));
      const epochs = readJsonLines(join(target, 'metrics.jsonl')).map((line) => line.epoch);
      assert.deepEqual(
        epochs,
        Array.from({ length: checkpoint.epoch }, (_, k) => k + 1),
      );
      reached = checkpoint.epoch;
    }
  });
}
