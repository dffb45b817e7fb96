/** What an import of each subpath loads: packages that are heavy, native or servers come with their first use only. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { dependencies, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Readonly<Record<string, string>>;
  exports: Readonly<Record<string, unknown>>;
};

const serving = ['@fastify/bearer-auth', '@fastify/helmet', '@fastify/rate-limit', '@fastify/swagger'];

/** The packages that each subpath may load, of those that package.json names. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  '.': ['cli-table3', 'zod'],
  './bundle': [],
  './data': ['zod'],
  './distill': ['zod'],
  './eval': ['zod'],
  './experiment': ['zod'],
  './export': ['zod'],
  './kernels': [],
  './losses': [],
  './math': [],
  './models': ['zod'],
  './options': ['zod'],
  './report': ['cli-table3', 'zod'],
  './runs': ['zod'],
  './serve': [...serving, '@fastify/under-pressure', 'fastify', 'prom-client', 'zod'],
  './student': [],
  './testing': ['zod'],
  './toolkit': ['zod'],
  './train': ['zod'],
};

/** Writes the address of each module that is resolved to a file. */
const hooks = `import { appendFileSync } from 'node:fs';
export async function resolve(name, context, next) {
  const found = await next(name, context);
  appendFileSync(process.env.RESOLVED, found.url + '\\n');
  return found;
}`;
const asModule = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
const register = `import { register } from 'node:module'; register(${JSON.stringify(asModule(hooks))});`;

/** The files that a program loads. */
async function loadedBy(program: string): Promise<readonly string[]> {
  const args = ['--import', asModule(register), '--input-type=module', '-e', program];
  const folder = mkdtempSync(join(tmpdir(), 'recdistill-loads-'));
  const file = join(folder, 'resolved.txt');
  try {
    const env = { ...process.env, RESOLVED: file };
    await promisify(execFile)(process.execPath, args, { cwd: root, env, timeout: 120_000 });
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('file:'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const packagesIn = (urls: readonly string[]): readonly string[] => {
  const names = urls.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
  return [...new Set(names)].filter((name) => name in dependencies).sort();
};

/** Folders of our own. */
const foldersIn = (urls: readonly string[]): readonly string[] =>
  [...new Set(urls.flatMap((url) => /\/dist\/(\w+)\/[^/]/.exec(url)?.[1] ?? []))].sort();

test('every subpath has a line here', () => {
  const subpaths = Object.keys(exports).filter((path) => path !== './package.json');
  assert.deepEqual(
    subpaths
      .filter((path) => !(path in allowed))
      .concat(Object.keys(allowed).filter((path) => !subpaths.includes(path))),
    [],
  );
});

for (const [path, packages] of Object.entries(allowed)) {
  const name = `recdistill${path.slice(1)}`;
  test(`${name} loads ${packages.join(', ') || 'no package'}`, async () => {
    const urls = await loadedBy(`await import('${name}')`);
    assert.ok(
      urls.some((url) => url.includes('/dist/')),
      'the hooks saw it',
    );
    assert.deepEqual(packagesIn(urls), [...packages].sort());
    if (path === './student') assert.deepEqual(foldersIn(urls), ['student']);
  });
}

test('a package that is loaded later is seen', async () => {
  const urls = await loadedBy(`import { loadDataset } from 'recdistill/data';
    await loadDataset({ data: 'README.md' }).catch(() => {});`);
  assert.ok(packagesIn(urls).includes('@duckdb/node-api'));
});
