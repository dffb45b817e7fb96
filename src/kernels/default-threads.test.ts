import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { RecdistillError } from '../errors.js';
import { defaultThreads } from './default-threads.js';

test('the variable is the default number of threads, and anything else than 1 to 64 is refused', () => {
  for (const given of [undefined, ''])
    assert.equal(defaultThreads({ RECDISTILL_THREADS: given }), Math.min(4, availableParallelism()));
  assert.equal(defaultThreads({ RECDISTILL_THREADS: '1' }), 1);
  assert.equal(defaultThreads({ RECDISTILL_THREADS: '64' }), 64);
  for (const given of ['0', '65', '2.5', '-1', 'all', ' 2'])
    assert.throws(
      () => defaultThreads({ RECDISTILL_THREADS: given }),
      (e: unknown) =>
        e instanceof RecdistillError && e.code === 'bad-option' && e.message.includes('RECDISTILL_THREADS'),
    );
});
