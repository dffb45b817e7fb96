import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fail } from '../../errors.js';
import { readYamlFile } from './yaml-file.js';

const EXAMPLE = 'Such as: teachers: [{ model: bpr-mf }].';
const folder = mkdtempSync(join(tmpdir(), 'recdistill-yaml-'));
after(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'p.yaml');
  writeFileSync(path, text);
  return path;
}

const SAMPLE = `name: small
data:
  data: synthetic
  minUsr: 3
teachers:
  - model: bpr-mf
    dim: 8
  - model: lightgcnn
    dim: 0
students:
  - { model: bpr-mf, dim: 8 }
`;

test('a pipeline is read as plain values', () => {
  const { value } = readYamlFile(file(SAMPLE), EXAMPLE);
  assert.deepEqual((value as { teachers: unknown }).teachers, [
    { model: 'bpr-mf', dim: 8 },
    { model: 'lightgcnn', dim: 0 },
  ]);
});

test('an error gets its line and column', async () => {
  const { within } = readYamlFile(file(SAMPLE), EXAMPLE);
  const at = (place: string) => ({ code: 'usage', message: new RegExp(`p\\.yaml, ${place}: `), exitCode: 2 });
  const known = { owner: 'x', known: 'a', expected: 'e' };
  await assert.rejects(
    within(async () => fail('unknown-option', { ...known, option: 'minUsr' })),
    at('line 4, column 3'),
  );
  await assert.rejects(
    within(async () => fail('bad-option', { ...known, option: 'dim', given: '0' })),
    at('line 9, column 5'),
  );
  await assert.rejects(
    within(async () => fail('bad-option', { ...known, option: 'teachers.0.dim', given: '8' })),
    at('line 7, column 5'),
  );
  await assert.rejects(
    within(async () => fail('unknown-name', { kind: 'model', given: 'lightgcnn', known: '' })),
    at('line 8, column 5'),
  );
  await assert.rejects(
    within(async () => fail('bad-option', { ...known, option: 'nowhere', given: 'missing' })),
    at('line 1, column 1'),
  );
});

test('an error about a search space points at the option of that model', async () => {
  const { within } = readYamlFile(file('ease:\n  l2: [1]\nbpr-mf:\n  dim: [8]\n  l2: []\n'), EXAMPLE);
  const bad = (details: object, place: string) =>
    assert.rejects(
      within(async () => fail('bad-space', { problem: 'no', hint: 'Change it.', ...details })),
      { code: 'usage', message: new RegExp(`p\\.yaml, ${place}: the search space of`) },
    );
  await bad({ owner: 'bpr-mf', option: 'l2' }, 'line 5, column 7');
  await bad({ owner: 'ease' }, 'line 2, column 3');
  await assert.rejects(
    within(async () => fail('bad-space', { owner: 'top-pop', problem: 'no', hint: 'Leave it out.' })),
    { code: 'bad-space' },
  );
});

test('other errors pass as they are', async () => {
  const { within } = readYamlFile(file(SAMPLE), EXAMPLE);
  await assert.rejects(
    within(async () => fail('file-missing', { path: 'x' })),
    { code: 'file-missing' },
  );
  assert.equal(await within(async () => 5), 5);
});

test('a file that is no YAML is refused with a place', () => {
  assert.throws(() => readYamlFile(file('a: [1\nb: }'), EXAMPLE), {
    code: 'usage',
    message: /p\.yaml, line 2, column 1/,
  });
  assert.throws(() => readYamlFile(file('a: 1\na: 2'), EXAMPLE), { code: 'usage', message: /line 2/ });
  assert.throws(() => readYamlFile(file('# nothing\n'), EXAMPLE), {
    code: 'usage',
    message: /is empty/,
    hint: /teachers/,
  });
  assert.throws(() => readYamlFile(join(folder, 'none.yaml'), EXAMPLE), { code: 'file-missing' });
  assert.throws(() => readYamlFile(folder, EXAMPLE), { code: 'read-failed' });
});
