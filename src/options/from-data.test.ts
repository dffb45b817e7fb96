import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOptions } from './describe.js';
import { type DataSize, densityOf, fromData, ruleOf } from './from-data.js';
import { float, int, options, parseOptions } from './options.js';

const size: DataSize = { nUsers: 100, nItems: 50, interactions: 250 };
const schema = options({
  weight: float({
    default: fromData({ rule: 'the density', typical: 0.5, value: densityOf }),
    above: 0,
    max: 1,
    help: 'A weight.',
  }),
  rows: int({
    default: fromData({ rule: 'users / dim', typical: 7, value: ({ nUsers }, { dim }) => nUsers / Number(dim) }),
    min: 1,
    help: 'Rows.',
  }),
  dim: int({ default: 4, min: 1, help: 'Dimension.' }),
});

test('a default follows from the data and from the other options; a given option takes precedence', () => {
  assert.deepEqual(parseOptions(schema, {}, 'x', size), { weight: 0.05, rows: 25, dim: 4 });
  assert.deepEqual(parseOptions(schema, undefined, 'x', size), { weight: 0.05, rows: 25, dim: 4 });
  assert.deepEqual(parseOptions(schema, { dim: 20 }, 'x', size), { weight: 0.05, rows: 5, dim: 20 });
  const given = { weight: 0.25, rows: 3, dim: 2 };
  assert.deepEqual(parseOptions(schema, given, 'x', size), given);
  assert.deepEqual(parseOptions(schema, given, 'x'), given);
});

test('without data the values are typical ones', () => {
  assert.deepEqual(parseOptions(schema, {}, 'x'), { weight: 0.5, rows: 7, dim: 4 });
});

test('a value outside the range of the option is refused like a given one', () => {
  assert.throws(() => parseOptions(schema, { dim: 1000 }, 'x', size), { code: 'bad-option', message: /"rows" of x/ });
});

test('the rule is shown in place of a number', () => {
  const [weight, rows, dim] = describeOptions(schema);
  assert.deepEqual([weight!.default, weight!.help], ['from the data', 'A weight. Default: the density.']);
  assert.deepEqual([rows!.kind, rows!.range, rows!.default], ['integer', '>= 1', 'from the data']);
  assert.equal(dim!.default, 4);
  assert.equal(ruleOf(schema.shape.weight)?.typical, 0.5);
  assert.equal(ruleOf(schema.shape.dim), undefined);
});
