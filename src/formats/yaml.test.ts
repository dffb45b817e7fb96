import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { RecdistillError } from '../errors.js';
import { readYaml, YAML_LIMITS, yamlValue } from './yaml.js';

const folder = mkdtempSync(join(tmpdir(), 'yaml-'));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'plan.yaml');

function valueIn(text: string): unknown {
  writeFileSync(path, text);
  const { document } = readYaml(path);
  assert.deepEqual(document.errors, []);
  return yamlValue(path, document);
}

/** Longer than any of these takes, shorter than the parser took without limits. */
const bounded = { timeout: 20_000 };

const levels = (n: number, item = ''): string =>
  Array.from({ length: n }, (_, k) => `${'  '.repeat(k)}${item}k${k}:`).join('\n');

test('plans of the usual size are read', () => {
  assert.deepEqual(valueIn('a: [1, {b: c}]\n1: x\n'), { a: [1, { b: 'c' }], '1': 'x' });
  valueIn(levels(25));
  valueIn(levels(12, '- '));
  valueIn(Array.from({ length: 1000 }, (_, k) => `- {name: job-${k}, model: bpr-mf, dim: 64}`).join('\n'));
  assert.deepEqual(valueIn('a: &a [1, 2]\nb: *a\n'), { a: [1, 2], b: [1, 2] });
});

const chain = Array.from({ length: 40 }, (_, k) => `k${k}: &k${k} [${k === 0 ? 1 : `*k${k - 1}`}]`).join('\n');
const bomb = Array.from(
  { length: 9 },
  (_, k) =>
    `k${k}: &k${k} [${Array(9)
      .fill(k === 0 ? 1 : `*k${k - 1}`)
      .join()}]`,
);

for (const [what, text, problem] of [
  ['20,000 open lists', '['.repeat(20_000), /deeper than 32 levels \(line 1\)/],
  ['802 bytes of keys within keys', '? '.repeat(401), /deeper than 32 levels/],
  ['lists of lists', '- '.repeat(20_000), /deeper than 32 levels/],
  ['a deep block', levels(60), /deeper than 32 levels \(line 3\d\)/],
  ['many keys', 'k: 1\n'.repeat(20_000), /more than 40000 words and signs \(line \d+\)/],
  ['many anchors', '&a '.repeat(40_000), /more than 40000 words/],
  ['a long file', `a: ${'x'.repeat(YAML_LIMITS.bytes)}`, /it has 131075 bytes; at most 131072 bytes/],
  ['an alias bomb', bomb.join('\n'), /aliases stand for more than 100 times/],
  ['a chain of aliases', chain, /aliases (?:stand for|are nested deeper)/],
  ['an alias within its own anchor', 'a: &a [*a]', /aliases are nested deeper than 32/],
] as const) {
  test(`${what}: refused before it takes time`, bounded, () => {
    assert.throws(
      () => valueIn(text),
      (error) => {
        assert.ok(error instanceof RecdistillError && error.code === 'over-limit', String(error));
        assert.match(error.message, problem);
        assert.ok(error.message.includes(path) && error.hint.length > 10);
        return true;
      },
    );
  });
}

test('thousands of errors are found in a moment', bounded, () => {
  writeFileSync(path, `a: "${'\\x'.repeat(60_000)}"`);
  assert.ok(readYaml(path).document.errors.length > 10_000);
});

test('a list as a key, an alias without anchor and other text than UTF-8 are errors', () => {
  writeFileSync(path, '? [a]\n: 1\n');
  assert.match(readYaml(path).document.errors[0]!.message, /keys must be strings/);
  assert.throws(() => valueIn('a: *b'), /Unresolved alias/);
  writeFileSync(path, Buffer.from([0x61, 0x3a, 0xff]));
  assert.throws(() => readYaml(path), /not UTF-8/);
});
