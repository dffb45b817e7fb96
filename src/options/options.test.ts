import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecdistillError } from '../errors.js';
import { nearest } from '../nearest.js';
import { describeOptions, kebab } from './describe.js';
import {
  choice,
  flag,
  float,
  int,
  numbers,
  optionalFloat,
  optionalInt,
  optionalText,
  options,
  parseOptions,
  text,
  words,
} from './options.js';

const schema = options({
  batchSize: int({ default: 8, min: 1, max: 100, help: 'Size of a step.' }),
  learningRate: float({ default: 0.1, above: 0, max: 10, help: 'Size of a change.' }),
  shuffled: flag({ default: true, help: 'In random order.' }),
  optimizer: choice(['adam', 'sgd'], { default: 'adam', help: 'How to step.' }),
  path: text({ default: 'here', help: 'Where.' }),
  column: optionalText({ help: 'Which.' }),
  least: optionalInt({ min: 1, help: 'How many.' }),
  rating: optionalFloat({ help: 'How good.' }),
  at: numbers({ default: [10, 50], min: 1, help: 'List lengths.' }),
  names: words({ default: ['a'], help: 'Words.' }),
});

const defaults = {
  batchSize: 8,
  learningRate: 0.1,
  shuffled: true,
  optimizer: 'adam',
  path: 'here',
  at: [10, 50],
  names: ['a'],
};

/** The error that refuses `input`. */
function refusal(input: unknown): RecdistillError {
  try {
    parseOptions(schema, input, 'bpr-mf');
  } catch (error) {
    if (error instanceof RecdistillError) return error;
    throw error;
  }
  return assert.fail(`${JSON.stringify(input)} was taken`);
}

test('missing options get their defaults, and given ones are kept', () => {
  assert.deepEqual(parseOptions(schema, undefined, 'x'), defaults);
  assert.deepEqual(parseOptions(schema, {}, 'x'), defaults);
  const given = { ...defaults, batchSize: 100, learningRate: 10, column: 'c', least: 1, rating: -3.5, at: [1.5] };
  assert.deepEqual(parseOptions(schema, given, 'x'), given);
});

test('defaults are not shared between callers', () => {
  (parseOptions(schema, {}, 'x').at as number[]).push(99);
  assert.deepEqual(parseOptions(schema, {}, 'x').at, [10, 50]);
});

test('an unknown option is refused with the nearest known one, or all of them', () => {
  const near = refusal({ batchsize: 3 });
  assert.deepEqual([near.code, near.exitCode, near.status], ['unknown-option', 2, 400]);
  assert.match(near.message, /unknown option "batchsize" for bpr-mf/);
  assert.equal(near.hint, 'Did you mean "batchSize"?');
  assert.equal(refusal({ learning_rate: 3 }).hint, 'Did you mean "learningRate"?');
  assert.match(refusal({ xyzzy: 3 }).hint, /^Known options: batchSize, learningRate, .*names\.$/);
});

test('a value of the wrong kind or range is refused with what was given and what was expected', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ batchSize: 0 }, /"batchSize" of bpr-mf is 0; expected .*>=\s*1/],
    [{ batchSize: 101 }, /"batchSize" of bpr-mf is 101; expected .*<=\s*100/],
    [{ batchSize: 1.5 }, /"batchSize" of bpr-mf is 1\.5; expected a whole number >= 1, <= 100$/],
    [{ batchSize: '8' }, /"batchSize" of bpr-mf is "8"; expected a whole number/],
    [{ batchSize: 8n }, /"batchSize" of bpr-mf is 8; expected a whole number/],
    [{ batchSize: null }, /"batchSize" of bpr-mf is null; expected a whole number/],
    [{ learningRate: 0 }, /"learningRate" of bpr-mf is 0; expected .*>\s*0/],
    [{ learningRate: Number.NaN }, /"learningRate" of bpr-mf is NaN/],
    [{ learningRate: Number.POSITIVE_INFINITY }, /"learningRate" of bpr-mf is Infinity/],
    [{ shuffled: 'yes' }, /"shuffled" of bpr-mf is "yes"; expected true or false/],
    [{ optimizer: 'adan' }, /"optimizer" of bpr-mf is "adan"; expected one of adam \| sgd/],
    [{ at: 10 }, /"at" of bpr-mf is 10; expected a list of numbers/],
    [{ at: [10, 0] }, /"at\.1" of bpr-mf is 0; expected .*>=\s*1/],
    [{ names: [1] }, /"names\.0" of bpr-mf is 1; expected text$/],
    [{ at: [10, 'x'] }, /"at\.1" of bpr-mf is "x"; expected a number >= 1$/],
    [{ at: 'x' }, /"at" of bpr-mf is "x"; expected a list of numbers >= 1$/],
    [{ at: [10, Number.NaN] }, /"at\.1" of bpr-mf is NaN; expected a number >= 1$/],
  ];
  for (const [input, message] of cases) {
    const error = refusal(input);
    assert.equal(error.code, 'bad-option');
    assert.match(error.message, message);
  }
  assert.equal(refusal({ batchSize: 0 }).hint, 'Size of a step.');
  assert.equal(refusal({ at: [0] }).hint, 'List lengths.');
});

test('options that are no object at all are refused', () => {
  for (const input of [3, 'x', [], true]) assert.equal(refusal(input).code, 'bad-option');
});

test('the nearest word is within the allowed edit distance, else undefined', () => {
  const known = ['seed', 'epochs', 'batchSize'];
  assert.equal(nearest('epoch', known), 'epochs');
  assert.equal(nearest('BATCHSIZE', known), 'batchSize');
  assert.equal(nearest('sede', known), 'seed');
  assert.equal(nearest('--lables', ['--table', '--labels']), '--labels');
  assert.equal(nearest('temperature', known), undefined);
  assert.equal(nearest('x', []), undefined);
  fc.assert(fc.property(fc.constantFrom(...known), (word) => nearest(word, known) === word));
});

test('describeOptions returns a complete row for each option, in the order of declaration', () => {
  const rows = describeOptions(schema);
  assert.deepEqual(
    rows.map((r) => r.name),
    Object.keys(schema.shape),
  );
  assert.deepEqual(
    rows.map((r) => r.kind),
    ['integer', 'number', 'boolean', 'choice', 'string', 'string', 'integer', 'number', 'numbers', 'strings'],
  );
  assert.ok(rows.every((r) => r.help.endsWith('.')));
  const row = (name: string) => rows.find((r) => r.name === name)!;
  assert.deepEqual(row('batchSize'), {
    name: 'batchSize',
    flag: 'batch-size',
    kind: 'integer',
    default: 8,
    range: '>= 1, <= 100',
    help: 'Size of a step.',
  });
  assert.deepEqual([row('learningRate').range, row('optimizer').range], ['> 0, <= 10', 'adam | sgd']);
  assert.deepEqual(row('optimizer').choices, ['adam', 'sgd']);
  assert.deepEqual([row('least').default, row('least').range, row('rating').range], [undefined, '>= 1', '']);
  assert.deepEqual(row('at').default, [10, 50]);
});

test('a flag is the name in kebab-case', () => {
  assert.equal(kebab('learningRate'), 'learning-rate');
  assert.equal(kebab('topK'), 'top-k');
  assert.equal(kebab('seed'), 'seed');
});

test('a value that is nested too deeply, or within itself, is refused like any other', () => {
  let deep: unknown = 1;
  for (let n = 0; n < 50_000; n++) deep = [deep];
  const circular: unknown[] = [];
  circular.push(circular);
  const schema = options({ depth: int({ default: 1, min: 1, max: 9, help: 'Depth.' }) });
  for (const depth of [deep, circular])
    assert.throws(
      () => parseOptions(schema, { depth }, 'x'),
      (error) =>
        error instanceof RecdistillError && error.code === 'bad-option' && /cannot be written/.test(error.message),
    );
});
