import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { verifyPart, writePart } from '../../../formats/index.js';
import { int, options } from '../../../options/options.js';
import { evaluation, kernels, newFolder, refusedAs, smallData } from '../../../runs/small.test.support.js';
import type { PartJob } from '../job.js';
import { partUnit } from '../parts/index.js';
import { partFolder } from '../store-folders.js';
import { performPart, planPart } from './part.js';

const setting = { evaluation, trajectory: { checkpoints: 4, spread: 'epochs' as const } };
let calls = 0;
const sums = partUnit({
  name: 'sums',
  needs: 'dataset',
  options: options({ base: int({ default: 0, help: 'First value.' }) }),
  async perform({ base }, { folder, shard, of, dataset, inputs }) {
    calls += 1;
    const read = inputs.map((from) => Number(readFileSync(join(from, 'sum'), 'utf8')));
    const sum = read.reduce((a, b) => a + b, base + shard + dataset().train.nUsers * of);
    writeFileSync(join(folder, 'sum'), String(sum));
  },
});

const job = (more: Partial<PartJob> = {}): PartJob => ({
  ...{ kind: 'part', name: 'a', unit: 'sums', options: {}, shard: 0, of: 2, teachers: [], ...more },
});

const hashOfPart = async (unit = sums, given = job(), inputs: readonly string[] = [], fingerprint?: string) => {
  const dataset = await smallData();
  const plan = planPart(
    given,
    {
      ...{ setting, arithmetic: 'plain' },
      dataset: fingerprint === undefined ? dataset : { ...dataset, fingerprint },
      inputs: inputs.map((hash) => ({
        name: hash,
        place: '',
        teacher: '',
        hash,
        spec: { kind: '', options: {}, dataFingerprint: '' },
      })),
    },
    unit,
  );
  return plan.results[0]!.hash;
};

const make = async (store: string, unit = sums, given = job(), signal = new AbortController().signal) => {
  const dataset = await smallData();
  const hash = await hashOfPart(unit, given);
  const folder = partFolder(store, hash);
  const task = { folder, hash, setting, dataFingerprint: dataset.fingerprint, inputs: [] };
  return { folder, done: await performPart(given, task, { kernels, dataset }, { signal, listen() {} }, unit) };
};

test('the hash of a part depends on all that determines its content, and on nothing else', async () => {
  const usual = await hashOfPart();
  assert.equal(await hashOfPart(sums, job({ name: 'other', options: { base: 0 } })), usual);
  const others = [
    await hashOfPart(sums, job({ options: { base: 1 } })),
    await hashOfPart(sums, job({ shard: 1 })),
    await hashOfPart(sums, job({ of: 3 })),
    await hashOfPart(sums, job(), ['x', 'y']),
    await hashOfPart(sums, job(), ['y', 'x']),
    await hashOfPart(sums, job(), [], 'other data'),
    await hashOfPart({ ...sums, revision: 2 }),
  ];
  assert.equal(new Set([usual, ...others]).size, others.length + 1);
  const blind = { ...sums, needs: 'nothing' } as const;
  assert.equal(await hashOfPart(blind, job(), [], 'other data'), await hashOfPart(blind));
});

test('a part is made once, and again if it was damaged or its unit has another revision', async () => {
  const store = newFolder();
  calls = 0;
  const { folder, done } = await make(store);
  assert.deepEqual([done.reused, calls], [false, 1]);
  assert.equal((await make(store)).done.reused, true);
  assert.equal(calls, 1);
  const { files } = await verifyPart(folder);
  assert.deepEqual(Object.keys(files), ['sum']);
  await make(store, { ...sums, revision: 2 });
  assert.equal(calls, 2);
  const before = readFileSync(join(folder, 'sum'));
  writeFileSync(join(folder, 'sum'), 'longer than before');
  await assert.rejects(verifyPart(folder), refusedAs('artifact-damaged', /size differs/));
  assert.equal((await make(store)).done.reused, false);
  assert.deepEqual(readFileSync(join(folder, 'sum')), before);
  writeFileSync(
    join(folder, 'sum'),
    before.map((byte) => byte ^ 1),
  );
  await assert.rejects(verifyPart(folder), refusedAs('artifact-damaged', /SHA-256/));
});

test('a part that fails or is stopped leaves nothing', async () => {
  const store = newFolder();
  const failing = {
    ...sums,
    async perform() {
      throw new Error('no');
    },
  };
  await assert.rejects(make(store, failing), /no/);
  assert.deepEqual(readdirSync(join(store, 'parts')), []);
  const stopped = AbortSignal.abort();
  const slow = partUnit({
    ...sums,
    async perform(_, { folder, progress }) {
      writeFileSync(join(folder, 'sum'), '1');
      for (let n = 0; n < 1e6; n++) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await progress.task('sums')(n, 1e6);
      }
    },
  });
  await assert.rejects(make(store, slow, job(), stopped), refusedAs('interrupted'));
  assert.deepEqual(readdirSync(join(store, 'parts')), []);
});

test('of two that write the same part at once, one is kept', async () => {
  const folder = join(newFolder(), 'part');
  const identity = { hash: 'h', spec: {} };
  const fill = async (at: string) => {
    writeFileSync(join(at, 'file'), 'content');
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await Promise.all([writePart(folder, identity, fill), writePart(folder, identity, fill)]);
  await verifyPart(folder);
  assert.deepEqual(readdirSync(join(folder, '..')), ['part']);
});

test('a process that is killed while it writes leaves no part, and the next one removes what it left', async () => {
  const store = newFolder();
  mkdirSync(store, { recursive: true });
  const folder = join(store, 'part');
  const source = pathToFileURL(fileURLToPath(new URL('../../../formats/index.js', import.meta.url))).href;
  const script = `
    import { writePart } from ${JSON.stringify(source)};
    import { writeFileSync } from 'node:fs';
    await writePart(${JSON.stringify(folder)}, { hash: 'h', spec: {} }, async (at) => {
      writeFileSync(at + '/file', 'half');
      process.stdout.write('writing');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  assert.equal(existsSync(folder), false);
  assert.equal(readdirSync(store).length, 1);
  await writePart(folder, { hash: 'h', spec: {} }, async (at) => writeFileSync(join(at, 'file'), 'whole'));
  assert.deepEqual(readdirSync(store), ['part']);
  await verifyPart(folder);
});
