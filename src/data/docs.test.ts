import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { catalog } from './catalog.js';

const page = readFileSync(new URL('../../docs/data.md', import.meta.url), 'utf8');

test('docs/data.md lists every named data set with its terms and citation', () => {
  for (const [name, entry] of Object.entries(catalog)) {
    for (const text of [`\`${name}\``, entry.terms, entry.citation]) assert.ok(page.includes(text), `${name}: ${text}`);
  }
});
