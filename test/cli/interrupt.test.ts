/** Signals to models that are computed directly: on data that keeps them busy for seconds, in a process of their own. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

/** Busy for half a minute or more where nobody stops it. */
const LONG = [
  { model: 'ease', data: 'synthetic:12000x11000x200000', options: ['--form', 'primal'] },
  { model: 'ials', data: 'synthetic:9000x6000x200000', options: ['--dim', '128', '--epochs', '200'] },
  { model: 'item-knn', data: 'synthetic:9000x9000x4000000', options: [] },
];
const BUSY = /: computing \S+ takes about/;

for (const { model, data, options } of LONG) {
  test(`the first signal ends ${model} cleanly, and the same name can be used again`, {
    timeout: 240_000,
  }, async () => {
    const words = ['train', model, '--data', data, ...options, '--threads', '2', '--name', `long-${model}`];
    const { child, ended, seen } = w.start(...words, '--json');
    await seen(BUSY);
    child.kill('SIGTERM');
    const { code, signal, stdout, stderr } = await ended;
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hint: string } };
    assert.deepEqual([code, signal, error.code], [1, null, 'interrupted'], stderr);
    assert.match(error.message, new RegExp(`computing ${model} stopped before it was finished`));
    assert.match(error.hint, /same command again/);
    assert.ok(!existsSync(w.path('runs', `long-${model}`, 'result.json')));
    assert.ok(!existsSync(w.path('runs', `long-${model}`, 'lock')), 'nobody holds the run');
  });
}

/** Commands on finished runs and on data, each with a sign of the work that is then interrupted, which takes seconds. */
const many = 'synthetic:60000x500x600000';
const LENGTHS = Array.from({ length: 100 }, (_, k) => k + 1).join(',');
const STAGES: readonly (readonly [words: string, at: RegExp])[] = [
  ['compare a b --at 1,2,3,4,5,6,7,8', /compare: comparing by resampling, \d/],
  ['report a b --out report.html', /report: comparing by resampling, \d/],
  ['evaluate a b --popularity', /evaluate: comparing by resampling, \d/],
  [`evaluate a b --metrics --at ${LENGTHS}`, /evaluate: evaluating \S+, \d.* users a second/],
  ['rankings a b --out lists.csv', /rankings: writing lists.csv, \d.* lists a second/],
  ['recommend b --all --k 400 --out recs', /recommend: recommending, \d.* users a second/],
];

test('a signal ends each long command on runs and data, and leaves nothing behind', { timeout: 400_000 }, async () => {
  for (const [name, model] of [
    ['a', ['top-pop']],
    ['b', ['bpr-mf', '--dim', '8', '--epochs', '1', '--batch-size', '50000']],
  ] as const) {
    const made = await w.run('train', ...model, '--data', many, '--name', name);
    assert.equal(made.code, 0, made.stderr);
  }
  const before = readdirSync(w.folder).sort();
  for (const [at, [words, sign]] of STAGES.entries()) {
    const { child, ended, seen } = w.start(...words.split(' '), '--json');
    await seen(sign);
    child.kill(at % 2 === 0 ? 'SIGTERM' : 'SIGINT');
    const { code, signal, stdout, stderr } = await ended;
    assert.deepEqual([code, signal], [1, null], `${words}: ${stderr}`);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    assert.equal(error.code, 'interrupted', words);
    assert.match(stderr, /Stopping.*error: interrupted: .* stopped/s, words);
    assert.deepEqual(readdirSync(w.folder).sort(), before, words);
  }
});

/** Commands of which some work is in one piece: the signal comes at one moment or another. */
const PIECES: readonly (readonly [words: string, made: string])[] = [
  ['report a b --out report.html', 'report.html'],
  [`data split --data ${many} --out split`, 'split'],
  ['import given.csv --like a --name imported', 'runs/imported'],
  ['export b --format npy --out arrays', 'arrays'],
  ['recommend b --all --k 50 --out recs', 'recs'],
];

test('a signal at any moment ends a command, and the same command does the whole work afterwards', {
  timeout: 400_000,
}, async () => {
  const given = await w.run('rankings', 'a', '--last', '--k', '20', '--out', 'given.csv');
  assert.equal(given.code, 0, given.stderr);
  const ends = new Set<string>();
  for (const [words, made] of PIECES) {
    for (const [at, ms] of [300, 1200].entries()) {
      const before = everything();
      const { child, ended } = w.start(...words.split(' '), '--json');
      await setTimeout(ms);
      child.kill(at % 2 === 0 ? 'SIGINT' : 'SIGTERM');
      const { code, signal, stdout, stderr } = await ended;
      ends.add(signal ?? String(code));
      if (code === 0) rmSync(w.path(made), { recursive: true });
      else if (signal === null) {
        const { error } = JSON.parse(stdout) as { error: { code: string } };
        assert.deepEqual([code, error.code], [1, 'interrupted'], `${words}: ${stderr}`);
      }
      const left = everything().filter((name) => !before.includes(name) && !isUnfinished(name));
      // Work that the system ended in one piece cannot tidy up.
      const kept = signal === null ? left : left.filter((name) => !isTemporary(name));
      assert.deepEqual(kept, [], `${words} after ${ms} ms: ${code ?? signal}`);
    }
    const { code, stderr } = await w.run(...words.split(' '));
    assert.equal(code, 0, `${words}: ${stderr}`);
    assert.ok(existsSync(w.path(made)), words);
    assert.deepEqual(everything().filter(isTemporary), [], `${words} leaves nothing of those before`);
  }
  assert.ok(
    [...ends].some((end) => end !== '0'),
    'some signals came in time',
  );
});

const everything = (): string[] => readdirSync(w.folder, { recursive: true }).map(String);

/** A process that the system ended leaves nothing but this: under a temporary name, which the next command removes. */
const isTemporary = (name: string): boolean => /\.tmp(?:[\\/]|$)/.test(name);
/** In a run that is not finished, which the same command continues, or a whole part of the result, which it uses. */
const isUnfinished = (name: string): boolean => /^runs[\\/](?:imported|parts)/.test(name);

test('the second signal ends the process at once', { timeout: 240_000 }, async () => {
  const { model, data, options } = LONG[0]!;
  // The first one ends it within half a second or so: where this process comes too late with the second, it tries again.
  for (let attempt = 1; ; attempt++) {
    const { child, ended, seen } = w.start('train', model, '--data', data, ...options, '--name', `twice-${attempt}`);
    await seen(BUSY);
    child.kill('SIGTERM');
    await seen(/Press Ctrl-C again/);
    child.kill('SIGINT');
    const { signal, code, stdout } = await ended;
    assert.equal(stdout, '');
    if (signal === 'SIGINT') return;
    assert.equal(code, 1);
    assert.ok(attempt < 10, 'no second signal ended it');
  }
});

test('a run that was stopped while it was computed is made by the same command', { timeout: 240_000 }, async () => {
  // A user with 40,000 items beside ordinary ones: small enough to finish, large enough to be stopped in ranking or before.
  const lines = ['user\titem'];
  for (let i = 0; i < 40_000; i++) lines.push(`long\t${i}`);
  for (let u = 0; u < 400; u++) for (let n = 0; n < 10; n++) lines.push(`u${u}\t${(u * 37 + n * n * 13) % 5000}`);
  writeFileSync(w.path('long.tsv'), `${lines.join('\n')}\n`);
  const words = ['train', 'item-knn', '--data', 'long.tsv', '--name', 'again'];
  const { child, ended, seen } = w.start(...words);
  await seen(/again \.\.\./);
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  // On a quiet machine the run may be over before.
  if (code !== 0) assert.match(stderr, /interrupted/);
  const second = await w.run(...words, '--json');
  assert.equal(second.code, 0, second.stderr);
});
