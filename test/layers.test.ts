/** Imports go one way (docs/design.md). A folder may import itself and the folders named here. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const source = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src');
const base = ['errors', 'nearest', 'pace', 'config'];
const learning = [...base, 'data', 'kernels', 'losses', 'optim', 'samplers', 'models', 'train'];
const allowed: Record<string, readonly string[]> = {
  nearest: [],
  errors: ['nearest'],
  pace: ['errors'],
  config: ['errors', 'nearest'],
  student: [],
  data: base,
  kernels: base,
  losses: [...base, 'kernels'],
  optim: [...base, 'kernels'],
  samplers: [...base, 'data', 'kernels'],
  models: [...base, 'data', 'kernels', 'losses', 'optim', 'samplers'],
  train: learning,
  ensemble: learning,
  distill: [...learning, 'ensemble'],
  eval: [...base, 'data', 'kernels'],
  artifact: [...base, 'data', 'kernels', 'models', 'student'],
  presets: [...base, 'data', 'artifact'],
  pipeline: [...learning, 'ensemble', 'distill', 'eval', 'artifact', 'student', 'presets'],
  tune: [...learning, 'eval', 'artifact', 'presets', 'pipeline'],
  report: [...base, 'eval', 'artifact', 'pipeline'],
  study: [...learning, 'distill', 'eval', 'artifact', 'pipeline', 'tune'],
  testing: [...learning, 'ensemble', 'distill', 'eval', 'artifact', 'student', 'pipeline'],
  export: [...base, 'data', 'artifact', 'student'],
  serve: [...base, 'artifact', 'student'],
  cli: [
    ...learning,
    'ensemble',
    'distill',
    'eval',
    'artifact',
    'student',
    'presets',
    'pipeline',
    'tune',
    'study',
    'report',
    'export',
    'serve',
  ],
};

test('imports go one way', () => {
  const files = readdirSync(source, { recursive: true })
    .map(String)
    .map((f) => f.split('\\').join('/'))
    .filter((f) => f.endsWith('.ts') && !f.endsWith('.d.ts') && !f.endsWith('.test.ts') && f !== 'index.ts');
  assert.ok(files.length > 50, 'the sources were found');
  const wrong: string[] = [];
  for (const file of files) {
    const own = file.split('/')[0]!.replace(/\.ts$/, '');
    const known = allowed[own];
    assert.ok(known, `${file}: folder ${own} has no line in this test`);
    const text = readFileSync(join(source, file), 'utf8');
    for (const [, target] of text.matchAll(/from '(\.[^']+)'/g)) {
      const folder = posix
        .normalize(posix.join(posix.dirname(file), target!))
        .split('/')[0]!
        .replace(/\.js$/, '');
      if (folder !== own && !known.includes(folder)) wrong.push(`${relative('.', file)} imports ${folder}`);
    }
    if (own === 'student') assert.doesNotMatch(text, /from '(node:)?[a-z@]/, `${file}: the student has no dependency`);
  }
  assert.deepEqual(wrong, []);
});
