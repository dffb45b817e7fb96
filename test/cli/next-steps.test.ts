/** The commands under "What to do next" work as they are printed, whatever the student. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createWorkshop } from './program.js';

const w = createWorkshop();
after(w.remove);

const SHORT = ['--epochs', '2'];

const succeeds = async (...words: string[]): Promise<string> => {
  const { code, stdout, stderr } = await w.run(...words);
  assert.equal(code, 0, `${words.join(' ')}\n${stderr}`);
  return stdout;
};

before(async () => {
  const data = ['--data', 'synthetic:60x60x900'];
  await succeeds('train', 'bpr-mf', ...data, ...SHORT, '--name', 'big', '--dim', '12');
});

/** Runs the proposed commands, except a server and longer work. Returns the names of all. */
async function follow(...words: string[]): Promise<string[]> {
  const proposed = (await succeeds(...words)).split('What to do next:\n')[1]!.trimEnd().split('\n');
  const commands = proposed.map((line) => line.trim().split(' ').slice(2));
  for (const command of commands) if (!['serve', 'distill'].includes(command[0]!)) await succeeds(...command);
  return commands.map((command) => `${command[0]}${command.find((word) => /^--(user|items)$/.test(word)) ?? ''}`);
}

test('a student without users', { timeout: 120_000 }, async () => {
  const pair = ['--teachers', 'big', '--student', 'fism', '--dim', '3', ...SHORT];
  assert.deepEqual(await follow('distill', '--method', 'bd', ...pair, '--name', 'pair'), [
    'report',
    'compare',
    'recommend--items',
  ]);
  const alone = await follow('distill', '--method', 'hetcomp', ...pair, '--name', 'alone');
  assert.deepEqual(alone, ['compare', 'recommend--items', 'serve']);
});

test('a student without a bundle', { timeout: 120_000 }, async () => {
  const student = ['distill', '--teachers', 'big', '--student', 'mult-vae', ...SHORT, '--name', 'network'];
  assert.deepEqual(await follow(...student), ['compare', 'evaluate']);
});

test('a student with users', { timeout: 120_000 }, async () => {
  assert.deepEqual(await follow('distill', '--teachers', 'big', '--dim', '3', ...SHORT), [
    'compare',
    'recommend--user',
    'serve',
  ]);
});

test('a model below the popular items is named; what cannot teach is not proposed as a teacher', {
  timeout: 120_000,
}, async () => {
  const data = ['--data', 'synthetic:60x60x900'];
  const poor = await succeeds('train', 'bpr-mf', ...data, ...SHORT, '--learning-rate', '1e-9', '--name', 'poor');
  assert.match(
    poor,
    /^poor is below the list of popular items on valid \(recall@30 0\.\d{4}; popular items 0\.\d{4}\)/m,
  );
  assert.match(poor, /distill --teachers poor/);
  const popular = await succeeds('train', 'top-pop', ...data);
  assert.doesNotMatch(popular, /below the list| distill /);
  const both = await succeeds('train', 'top-pop', 'ease', ...data, '--name', 'both');
  assert.match(both, /distill --teachers both\/ease /);
  const whole = await succeeds('train', 'bpr-mf', ...data, ...SHORT, '--ratios', '1,0,0', '--name', 'whole');
  assert.doesNotMatch(whole, /below the list| distill /);
});
