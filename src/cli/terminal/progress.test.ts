import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Console } from './_command.js';
import { createProgressBar } from './progress.js';

function listening(quiet = false): { console: Console; lines: string[] } {
  const lines: string[] = [];
  const say = (text: string) => void (quiet || lines.push(text));
  return { console: { say, quiet, terminal: false, program: 'recdistill' }, lines };
}

const epoch = (n: number, seconds = 0.5) => ({ type: 'epoch', epoch: n, epochs: 20, loss: 10, seconds }) as const;

test('plain lines come every two seconds and at every evaluation, with the time left', () => {
  const { console, lines } = listening();
  let clock = 0;
  const progress = createProgressBar(console, 'recall@50', () => clock);
  progress.job('teacher');
  progress.train({ type: 'start', model: 'bpr-mf', epoch: 0, epochs: 20, batches: 1 });
  for (let n = 1; n <= 8; n++) {
    clock += 500;
    progress.train(epoch(n));
  }
  assert.deepEqual(lines, [
    'teacher ...',
    'teacher: epoch 4 of 20, loss 10.00, 2.0 epochs per second, at most 8 s left',
    'teacher: epoch 8 of 20, loss 10.00, 2.0 epochs per second, at most 6 s left',
  ]);
  progress.train({ type: 'evaluation', epoch: 8, metrics: { 'recall@50': 0.25 }, best: true, seconds: 4 });
  progress.train({ type: 'evaluation', epoch: 9, metrics: { 'recall@50': 0.2 }, best: false, seconds: 0 });
  assert.equal(
    lines[3],
    'teacher: epoch 8 of 20, loss 10.00, recall@50 0.2500, best 0.2500 at 8, 1.0 s per epoch, at most 12 s left',
  );
  assert.match(lines[4]!, /recall@50 0\.2000, best 0\.2500 at 8/);
});

test('work that is no epoch is estimated, and shown with the time left once it takes long', () => {
  const { console, lines } = listening();
  let clock = 0;
  const progress = createProgressBar(console, 'recall@50', () => clock);
  const [computing, ranking] = [['computing ease', 5000] as const, ['ranking for ease', 1] as const];
  const at = ([what, total]: readonly [string, number], share: number) =>
    progress.train({ type: 'progress', what, done: share * total, total });
  progress.job('base');
  progress.train({ type: 'estimate', what: 'computing ease', seconds: 0.4 });
  progress.train({ type: 'estimate', what: 'computing ease', seconds: 80.2 });
  for (; clock <= 40_000; clock += 500) at(computing, clock / 80_000);
  for (const begin = clock; clock <= begin + 3000; clock += 500) at(ranking, (clock - begin) / 4000);
  for (const begin = clock; clock <= begin + 1000; clock += 500) at(ranking, (clock - begin) / 4000);
  assert.deepEqual(lines, [
    'base ...',
    'base: computing ease takes about 1 min 20 s here',
    'base: computing ease, 1 %, 1 min 19 s left',
    'base: computing ease, 13 %, 1 min 09 s left',
    'base: computing ease, 26 %, 59 s left',
    'base: computing ease, 38 %, 49 s left',
    'base: ranking for ease, 25 %, 3 s left',
  ]);
});

test('a resumed run is reported, and notes are shown', () => {
  const { console, lines } = listening();
  const progress = createProgressBar(console, 'recall@50', () => 0);
  progress.job('a');
  progress.train({ type: 'start', model: 'bpr-mf', epoch: 7, epochs: 20, batches: 1 });
  progress.train({ type: 'note', message: 'a checkpoint is damaged' });
  assert.deepEqual(lines, ['a ...', 'a: continuing after epoch 7', 'a: a checkpoint is damaged']);
});

test('quiet is quiet', () => {
  const { console, lines } = listening(true);
  const progress = createProgressBar(console, 'recall@50', () => 1e9);
  progress.job('a');
  progress.train({ type: 'start', model: 'bpr-mf', epoch: 3, epochs: 20, batches: 1 });
  progress.train(epoch(4));
  progress.train({ type: 'note', message: 'x' });
  progress.train({ type: 'estimate', what: 'x', seconds: 9 });
  progress.close();
  assert.deepEqual(lines, []);
});
