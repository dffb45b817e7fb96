/** One word from file to flag: how options and units are named, and that an option of one name is of one kind everywhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataOptions } from 'recdistill/data';
import { methodRegistry } from 'recdistill/distill';
import { modelRegistry } from 'recdistill/models';
import { describeOptions, type OptionRow, type OptionsSchema } from 'recdistill/options';

const owners: readonly (readonly [string, OptionsSchema])[] = [
  ...modelRegistry.all().map((m) => [m.name, m.options] as const),
  ...methodRegistry.all().map((d) => [d.name, d.options] as const),
  ['data', dataOptions],
];
const uses = new Map<string, { owner: string; row: OptionRow }[]>();
for (const [owner, schema] of owners) {
  for (const row of describeOptions(schema)) uses.set(row.name, [...(uses.get(row.name) ?? []), { owner, row }]);
}

test('there are options to look at', () => assert.ok(uses.size > 30 && uses.get('seed')!.length > 2));

test('every option is camelCase, with a help text that is a sentence', () => {
  for (const [name, [first]] of uses) {
    assert.match(name, /^[a-z][a-z0-9]*([A-Z][a-z0-9]*)*$/, `${first!.owner}: ${name}`);
    assert.match(first!.row.help, /^[A-Za-z].*[.]$/s, `${first!.owner}: help of ${name}: ${first!.row.help}`);
  }
});

test('options of the same name are of the same kind', () => {
  for (const [name, all] of uses) {
    const kinds = new Set(all.map(({ row }) => row.kind));
    assert.equal(kinds.size, 1, `${name}: ${all.map(({ owner, row }) => `${owner} has ${row.kind}`).join(', ')}`);
  }
});

test('a word of the vocabulary is not spelled in another way', () => {
  const wrong =
    /^(lr|embed(ding)?(Dim|Size)?|latent(Dim)?|factors|k|batch|nEpochs|iterations|weightDecay|decayL2|reg|tau|temp)$/;
  assert.deepEqual(
    [...uses.keys()].filter((name) => wrong.test(name)),
    [],
  );
});

test('units of one registry have names of their own, in kebab-case, with a summary and a source', () => {
  for (const units of [modelRegistry.all(), methodRegistry.all()]) {
    assert.equal(new Set(units.map((u) => u.name)).size, units.length);
    for (const { name, summary, source } of units) {
      assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.ok(summary.length > 10 && source.length > 3, name);
    }
  }
});
