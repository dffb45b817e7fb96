import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { flagsOf, readPreset } from 'recdistill/experiment';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const DATA = ['--data', 'synthetic:60x80x900', '--at', '5,10', '--select-by', 'recall@10'];
const SHORT = ['--epochs', '54', '--evaluate-every', '1', '--patience', '50', '--batch-size', '16', '--dim', '4'];
const SEARCH = ['tune', 'ease', 'bpr-mf', ...DATA, ...SHORT, '--trials', '10', '--min-epochs', '9', '--threads', '1'];

interface Line {
  readonly model: string;
  readonly trial: number;
  readonly reason: string;
  readonly value?: number;
  readonly seconds: number;
  readonly check: string;
}
const trialsOf = (name: string, runs = 'runs'): Line[] =>
  ['ease', 'bpr-mf'].flatMap((model) => {
    const log = w.path(runs, name, model, 'trials.jsonl');
    const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [];
    return lines.map((line) => JSON.parse(line) as Line);
  });
/** What does not depend on the clock. */
const lasting = (name: string, runs?: string) => trialsOf(name, runs).map(({ seconds: _, check: __, ...rest }) => rest);

interface Answer {
  readonly failed?: number;
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
  readonly searches?: readonly {
    readonly model: string;
    readonly command: string;
    readonly best: { readonly trial: Line };
  }[];
}

test('a search that is killed at random times makes the trials of an uninterrupted one', {
  timeout: 120_000,
}, async () => {
  const whole = await w.run(...SEARCH, '--name', 'whole');
  assert.equal(whole.code, 0, whole.stderr);
  assert.deepEqual(
    trialsOf('whole').map((t) => [t.model, t.trial]),
    ['ease', 'bpr-mf'].flatMap((model) => Array.from({ length: 10 }, (_, n) => [model, n])),
  );
  let finished = 0;
  for (const lines of [4, 9]) {
    const { child, ended, seen } = w.start(...SEARCH, '--name', 'killed', '--runs', 'apart');
    await seen(/ trial \d+ of 10: /, lines);
    child.kill('SIGKILL');
    assert.equal((await ended).signal, 'SIGKILL');
    assert.ok(trialsOf('killed', 'apart').length >= finished + lines, 'what was told is in the log');
    finished = trialsOf('killed', 'apart').length;
  }
  const { child, ended, seen } = w.start(...SEARCH, '--name', 'killed', '--runs', 'apart', '--json');
  await seen(/ trials are already finished/);
  child.kill('SIGINT');
  const stopped = await ended;
  assert.equal((JSON.parse(stopped.stdout) as Answer).error!.code, 'interrupted', stopped.stderr);
  const last = await w.run(...SEARCH, '--name', 'killed', '--runs', 'apart');
  assert.equal(last.code, 0, last.stderr);
  assert.deepEqual(lasting('killed', 'apart'), lasting('whole'));
  assert.deepEqual(readdirSync(w.path('apart', 'killed')).sort(), readdirSync(w.path('runs', 'whole')).sort());
});

test('the command and the preset of a search train to the result that it found', { timeout: 60_000 }, async () => {
  const { code, value, stderr } = await w.json(...SEARCH, '--name', 'whole');
  assert.equal(code, 0, stderr);
  const { searches } = value as Answer;
  const found = searches!.find((s) => s.model === 'bpr-mf')!;
  type Train = { valid: Record<string, number>; name: string };
  const byHand = await w.json(...found.command.split(' '), '--name', 'by-hand');
  assert.equal((byHand.value as unknown as Train).valid['recall@10'], found.best.trial.value, byHand.stderr);
  const preset = w.path('runs', 'whole', 'preset.json');
  const both = await w.json('train', 'ease', 'bpr-mf', ...DATA, '--preset', preset);
  assert.equal(both.code, 0, both.stderr);
  assert.deepEqual(
    (both.value as unknown as { runs: Train[] }).runs.map((r) => r.valid['recall@10']),
    searches!.map((s) => s.best.trial.value),
  );
  const less = await w.json('train', 'bpr-mf', ...DATA, '--preset', preset, '--epochs', '2', '--name', 'less');
  assert.equal((less.value as { result?: { epochs: number } }).result!.epochs, 2, 'a flag wins over the preset');
  writeFileSync(
    w.path('p.yaml'),
    `data: { data: 'synthetic:60x80x900' }\nevaluation: { at: [5, 10], selectBy: recall@10 }\npreset: runs/whole/preset.json\n` +
      'teachers: [{ model: bpr-mf }, { model: ease, l2: 7 }]\nstudents: [{ model: bpr-mf, dim: 2, epochs: 4 }]\n',
  );
  const pipeline = await w.run('run', 'p.yaml', '--runs', 'apart');
  assert.equal(pipeline.code, 0, pipeline.stderr);
  const optionsOf = (name: string) =>
    (
      JSON.parse(readFileSync(w.path('apart', 'pipeline', name, 'manifest.json'), 'utf8')) as {
        options: Record<string, unknown>;
      }
    ).options;
  const { dim, epochs, batchSize } = optionsOf('bpr-mf');
  assert.deepEqual([dim, epochs, batchSize], [4, 54, 16]);
  assert.equal(optionsOf('ease').l2, 7, 'what an entry says stays');
  assert.equal(optionsOf('student-hetcomp').batchSize, 2048, 'students keep their own');
});

test('a space of its own, and one that cannot be, with its place in the file', { timeout: 60_000 }, async () => {
  writeFileSync(w.path('space.yaml'), 'ease: { l2: [1, 10] }\nbpr-mf:\n  dim: { low: 9, high: 2 }\n');
  const ease = await w.run('tune', 'ease', ...DATA, '--space', 'space.yaml', '--trials', '9', '--name', 'spaced');
  assert.equal(ease.code, 0, ease.stderr);
  assert.equal(trialsOf('spaced').filter((t) => t.reason === 'repeated').length, 6, 'three points are tried');
  const bad = await w.json('tune', 'bpr-mf', ...DATA, '--space', 'space.yaml');
  const { error } = bad.value as Answer;
  assert.deepEqual([bad.code, error!.code], [2, 'usage']);
  assert.match(error!.message, /space\.yaml, line 3, column 8: .*dim: it goes from 9 to 2/);
});

test('a search is refused what cannot be', { timeout: 60_000 }, async () => {
  for (const [words, code, message] of [
    [['tune', 'top-pop'], 'bad-space', /nothing to tune/],
    [['tune', 'ease', '--l2', '3'], 'bad-space', /every option to search is fixed/],
    [['tune', 'ease', '--dim', '3'], 'unknown-option', /--dim/],
    [['tune', 'bpr-mf', '--dim', '0'], 'bad-option', /--dim.* 0/],
    [['tune', 'ease', '--trials', '0'], 'bad-option', /--trials/],
    [['tune', 'ease', '--strategy', 'luck'], 'bad-option', /luck.*tpe \| random/],
    [['tune', 'ease', '--preset', 'nobody'], 'unknown-name', /no preset called "nobody"/],
    [['tune', 'ease', '--preset', 'citeulike-hetcomp-split'], 'preset-differs', /was found on citeulike-hetcomp-split/],
    [
      ['train', 'bpr-mf', '--preset', 'citeulike-hetcomp-split'],
      'preset-differs',
      /was found on citeulike-hetcomp-split/,
    ],
    [['train', 'top-pop', '--preset', 'citeulike-hetcomp-split'], 'unknown-name', /called "top-pop"/],
  ] as const) {
    const { code: exit, value } = await w.json(...words, ...DATA, '--name', 'refused');
    const { error } = value as Answer;
    assert.deepEqual([exit, error!.code], [2, code], words.join(' '));
    assert.match(error!.message, message);
  }
  const { value } = await w.json('train', 'bpr-mf', ...DATA, '--preset', 'citeulike-hetcomp-split');
  const { options } = readPreset('citeulike-hetcomp-split').models['bpr-mf']!;
  assert.ok(
    (value as Answer).error!.hint.endsWith(`set them explicitly: bpr-mf ${flagsOf(options)}`),
    (value as Answer).error!.hint,
  );
  assert.ok(!readdirSync(w.path('runs')).includes('refused'), 'nothing was begun');
});

test('a search whose trials all fail reports it and exits with 1', { timeout: 60_000 }, async () => {
  writeFileSync(w.path('wild.yaml'), 'bpr-mf: { learningRate: [100] }\n');
  const wild = ['--space', 'wild.yaml', '--optimizer', 'sgd', '--l2', '100', '--trials', '2', '--name', 'wild'];
  const preset = { name: 'p', data: { name: 'x', fingerprint: '' }, selectBy: 'recall@10', models: {} };
  const { dataFingerprint } = JSON.parse(readFileSync(w.path('runs', 'whole', 'ease', 'manifest.json'), 'utf8')) as {
    dataFingerprint: string;
  };
  const models = { 'bpr-mf': { options: { learningRate: 100 } } };
  const start = { ...preset, data: { name: 'x', fingerprint: dataFingerprint }, models };
  writeFileSync(w.path('start.json'), JSON.stringify(start));
  const { code, stdout, stderr } = await w.run('tune', 'bpr-mf', ...DATA, ...SHORT, ...wild, '--preset', 'start.json');
  assert.equal(code, 1, stderr);
  assert.match(stderr, /trial 1 of 2: failed \(diverged\)/);
  assert.match(stdout, /All trials failed; the log has the errors/);
  const evaluated = await w.json('evaluate', 'wild');
  assert.equal((evaluated.value as Answer).error!.code, 'unknown-name', 'a search is no run');
});
