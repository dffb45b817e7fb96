/** Naming of options and units, and words that must not be used in code, help, messages and docs. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

const ROOT = new URL('../..', import.meta.url).pathname;

/** Words that a native engineer of recommender systems would stop at, and what to write instead. */
const BANNED: readonly (readonly [word: RegExp, instead: string])[] = [
  [/\bdearest\b/i, 'slowest, or most expensive'],
  [/\bin vain\b/i, 'say what happened'],
  [/\bwho is new\b/i, 'new users'],
  [/\bstands? behind\b/i, 'follows, or name the thing itself'],
  [/\bstray(s|ed|ing)?\b/i, 'unmatched, or misplaced'],
  [/\blook(s|ed)? into\b/i, 'read, or inspect'],
  [/\bspare[sd]?\b/i, 'avoid, or exclude'],
  [/\bas (it is|they are) spelled\b/i, 'exactly as in the source'],
  [/\bas the (source|file|data) (spells|spelled)\b/i, 'exactly as in the source'],
  [/\bwish(es|ed)?\b/i, 'given, requested or expected'],
  [/\bneed be\b/i, 'if necessary'],
  [/\ball the same\b/i, 'anyway, or nevertheless'],
  [/\bstep size for every number\b/i, 'per-parameter learning rate'],
  [/\bcomputed at once\b/i, 'computed in closed form'],
  [/\bjudge[sd]?\b/i, 'evaluate'],
  [/\bmend(s|ed)?\b/i, 'correct'],
  [/\bmade[- ]up\b/i, 'synthetic, or generated'],
  [/\bremainder without order\b/i, 'the remaining items'],
  [/\bhand(s|ed)? over\b/i, 'pass, or return'],
  [/\bnobody (knows|says)\b/i, 'unknown, or by default'],
  [/\b(is|are) (no|none) (ids?|data|option|table|split|lists?|candidates?)\b/i, 'is not a ..., are not ...'],
  [/\bteachers? from elsewhere\b/i, 'external teacher'],
  [/\bmade elsewhere\b/i, 'imported'],
  [/\bsomebody new\b/i, 'a new user'],
  [/\btrains? on together\b/i, 'train together'],
  [/\btakes? (it|them|a loss) back\b/i, 'back-propagate'],
  [/\bspeakers?\b/i, 'name what it contains'],
  [/\b(nothing|all|the) taught\b/i, 'the items in the loss'],
];

/** Decisions and pages of results keep the words of their time. */
const NOT_YET = ['docs/adr', 'docs/results'];

/** Sources without tests and generated files, README and docs: paths from the root. */
const written = ['src', 'docs']
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true }).map((name) => join(folder, String(name))))
  .concat('README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'bench/README.md')
  .filter((path) => /\.(ts|md)$/.test(path) && !/\.test\.|-bytes\.ts$/.test(path));

const wordsIn = (path: string, text: string): string[] =>
  text.split('\n').flatMap((line, at) =>
    BANNED.flatMap(([word, instead]) => {
      const found = word.exec(line)?.[0];
      return found === undefined ? [] : [`${path}:${at + 1}: "${found}": ${instead}`];
    }),
  );

test('banned words are found, in the middle of a line too', () => {
  assert.deepEqual(wordsIn('a.md', 'fine\nthe dearest of them'), ['a.md:2: "dearest": slowest, or most expensive']);
});

test('code, help, messages and docs use none of the banned words', () => {
  const checked = written.filter((path) => !NOT_YET.some((not) => path === not || path.startsWith(`${not}/`)));
  assert.ok(checked.length > 100);
  assert.deepEqual(
    checked.flatMap((path) => wordsIn(path, readFileSync(join(ROOT, path), 'utf8'))),
    [],
  );
});

test('names in the glossary exist in the source', () => {
  const source = written
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n');
  const rows = readFileSync(join(ROOT, 'docs/glossary.md'), 'utf8').split('\n').slice(6);
  const terms = rows.flatMap((row) => row.split('|').slice(1, 2));
  assert.deepEqual(terms, [...terms].sort(new Intl.Collator('en').compare), 'terms are sorted');
  for (const row of rows.filter(Boolean)) {
    const code = row.split('|')[3] ?? '';
    for (const [, name] of code.matchAll(/`([A-Za-z]\w*)[.`]/g)) {
      assert.match(source, new RegExp(`\\b${name}\\b`), row);
    }
  }
});
