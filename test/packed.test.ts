/** The package as it would be published: packed, unpacked into an empty folder, imported and run from there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'recdistill-packed-'));
const installed = join(folder, 'node_modules', 'recdistill');

before(() => {
  const shell = process.platform === 'win32';
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: root, shell });
  const archive = readdirSync(folder).find((f) => f.endsWith('.tgz'))!;
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, archive), '-C', installed, '--strip-components=1']);
  // The dependencies are those of this checkout: a test reaches no registry.
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!name.startsWith('.') && name !== 'recdistill')
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

const node = (...args: string[]) =>
  execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 120_000 });

test('it carries what it needs and no tests', () => {
  for (const file of [
    'LICENSE',
    'NOTICE',
    'README.md',
    'dist/index.js',
    'dist/cli/main.js',
    'dist/kernels/machine/worker.js',
  ]) {
    assert.ok(existsSync(join(installed, file)), file);
  }
  const files = readdirSync(join(installed, 'dist'), { recursive: true }).map(String);
  assert.deepEqual(
    files.filter((f) => f.includes('.test.')),
    [],
  );
});

test('every link of its pages leads to a file that it carries', () => {
  const pages = readdirSync(installed, { recursive: true })
    .map(String)
    .filter((f) => f.endsWith('.md') && !f.startsWith('dist'));
  assert.ok(pages.includes('README.md') && pages.includes(join('docs', 'cli.md')));
  const broken = pages.flatMap((page) =>
    linksOf(readFileSync(join(installed, page), 'utf8'))
      .filter((link) => !existsSync(join(installed, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );
  assert.deepEqual(broken, []);
});

/** Relative links of a page, without what follows `#`. */
const linksOf = (page: string): string[] =>
  [...page.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link!.split('#')[0]!)
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link));

test('publint finds nothing to complain about', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
  assert.deepEqual(
    messages.map((m) => formatMessage(m, pkg)),
    [],
  );
});

test('every export loads, and threads run from the installed package', () => {
  writeFileSync(
    join(folder, 'try.mjs'),
    `import { createKernels } from 'recdistill';
     for (const path of ['data', 'models', 'distill', 'eval', 'bundle', 'runs', 'student', 'kernels', 'serve', 'export', 'testing']) await import('recdistill/' + path);
     const k = createKernels({ threads: 2 });
     const x = k.floats(100_000);
     k.normal(x, { k0: 1, k1: 2 }, 0, 1);
     k.close();
     console.log(x.every(Number.isFinite) && x[0] !== x[1]);`,
  );
  assert.equal(node('try.mjs').trim(), 'true');
});

test('the command line starts', () => {
  assert.match(node(join(installed, 'dist', 'cli', 'main.js'), '--help'), /recdistill/);
});
