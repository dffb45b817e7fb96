/** The committed pages are what their numbers say, and no two of them disagree. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { experiments, numbersOf, pageOf } from './files.js';
import { pages } from './pages/index.js';
import { checkPlan, planNames } from './pages/studies.js';

const results = dirname(pageOf('README'));
const named = (folder: string, end: string) =>
  readdirSync(folder).flatMap((file) => (file.endsWith(end) ? [file.slice(0, -end.length)] : []));
/** Pages that are written by hand. */
const PROSE = ['README', 'claims', 'bd-claims'];
const made = named(experiments, '.json').filter((name) => name !== 'tsconfig');

test('each page has numbers and a runner', () => {
  assert.ok(made.length > 15);
  assert.deepEqual(
    named(results, '.md')
      .filter((name) => !PROSE.includes(name))
      .sort(),
    made.toSorted(),
  );
  const known = pages.map((page) => page.name);
  assert.equal(new Set(known).size, known.length);
  assert.deepEqual(
    made.filter((name) => !known.includes(name)),
    [],
  );
});

for (const name of made) {
  test(`docs/results/${name}.md is made of experiments/${name}.json`, () => {
    const page = pages.find((p) => p.name === name)!;
    const again = `npm run experiments -- ${name} --from-json`;
    assert.equal(page.toMarkdown(readFileSync(numbersOf(name), 'utf8')), readFileSync(pageOf(name), 'utf8'), again);
  });
}

test('docs/results/README.md names the command of each page', () => {
  const readme = readFileSync(pageOf('README'), 'utf8');
  const missing = pages.filter(({ name }) => !readme.includes(`| \`npm run experiments -- ${name}\` |`));
  assert.deepEqual(
    missing.map(({ name }) => name),
    [],
  );
});

test('there are plans of either data set', () => assert.ok(planNames.length > 5));

for (const name of planNames) test(`experiments/${name}.yaml can be run`, () => void checkPlan(name));
