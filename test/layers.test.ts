/** Imports go one way (docs/design.md): a folder may import itself and the folders named here, and no file imports itself by way of others. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const base = ['defined', 'errors', 'memory', 'nearest', 'progress', 'math', 'options'];
const learning = [...base, 'data', 'kernels', 'losses', 'optim', 'samplers', 'student', 'models', 'train'];
const making = [...learning, 'distill', 'eval', 'formats', 'bundle', 'student', 'runs'];
const allowed: Record<string, readonly string[]> = {
  defined: [],
  nearest: [],
  errors: ['nearest'],
  progress: ['errors'],
  memory: ['errors'],
  math: ['errors'],
  options: ['errors', 'nearest', 'math'],
  student: [],
  formats: ['errors', 'progress', 'student'],
  data: [...base, 'formats'],
  kernels: base,
  losses: [...base, 'kernels'],
  optim: [...base, 'kernels'],
  samplers: [...base, 'data', 'kernels'],
  models: [...base, 'data', 'kernels', 'losses', 'optim', 'samplers', 'student'],
  train: learning,
  distill: [...learning, 'eval'],
  eval: [...base, 'data', 'kernels'],
  bundle: [...base, 'data', 'formats', 'student'],
  runs: making,
  experiment: making,
  report: [...making, 'experiment'],
  toolkit: [...learning, 'distill', 'eval', 'experiment', 'export'],
  testing: [...making, 'experiment', 'export'],
  export: [...base, 'data', 'formats', 'bundle', 'student'],
  library: [...making, 'experiment', 'report', 'export'],
  // `data`: the options of reading a file of histories.
  serve: [...base, 'data', 'formats', 'bundle', 'student'],
  cli: [...making, 'experiment', 'report', 'export', 'library', 'serve'],
};

/** Files below `folder`, without tests and types of packages, each with the files that it imports; paths from `folder` on. */
function importsOf(folder: string): Map<string, string[]> {
  const files = readdirSync(folder, { recursive: true })
    .map((f) => String(f).replaceAll('\\', '/'))
    .filter((f) => f.endsWith('.ts') && !/\.test\.ts$|^[^/]+\.d\.ts$/.test(f));
  const found = new Map<string, string[]>();
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    const targets = [...text.matchAll(/(?:from|import) '(\.[^']+)'/g)].map(([, target]) => {
      const path = posix.normalize(posix.join(posix.dirname(file), target!));
      if (!path.endsWith('.js')) return existsSync(join(folder, path)) ? path : `${path}.ts`;
      const [source, declared] = [path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.d.ts')];
      // What the build makes directly in dist has only its types here.
      return files.includes(declared) ? declared : source;
    });
    found.set(file, targets);
  }
  return found;
}

const topOf = (file: string): string => file.split('/')[0]!.replace(/\.ts$/, '');

test('folders import one way', () => {
  const imports = importsOf(join(root, 'src'));
  assert.ok(imports.size > 50, 'the sources were found');
  const wrong: string[] = [];
  for (const [file, targets] of imports) {
    if (file === 'index.ts') continue;
    const own = topOf(file);
    const known = allowed[own];
    assert.ok(known, `${file}: folder ${own} has no line in this test`);
    for (const target of targets)
      if (topOf(target) !== own && !known.includes(topOf(target))) wrong.push(`${file} imports ${target}`);
    const text = readFileSync(join(root, 'src', file), 'utf8');
    if (own === 'student') assert.doesNotMatch(text, /from '(node:)?[a-z@]/, `${file}: the student has no dependency`);
  }
  assert.deepEqual(wrong, []);
});

test('the command line lays out no table and formats no number', () => {
  const files = [...importsOf(join(root, 'src', 'cli')).keys()];
  assert.ok(files.length > 20, 'the sources were found');
  const wrong = files.filter((file) =>
    /\.(toFixed|toPrecision|toLocaleString)\(|cli-table3|resultTable\(|---[|:]/.test(
      readFileSync(join(root, 'src', 'cli', file), 'utf8'),
    ),
  );
  assert.deepEqual(wrong, []);
});

/** The first circle of imports that is found, as a list of files. */
function circleIn(imports: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return undefined;
    for (const target of imports.get(file) ?? []) {
      const circle = visit(target, [...path, file]);
      if (circle) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle) return circle;
  }
  return undefined;
}

for (const folder of ['src', 'bench', 'test']) {
  test(`no circle of imports in ${folder}`, () => {
    const imports = importsOf(join(root, folder));
    assert.ok(imports.size > 5, 'the sources were found');
    const missing = [...imports].flatMap(([file, targets]) =>
      targets
        .filter((target) => !target.startsWith('..') && !imports.has(target))
        .map((target) => `${file}: ${target}`),
    );
    assert.deepEqual(missing, [], 'every import leads to a file that was read');
    assert.equal(circleIn(imports)?.join(' -> '), undefined);
  });
}

test('the sources of kernels are among the files', () => {
  const imports = importsOf(join(root, 'src'));
  assert.ok(imports.get('kernels/hetcomp/kernel.as.ts')?.includes('kernels/hetcomp/solve.as.ts'));
  assert.ok(imports.get('kernels/hetcomp/solve.as.ts')?.includes('kernels/hetcomp/layout.ts'));
});

test('a circle is found', () => {
  const imports = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['b']],
  ]);
  assert.deepEqual(circleIn(imports), ['b', 'c', 'b']);
});
