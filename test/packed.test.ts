/** The package as it would be published: packed, unpacked into an empty folder, imported and run from there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { pack, root } from './packed-folder.js';

const { folder, archive, installed, node, remove } = pack();
after(remove);

test('it carries what it needs and no tests', () => {
  for (const file of ['LICENSE', 'NOTICE', 'README.md', 'dist/index.js', 'dist/cli/main.js']) {
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

test('publint reports no problem', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
  assert.deepEqual(
    messages.map((m) => formatMessage(m, pkg)),
    [],
  );
});

test('attw finds every type of every export', () => {
  const require = createRequire(join(root, 'package.json'));
  const program = join(dirname(require.resolve('@arethetypeswrong/cli/package.json')), 'dist', 'index.js');
  // The package is for ES modules only, as its "type" says.
  // It fails, and the test with it, where a type is missing or of another kind than the code.
  const said = execFileSync(process.execPath, [program, archive, '--profile', 'esm-only', '--no-color', '--no-emoji'], {
    encoding: 'utf8',
    timeout: 240_000,
  });
  assert.match(said, /"recdistill\/testing" +│ OK \(ESM\)/);
});

test('every export loads, and threads run from the installed package', () => {
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { exports: object };
  const names = Object.keys(exports).flatMap((path) => (path.endsWith('.json') ? [] : [`recdistill${path.slice(1)}`]));
  writeFileSync(
    join(folder, 'try.mjs'),
    `import { createKernels } from 'recdistill';
     for (const name of ${JSON.stringify(names)}) await import(name);
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
