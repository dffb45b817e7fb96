import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodRegistry } from '../distill/index.js';
import { modelRegistry } from '../models/index.js';
import { describeOptions, reservedNames } from '../options/index.js';
import { commands as entries } from './index.js';

const commands = await Promise.all(entries.map((entry) => entry.load()));

test('no option of a command can be taken for one of a unit of a user', () => {
  const own = new Set([...modelRegistry.all(), ...methodRegistry.all()].flatMap((u) => Object.keys(u.options.shape)));
  for (const name of own) assert.ok(!reservedNames.has(name), `${name} is reserved`);
  const training = commands.filter(({ name }) => ['train', 'tune', 'distill'].includes(name));
  assert.equal(training.length, 3);
  const groups = training.flatMap((command) => command.groups);
  for (const { name } of groups.flatMap(({ schema }) => describeOptions(schema)))
    assert.ok(own.has(name) || reservedNames.has(name), `${name} is not reserved`);
});
