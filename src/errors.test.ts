import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { errorCodes, fail, RecdistillError } from './errors.js';

/** Answers every field of a template with its own name in brackets. */
const anything = new Proxy({}, { get: (_, name) => (typeof name === 'string' ? `<${name}>` : undefined) });

for (const code of errorCodes) {
  test(`${code} has a sentence, advice, a status and an exit code`, () => {
    const error = new RecdistillError(code, anything);
    assert.match(code, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(error.message.length > 0 && error.hint.length > 0);
    for (const text of [error.message, error.hint]) assert.doesNotMatch(text, /undefined|\[object|NaN/);
    assert.ok(error.status >= 400 && error.status < 600);
    assert.ok(error.exitCode === 1 || error.exitCode === 2);
    assert.equal(error.name, 'RecdistillError');
    assert.equal(error.code, code);
  });
}

test('templates fill in what was given', () => {
  const error = new RecdistillError('bad-option', {
    option: 'threads',
    owner: 'kernels',
    given: 0,
    expected: '1 to 64',
  });
  assert.equal(error.message, 'option "threads" of kernels is 0; expected 1 to 64');
  assert.equal(error.hint, 'Change the value and try again.');
  assert.equal(error.exitCode, 2);
});

test('fail throws the error with its cause', () => {
  const cause = new Error('disk full');
  assert.throws(
    () => fail('write-failed', { path: 'x', problem: 'disk full' }, cause),
    (e) => e instanceof RecdistillError && e.cause === cause && e.status === 507,
  );
  assert.equal(new RecdistillError('usage', { problem: 'p', hint: 'h' }).cause, undefined);
});

test('every code is raised somewhere', () => {
  const source = join(dirname(fileURLToPath(import.meta.url)), '..', 'src');
  const text = readdirSync(source, { recursive: true })
    .map(String)
    .filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts') && f !== 'errors.ts')
    .map((f) => readFileSync(join(source, f), 'utf8'))
    .join('\n');
  const unused = errorCodes.filter((code) => !text.includes(`'${code}'`));
  assert.deepEqual(unused, []);
});
