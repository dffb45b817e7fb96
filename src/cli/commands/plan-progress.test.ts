import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecdistillError } from '../../errors.js';
import type { Console } from '../terminal/_command.js';
import { followPlan } from './plan-progress.js';

function listening(): { console: Console; lines: string[] } {
  const lines: string[] = [];
  return { console: { say: (text) => void lines.push(text), quiet: false, terminal: false, program: 'r' }, lines };
}

test('the progress shows the number of the job and its outcome', () => {
  const { console, lines } = listening();
  const { listen, close } = followPlan(console, 'recall@50', 1);
  listen({ type: 'started', job: 'ease', kind: 'train', at: 2, of: 9 });
  listen({ type: 'retry', job: 'ease', attempt: 1, most: 2, end: 'SIGKILL' });
  listen({ type: 'failed', job: 'ease', error: new RecdistillError('usage', { problem: 'no', hint: 'yes' }) });
  listen({ type: 'skipped', job: 'student', because: 'ease' });
  close();
  assert.deepEqual(lines, [
    '[2/9] ease ...',
    'ease: the process ended with SIGKILL; continuing from the last checkpoint (retry 1 of 2)',
    'ease failed: no',
    'student is skipped: ease failed',
  ]);
});

test('the progress shows the name of each concurrent job', () => {
  const { console, lines } = listening();
  const { listen } = followPlan({ ...console, terminal: true }, 'recall@50', 2);
  for (const [at, job] of ['a', 'b'].entries()) listen({ type: 'started', job, kind: 'train', at: at + 1, of: 2 });
  for (const job of ['a', 'b'])
    listen({ type: 'progress', job, event: { type: 'start', model: 'bpr-mf', epoch: 7, epochs: 20, batches: 1 } });
  assert.deepEqual(lines.slice(2), ['[1/2] a: continuing after epoch 7', '[2/2] b: continuing after epoch 7']);
});
