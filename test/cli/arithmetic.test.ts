import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { blasProblem, fmaProblem } from 'recdistill/kernels';
import { createWorkshop, lastingFiles } from './program.js';

// Each test file is a process of its own.
for (const name of ['RECDISTILL_ARITHMETIC', 'RECDISTILL_BLAS']) delete process.env[name];
const w = createWorkshop();
after(w.remove);

const TRAIN = ['train', 'bpr-mf', '--data', 'synthetic:90x60x1300', '--epochs', '4', '--evaluate-every', '2'];
const manifestOf = (name: string) =>
  JSON.parse(readFileSync(w.path('runs', name, 'manifest.json'), 'utf8')) as { arithmetic?: string; hash: string };
const noFma = fmaProblem();

test('a run records its arithmetic and goes on with it; another arithmetic is refused with the reason', {
  skip: noFma,
}, async () => {
  const plain = await w.run(...TRAIN, '--name', 'a', '--arithmetic', 'plain');
  const fma = await w.run(...TRAIN, '--name', 'b');
  assert.deepEqual([plain.code, fma.code], [0, 0], plain.stderr + fma.stderr);
  assert.deepEqual([manifestOf('a').arithmetic, manifestOf('b').arithmetic], [undefined, 'fma']);
  assert.notEqual(manifestOf('a').hash, manifestOf('b').hash);
  const again = await w.run(...TRAIN, '--name', 'a');
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout + again.stderr, /already finished/);
  for (const [name, word, message] of [
    ['a', 'fma', /arithmetic was plain, now it is fma/],
    ['b', 'plain', /arithmetic was fma, now it is plain/],
  ] as const) {
    const refused = await w.run(...TRAIN, '--name', name, '--arithmetic', word);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, message);
    assert.match(refused.stderr, new RegExp(`Add --arithmetic ${name === 'a' ? 'plain' : 'fma'} to go on`));
  }
});

test('equal bits at 1 and 3 threads in each arithmetic that this machine has', async () => {
  const words = ['plain', ...(noFma === undefined ? ['fma'] : []), ...(blasProblem() === undefined ? ['blas'] : [])];
  for (const word of words) {
    const model = [...TRAIN.slice(0, 1), 'mult-vae', ...TRAIN.slice(2), '--arithmetic', word];
    const names = await Promise.all(
      ['1', '3'].map(async (threads) => {
        const ended = await w.run(...model, '--threads', threads, '--name', `${word}-${threads}`);
        assert.equal(ended.code, 0, ended.stderr);
        return `${word}-${threads}`;
      }),
    );
    const [one, ...others] = names.map((name) => lastingFiles(w.path('runs', name)));
    for (const other of others) assert.deepEqual(other, one, word);
  }
});

test('an empty variable counts as not set', async () => {
  Object.assign(process.env, { RECDISTILL_ARITHMETIC: '' });
  const other = createWorkshop();
  const ended = await other.run('train', 'top-pop', '--data', 'synthetic:60x60x600');
  delete process.env.RECDISTILL_ARITHMETIC;
  other.remove();
  assert.equal(ended.code, 0, ended.stderr);
});

test('an arithmetic that is unknown or not available is refused before any work', async () => {
  const cases: [Record<string, string>, string[], number, RegExp][] = [
    [{}, ['--arithmetic', 'fam'], 2, /"--arithmetic" of machine is "fam"; expected one of auto/],
    [{ RECDISTILL_ARITHMETIC: 'fam' }, [], 2, /"RECDISTILL_ARITHMETIC" of the environment is "fam"/],
  ];
  writeFileSync(w.path('text.so'), 'not a library');
  if (blasProblem() === undefined)
    cases.push([
      { RECDISTILL_BLAS: w.path('text.so') },
      ['--arithmetic', 'blas'],
      2,
      /blas is not available: RECDISTILL_BLAS is .*text\.so, which is no BLAS library for this machine/,
    ]);
  for (const [variables, words, code, message] of cases) {
    Object.assign(process.env, variables);
    const other = createWorkshop();
    const ended = await other.run(...TRAIN, '--name', 'x', ...words);
    for (const name of Object.keys(variables)) delete process.env[name];
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, message);
    assert.ok(!existsSync(other.path('runs', 'x')));
    other.remove();
  }
});
