import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, RecdistillError } from '../errors.js';
import { guarded } from './guard.js';

const origin = { words: 'model', name: 'mine', file: '/x/mine.mjs' };
const message = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof RecdistillError);
    return `${error.code}: ${error.message}`;
  }
  return assert.fail('nothing was thrown');
};

test('an error names the unit, its file and the function; its cause is kept', () => {
  const cause = new TypeError('boo');
  const unit = guarded({ step: () => { throw cause; } }, origin); // biome-ignore format: one line
  assert.match(
    message(() => unit.step()),
    /^broken-unit: the model "mine" of \/x\/mine\.mjs breaks its contract: step threw TypeError: boo/,
  );
  assert.throws(unit.step, (error: Error) => error.cause === cause);
});

test('what create returns is guarded, too, also if it comes later or is an object of a class', async () => {
  class Made {
    #calls = 0;
    steps = 0;
    step(): number {
      this.#calls += 1;
      if (this.#calls > 1) throw new Error('twice');
      return this.#calls;
    }
  }
  const made = await guarded({ create: async () => new Made() }, origin).create();
  assert.equal(made.step(), 1);
  made.steps = 7;
  assert.equal(made.steps, 7);
  assert.match(
    message(() => made.step()),
    /step threw Error: twice/,
  );
  await assert.rejects(guarded({ create: () => Promise.reject('text') }, origin).create(), /create threw text/);
});

test('the fields of what create returns are checked', () => {
  const created = (made: unknown) => () =>
    guarded({ create: () => made }, { ...origin, made: { draw: 'function' } }).create();
  assert.match(message(created(undefined)), /the result of create: it is missing/);
  assert.match(message(created({})), /its field "draw" is missing; expected a function/);
  assert.doesNotThrow(created({ draw() {} }));
});

test('a promise where the result is needed at once is refused', () => {
  const unit = guarded({ scoreRows: async () => Promise.reject(new Error('late')) }, origin);
  assert.match(message(unit.scoreRows), /scoreRows: it returned a promise/);
});

test('errors that a unit throws on purpose stay; wrong use of the toolkit becomes that of the unit', () => {
  const given = guarded({ check: () => fail('usage', { problem: 'a', hint: 'b' }) }, origin);
  assert.equal(message(given.check), 'usage: a');
  const misused = guarded({ step: () => fail('misuse', { problem: 'the item is 9', hint: 'b' }) }, origin);
  assert.match(message(misused.step), /^broken-unit: .* step: the item is 9/);
});

test('a frozen unit can be guarded, and its fields are read from it', () => {
  const unit = guarded(Object.freeze({ name: 'mine', value: () => 3 }), origin);
  assert.deepEqual([unit.name, unit.value(), 'value' in unit, { ...unit }.value()], ['mine', 3, true, 3]);
});
