import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { createWorkshop, lastingFiles } from './program.js';

const w = createWorkshop();
after(w.remove);

const BASE = ['train', 'bpr-mf', '--data', 'synthetic:200x150x4000', '--dim', '8'];
const TRAIN = [...BASE, '--epochs', '120'];
const OFTEN = ['--evaluate-every', '1', '--patience', '1000'];
const DISTILL = ['distill', '--teachers', 'teacher,ease', '--dim', '4', '--epochs', '120', '--period', '4'];
const JOINT = [
  'distill',
  '--method',
  'bd',
  '--teachers',
  'teacher',
  '--start',
  'small',
  '--epochs',
  '120',
  '--update',
  '4',
];
const KILLS = 4;
const EVALUATED = /: epoch \d+ of \d+, .*recall@50/;

before(async () => {
  for (const words of [
    [...TRAIN, ...OFTEN, '--name', 'teacher'],
    ['train', 'ease', '--data', 'synthetic:200x150x4000'],
    [...DISTILL, ...OFTEN, '--name', 'student'],
    ['train', 'bpr-mf', '--data', 'synthetic:200x150x4000', '--dim', '3', '--epochs', '5', '--name', 'small'],
    [...JOINT, ...OFTEN, '--name', 'both'],
  ]) {
    const { code, stderr } = await w.run(...words);
    assert.equal(code, 0, stderr);
  }
});

/** A moment that nobody chose: some turns of this process's event loop, from none to a few milliseconds. */
async function aMoment(): Promise<number> {
  const turns = Math.floor(Math.random() * 400);
  for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve));
  return turns;
}

for (const [command, words, model, parts] of [
  ['train', TRAIN, 'teacher', ['']],
  ['distill', DISTILL, 'student', ['']],
  ['joint training', JOINT, 'both', ['teacher', 'student']],
] as const) {
  test(`${command} killed at random moments ends with the same bytes`, { timeout: 120_000 }, async () => {
    const name = `${model}-killed`;
    const moments: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const { child, ended, seen } = w.start(...words, ...OFTEN, '--name', name);
      const lines = 1 + Math.floor(Math.random() * 8);
      await seen(EVALUATED, lines);
      const turns = await aMoment();
      child.kill('SIGKILL');
      const { signal, code } = await ended;
      // On a busy machine the run may be over before the kill arrives.
      if (signal !== null) moments.push(`line ${lines} and ${turns} turns`);
      else assert.equal(code, 0);
    }
    assert.ok(moments.length >= 2, `${moments.length} of ${KILLS} kills hit`);
    const { code, stderr } = await w.run(...words, ...OFTEN, '--name', name);
    assert.equal(code, 0, `killed after ${moments.join(', ')}:\n${stderr}`);
    for (const part of parts) {
      const made = lastingFiles(w.path('runs', name, part));
      assert.ok('model.safetensors' in made && 'metrics.jsonl' in made);
      assert.deepEqual(made, lastingFiles(w.path('runs', model, part)), `killed after ${moments.join(', ')}`);
    }
  });
}

test('Ctrl-C stops at a checkpoint, and the same command resumes from it', { timeout: 60_000 }, async () => {
  const words = [...TRAIN, ...OFTEN, '--name', 'interrupted'];
  const { child, ended, seen } = w.start(...words, '--json');
  await seen(EVALUATED, 3);
  child.kill('SIGINT');
  const { code, stdout, stderr } = await ended;
  const { error } = JSON.parse(stdout) as { error: { code: string; hint: string } };
  assert.deepEqual([code, error.code], [1, 'interrupted'], stderr);
  assert.match(error.hint, /same command again/);
  const resumed = await w.run(...words);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /interrupted: continuing after epoch [1-9]/);
  assert.deepEqual(lastingFiles(w.path('runs', 'interrupted')), lastingFiles(w.path('runs', 'teacher')));
});

test('a second process on the same run is refused, and the run does not change', { timeout: 60_000 }, async () => {
  const words = [...BASE, ...OFTEN, '--epochs', '100000', '--name', 'busy'];
  const { child, ended, seen } = w.start(...words);
  await seen(EVALUATED, 1);
  const second = await w.json(...words);
  assert.deepEqual([second.code, (second.value.error as { code: string }).code], [1, 'run-locked']);
  await seen(EVALUATED, 20);
  child.kill('SIGINT');
  assert.equal((await ended).code, 1);
});

test('a damaged checkpoint is noticed; the one before it serves, and the end is the same', {
  timeout: 60_000,
}, async () => {
  const words = [...TRAIN, ...OFTEN, '--name', 'damaged'];
  const { child, ended, seen } = w.start(...words);
  await seen(EVALUATED, 5);
  child.kill('SIGINT');
  await ended;
  const folder = w.path('runs', 'damaged', 'checkpoints');
  const newest = w.path('runs', 'damaged', 'checkpoints', readdirSync(folder).sort().at(-1)!);
  const bytes = readFileSync(newest);
  writeFileSync(newest, bytes.subarray(0, bytes.length >> 1));
  const resumed = await w.run(...words);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /is damaged .*the previous one is used/);
  assert.deepEqual(lastingFiles(w.path('runs', 'damaged')), lastingFiles(w.path('runs', 'teacher')));
});

test('if every checkpoint is damaged, the run stops and the hint says how to start again', {
  timeout: 60_000,
}, async () => {
  const words = [...TRAIN, ...OFTEN, '--name', 'ruined'];
  const { child, ended, seen } = w.start(...words);
  await seen(EVALUATED, 5);
  child.kill('SIGINT');
  await ended;
  const folder = w.path('runs', 'ruined', 'checkpoints');
  for (const name of readdirSync(folder)) writeFileSync(w.path('runs', 'ruined', 'checkpoints', name), 'no checkpoint');
  const { code, value } = await w.json(...words);
  assert.deepEqual([code, (value.error as { code: string }).code], [1, 'artifact-damaged']);
  assert.match((value.error as { hint: string }).hint, /--overwrite/);
  assert.equal((await w.run(...words, '--overwrite', '--quiet')).code, 0);
});
