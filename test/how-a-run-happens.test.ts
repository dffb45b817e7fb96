/** Every function in docs/how-a-run-happens.md is declared in the file named beside it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = new URL('../..', import.meta.url).pathname;
const page = readFileSync(join(ROOT, 'docs/how-a-run-happens.md'), 'utf8');

/** A function, a constant, or a member of an object or interface. */
const declares = (source: string, name: string): boolean =>
  new RegExp(`\\b(function\\*?|const) ${name}\\b|^ +(async )?${name}[(:]`, 'm').test(source);

test('declarations are told from calls', () => {
  assert.ok(declares('export function rank(', 'rank'));
  assert.ok(declares('  rank(users) {', 'rank'));
  assert.ok(!declares('const x = rank(users);', 'rank'));
});

test('every function on the page is declared in its file', () => {
  const named = [...page.matchAll(/`(\w+)` \(`(src\/[\w./-]+)`\)/g)].map(([, name, file]) => ({
    name: name!,
    file: file!,
  }));
  assert.ok(named.length > 30, `${named.length} functions`);
  const missing = named.filter(({ name, file }) => !declares(readFileSync(join(ROOT, file), 'utf8'), name));
  assert.deepEqual(missing, []);
});
