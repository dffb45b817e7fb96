import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { describeOptions } from '../config/describe.js';
import { catalog } from './catalog.js';
import { dataOptions } from './options.js';

const page = readFileSync(new URL('../../docs/data.md', import.meta.url), 'utf8');

test('docs/data.md lists every option with its flag, default and help', () => {
  for (const row of describeOptions(dataOptions)) {
    const standard =
      row.default === undefined ? '' : `\`${Array.isArray(row.default) ? row.default.join(',') : row.default}\``;
    const range = row.range.replaceAll(' | ', ', ');
    const line = `| \`${row.name}\` | \`--${row.flag}\` | ${standard} | ${range} | ${row.help} |`;
    assert.ok(page.includes(line), `docs/data.md lacks the line\n${line}`);
  }
});

test('docs/data.md lists every named data set with its terms and citation', () => {
  for (const [name, entry] of Object.entries(catalog)) {
    for (const text of [`\`${name}\``, entry.terms, entry.citation]) assert.ok(page.includes(text), `${name}: ${text}`);
  }
});
