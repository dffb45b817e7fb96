import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecdistillError } from '../../errors.js';
import { choice, flag, float, int, numbers, optionalText, options, paths, words } from '../../options/options.js';
import { commands as entries } from '../index.js';
import type { Given } from './_command.js';
import { flagOf, givenOf, readOptions, refuseUnknownFlags, rowsOf, wordsOf } from './flags.js';
import { group } from './groups.js';

const sample = group(
  'Sample',
  'sample',
  options({
    batchSize: int({ default: 8, min: 1, max: 64, help: 'How many.' }),
    l2: float({ default: 0.5, min: 0, help: 'How strong.' }),
    keep: flag({ default: true, help: 'Whether.' }),
    at: numbers({ default: [10], min: 1, help: 'Where.' }),
    names: words({ default: [], help: 'Who.' }),
    data: paths({ default: 'here', help: 'Whence.' }),
    kind: choice(['a', 'b'], { default: 'a', help: 'Which.' }),
    file: optionalText({ help: 'What.' }),
  }),
);

const given = (flags: Given['flags']): Given => ({ args: [], flags });
const read = (flags: Given['flags']) => readOptions(sample, given(flags));
const refused = (flags: Given['flags']): RecdistillError => {
  try {
    read(flags);
  } catch (error) {
    assert.ok(error instanceof RecdistillError);
    return error;
  }
  return assert.fail(`${JSON.stringify(flags)} was accepted`);
};

const commands = await Promise.all(entries.map((entry) => entry.load()));

test('text becomes what the option takes, and the rest takes its default', () => {
  const flags = { batchSize: '64', l2: '1e-3', keep: false, at: '5, 20,50', names: 'x,,y z', kind: 'b', file: '12' };
  assert.deepEqual(read(flags), {
    batchSize: 64,
    l2: 0.001,
    keep: false,
    at: [5, 20, 50],
    names: ['x', 'y z'],
    data: 'here',
    kind: 'b',
    file: '12',
  });
  assert.deepEqual(read({}), { batchSize: 8, l2: 0.5, keep: true, at: [10], names: [], data: 'here', kind: 'a' });
  assert.deepEqual(givenOf(sample.schema, given({ l2: '.5', other: 'left alone' })), { l2: 0.5 });
});

test('values of a list add up, and a JSON array keeps commas and blanks', () => {
  assert.deepEqual(read({ names: ['a', 'b,c', '["d,e"," f ",""]'] }).names, ['a', 'b', 'c', 'd,e', ' f ', '']);
  assert.deepEqual(read({ at: ['10', '20,30', '[40, 50]'] }).at, [10, 20, 30, 40, 50]);
  assert.equal(read({ data: ['a,b.csv'] }).data, 'a,b.csv');
  assert.equal(read({ data: '[0-9].csv' }).data, '[0-9].csv');
  assert.deepEqual(read({ data: ['a,b.csv', '["c.csv","d.csv"]'] }).data, ['a,b.csv', 'c.csv', 'd.csv']);
  for (const names of ['[a,b]', '["a", 1]', '[12]', '["a"']) {
    assert.match(refused({ names }).message, /"--names" of sample is \[.*expected a JSON array of texts/, names);
    assert.match(refused({ names }).hint, /'\["a,b","c"\]'/);
  }
  assert.match(refused({ at: '["10"]' }).message, /"--at" of sample.*JSON array of numbers/);
  const words = wordsOf([sample], given({ names: ['a,b', '["c,d"]'], keep: false, data: ['x', 'y'] }));
  assert.deepEqual(words, ['--no-keep', '--names=a,b', '--names=["c,d"]', '--data=x', '--data=y']);
});

test('numbers are read strictly', () => {
  for (const batchSize of ['', 'abc', '8x', '0x10', 'Infinity', 'NaN', '1_000', '8 ', '1.5', '0', '65', '-3']) {
    const error = refused({ batchSize });
    assert.equal(error.code, 'bad-option', batchSize);
    assert.match(error.message, /"--batch-size" of sample/, batchSize);
    assert.equal(error.exitCode, 2);
  }
  assert.match(refused({ batchSize: '-1' }).message, /is -1; expected a whole number >= 1, <= 64$/);
  assert.match(refused({ batchSize: 'x' }).message, /is "x"; expected a whole number >= 1, <= 64$/);
  assert.match(refused({ at: '10,x' }).message, /"--at" of sample is "x"; expected a number >= 1$/);
  assert.match(refused({ kind: 'c' }).message, /"--kind".*one of a \| b/);
});

test('recorded values are used if no flag is given', () => {
  assert.equal(readOptions(sample, given({ l2: '2' }), { l2: 1, batchSize: 3 }).l2, 2);
  assert.equal(readOptions(sample, given({}), { l2: 1, batchSize: 3 }).batchSize, 3);
});

test('a flag of another group is refused with the nearest one that holds', () => {
  refuseUnknownFlags(given({ batchSize: '1' }), [sample], 'sample');
  assert.throws(() => refuseUnknownFlags(given({ batchSise: '1' }), [sample], 'sample'), {
    code: 'unknown-option',
    message: 'unknown option "--batch-sise" for sample',
    hint: 'Did you mean "--batch-size"?',
  });
});

test('within a command, a name means the same kind of option wherever it comes from', () => {
  for (const command of commands) {
    const kinds = new Map<string, string>();
    for (const row of command.groups.flatMap((g) => rowsOf([g]))) {
      assert.equal(kinds.get(row.name) ?? row.kind, row.kind, `${command.name} ${flagOf(row.name)}`);
      kinds.set(row.name, row.kind);
      assert.notEqual(row.help, '', `${command.name} ${flagOf(row.name)} has no help`);
    }
  }
});
