import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecdistillError } from '../../errors.js';
import { StudentError } from '../../student/index.js';
import { failureOf, failureText } from './failure.js';

test('a deliberate error keeps its message and exit code', () => {
  const failure = failureOf(new RecdistillError('file-missing', { path: 'x.csv' }));
  assert.equal(failure.exit, 1);
  const text = failureText(failure, undefined, false);
  assert.match(text, /^error: cannot read x\.csv: there is no such file or folder\nhint: Check the path/);
  assert.equal(failureOf(new RecdistillError('usage', { problem: 'p', hint: 'h' })).exit, 2);
  assert.deepEqual(failureOf(new StudentError('unknown-user', 'm', 'h')), {
    code: 'unknown-user',
    message: 'm',
    hint: 'h',
    exit: 1,
  });
  assert.equal(failureOf(new StudentError('bad-argument', 'm', 'h')).exit, 2);
});

test('an unexpected error asks to be reported and shows its stack only on demand', () => {
  const error = new TypeError('x is not a function', { cause: new Error('deeper') });
  const failure = failureOf(error);
  assert.deepEqual([failure.code, failure.exit], ['unexpected', 1]);
  assert.match(failure.hint, /report/);
  assert.doesNotMatch(failureText(failure, error, false), /failure\.test/);
  assert.match(failureText(failure, error, true), /failure\.test[\s\S]*caused by Error: deeper/);
  assert.match(failureOf('just text').message, /just text/);
});
