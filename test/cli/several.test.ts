import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { createWorkshop, lastingFiles } from './program.js';

const w = createWorkshop();
after(w.remove);

const DATA = ['--data', 'synthetic:200x150x4000'];
const MODELS = ['bpr-mf', 'lightgcn', 'ease'];
const OFTEN = ['--dim', '8', '--evaluate-every', '1', '--patience', '1000'];
const SHORT = [...OFTEN, '--epochs', '40'];

interface Row {
  readonly model: string;
  readonly name: string;
  readonly reused?: boolean;
  readonly valid?: Record<string, number>;
  readonly error?: { readonly code: string; readonly message: string };
}
interface Answer {
  readonly runs: readonly Row[];
  readonly failed: number;
  readonly error?: { readonly code: string; readonly message: string };
}

test('in turn and side by side give the same runs; finished ones are read back', { timeout: 120_000 }, async () => {
  const inTurn = await w.run('train', ...MODELS, ...DATA, ...SHORT, '--threads', '2');
  assert.equal(inTurn.code, 0, inTurn.stderr);
  for (const name of MODELS) assert.match(inTurn.stdout, new RegExp(`^${name} +0\\.\\d{4}`, 'm'));
  assert.match(inTurn.stdout, /distill --teachers bpr-mf,lightgcn,ease --dim 6/);
  // Another folder of runs: in the same one, finished runs would be used again.
  const apart = ['--runs', 'apart'];
  const words = ['train', ...MODELS, ...DATA, ...SHORT, '--name', 'beside', '--jobs', '3', '--threads', '2', ...apart];
  const beside = await w.json(...words);
  assert.equal(beside.code, 0, beside.stderr);
  assert.match(beside.stderr, /^2 jobs at a time, with 1 and 1 of 2 threads\.$/m);
  const { runs, failed } = beside.value as unknown as Answer;
  assert.deepEqual(
    runs.map((r) => [r.model, r.name, r.reused]),
    MODELS.map((model) => [model, `beside/${model}`, false]),
  );
  assert.equal(failed, 0);
  for (const { model, valid } of runs) {
    assert.deepEqual(lastingFiles(w.path('apart', 'beside', model)), lastingFiles(w.path('runs', model)), model);
    assert.ok(valid!['recall@50']! > 0);
  }
  const again = await w.json(...words);
  assert.ok((again.value as unknown as Answer).runs.every((r) => r.reused));
  const one = await w.run('train', 'lightgcn', 'bpr-mf', ...DATA, ...SHORT, '--quiet');
  assert.equal(one.stdout.match(/already finished/g)?.length, 2);
  assert.equal(one.stderr, '');
});

for (const how of [[], ['--jobs', '2', '--threads', '2']]) {
  test(`one that fails does not stop the others (${how.length > 0 ? 'side by side' : 'in turn'})`, {
    timeout: 60_000,
  }, async () => {
    const wild = [
      '--optimizer',
      'sgd',
      '--learning-rate',
      '100',
      '--l2',
      '100',
      '--epochs',
      '9',
      '--name',
      `wild${how.length}`,
    ];
    const words = ['train', 'bpr-mf', 'ease', ...DATA, ...wild, ...how];
    const { code, value, stderr } = await w.json(...words);
    const { runs, failed } = value as unknown as Answer;
    assert.deepEqual([code, failed], [1, 1], stderr);
    assert.deepEqual([runs[0]!.error!.code, runs[1]!.error], ['diverged', undefined]);
    const text = await w.run(...words);
    assert.equal(text.code, 1);
    assert.match(text.stdout, /^wild\d\/bpr-mf .*failed: diverged$/m);
    assert.match(text.stdout, /bpr-mf diverged.*\n {2}Lower learningRate/);
    assert.match(text.stdout, /^wild\d\/ease .*already finished$/m);
    assert.match(text.stdout, /distill --teachers wild\d\/ease --dim 6/);
  });
}

test('Ctrl-C stops all jobs at checkpoints, and the same command resumes to the same result', {
  timeout: 120_000,
}, async () => {
  for (const how of [['--jobs', '2', '--threads', '2'], []]) {
    const name = `stopped${how.length}`;
    // Each way in a folder of runs of its own: finished runs would be used again.
    const [runs, place] = [`runs${how.length}`, ['--runs', `runs${how.length}`]];
    const words = [
      'train',
      'bpr-mf',
      'lightgcn',
      ...DATA,
      ...OFTEN,
      '--epochs',
      '400',
      '--name',
      name,
      ...how,
      ...place,
    ];
    const { child, ended, seen } = w.start(...words, '--json');
    await seen(/bpr-mf: epoch \d+ of 400/, 3);
    if (how.length > 0) await seen(/lightgcn: epoch \d+ of 400/, 3);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, (JSON.parse(stdout) as Answer).error!.code], [1, 'interrupted'], stderr);
    const begun = how.length > 0 ? ['bpr-mf', 'lightgcn'] : ['bpr-mf'];
    for (const model of begun) assert.ok(readdirSync(w.path(runs, name, model, 'checkpoints')).length > 0, model);
    for (const model of begun) assert.ok(!existsSync(w.path(runs, name, model, 'lock')), `${model} is free`);
    const resumed = await w.run(...words);
    assert.equal(resumed.code, 0, resumed.stderr);
    for (const model of begun) assert.match(resumed.stderr, new RegExp(`${model}: continuing after epoch [1-9]`));
  }
  for (const model of ['bpr-mf', 'lightgcn']) {
    assert.deepEqual(
      lastingFiles(w.path('runs0', 'stopped0', model)),
      lastingFiles(w.path('runs4', 'stopped4', model)),
    );
  }
});

test('no child process continues when the command is killed', { timeout: 60_000 }, async () => {
  const words = ['train', 'bpr-mf', 'lightgcn', ...DATA, ...OFTEN, '--epochs', '100000', '--name', 'killed'];
  const { child, ended, seen } = w.start(...words, '--jobs', '2', '--threads', '2');
  await seen(/bpr-mf: epoch \d+ of/, 2);
  await seen(/lightgcn: epoch \d+ of/, 2);
  child.kill('SIGKILL');
  await ended;
  const locks = ['bpr-mf', 'lightgcn'].map((model) => w.path('runs', 'killed', model, 'lock'));
  while (locks.some((lock) => existsSync(lock))) await new Promise((resolve) => setImmediate(resolve));
  for (const model of ['bpr-mf', 'lightgcn']) {
    assert.ok(readdirSync(w.path('runs', 'killed', model, 'checkpoints')).length > 0, model);
  }
});

test('what cannot be is refused before any of them starts', { timeout: 60_000 }, async () => {
  for (const [words, code, message] of [
    [['bpr-mf', 'bpr-mf'], 'usage', /bpr-mf is named twice/],
    [['bpr-mf', 'bpr-fm'], 'unknown-name', /bpr-fm/],
    [['ease', 'top-pop', '--dim', '4'], 'unknown-option', /--dim/],
    [['bpr-mf', 'ease', '--l2', '-1'], 'bad-option', /--l2.* -1/],
    [['bpr-mf', 'ease', '--jobs', '0'], 'bad-option', /--jobs/],
  ] as const) {
    const { code: exit, value } = await w.json('train', ...words, ...DATA, '--name', 'refused');
    const { error } = value as unknown as Answer;
    assert.deepEqual([exit, error!.code], [2, code], words.join(' '));
    assert.match(error!.message, message);
  }
  assert.ok(!existsSync(w.path('runs', 'refused')));
});
