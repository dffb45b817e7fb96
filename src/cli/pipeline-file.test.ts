import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fail } from '../errors.js';
import { readPipelineFile } from './pipeline-file.js';

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
  const { value } = readPipelineFile(file(SAMPLE));
  assert.deepEqual((value as { teachers: unknown }).teachers, [
    { model: 'bpr-mf', dim: 8 },
    { model: 'lightgcnn', dim: 0 },
  ]);
});

test('an error gets its line and column', async () => {
  const { within } = readPipelineFile(file(SAMPLE));
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

test('other errors pass as they are', async () => {
  const { within } = readPipelineFile(file(SAMPLE));
  await assert.rejects(
    within(async () => fail('file-missing', { path: 'x' })),
    { code: 'file-missing' },
  );
  assert.equal(await within(async () => 5), 5);
});

test('a file that is no pipeline is refused with a place', () => {
  assert.throws(() => readPipelineFile(file('a: [1\nb: }')), { code: 'usage', message: /p\.yaml, line 2, column 1/ });
  assert.throws(() => readPipelineFile(file('a: 1\na: 2')), { code: 'usage', message: /line 2/ });
  assert.throws(() => readPipelineFile(file('# nothing\n')), { code: 'usage', message: /is empty/, hint: /teachers/ });
  assert.throws(() => readPipelineFile(join(folder, 'none.yaml')), { code: 'file-missing' });
  assert.throws(() => readPipelineFile(folder), { code: 'read-failed' });
});
