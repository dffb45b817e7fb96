/** What `npm start` builds in a fresh clone: the same program as the full build, without traces that tsc would trust. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const clone = mkdtempSync(join(tmpdir(), 'recdistill-first-'));
after(() => rmSync(clone, { recursive: true, force: true }));

const node = (...args: string[]) =>
  execFileSync(process.execPath, args, { cwd: clone, encoding: 'utf8', timeout: 120_000 });
const same = (file: string) => readFileSync(join(clone, file), 'utf8') === readFileSync(join(root, file), 'utf8');

test('a first npm start builds the program alone, with the kernels of the full build; an edit is built again', () => {
  for (const folder of ['src', 'scripts']) cpSync(join(root, folder), join(clone, folder), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'tsconfig.base.json', 'tsconfig.json'])
    copyFileSync(join(root, file), join(clone, file));
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'), 'junction');

  node('scripts/build.mjs', '--program');
  const built = readdirSync(join(clone, 'dist'), { recursive: true }).map(String);
  assert.ok(built.includes(join('cli', 'main.js')));
  assert.deepEqual(
    built.filter((file) => /\.test\.js$|\.d\.ts$|\.new$/.test(file)),
    [],
  );
  assert.ok(!existsSync(join(clone, 'dist', 'tsconfig.tsbuildinfo')), 'tsc would take these files for its own');
  assert.ok(same('dist/kernels/wasm-bytes.js') && same('dist/student/screen-bytes.js'), 'the kernels are the same');
  assert.equal(node('dist/cli/main.js', '--version').trim(), versionOf(root));

  appendFileSync(join(clone, 'src', 'errors.ts'), '\nexport const added: number = 1;\n');
  rmSync(join(clone, 'src', 'index.ts'));
  truncateSync(join(clone, 'dist', 'student', 'screen-bytes.js'), 300);
  node('scripts/build.mjs', '--program');
  assert.match(readFileSync(join(clone, 'dist', 'errors.js'), 'utf8'), /added = 1/);
  assert.ok(!existsSync(join(clone, 'dist', 'index.js')), 'what has no source is removed');
  assert.ok(same('dist/student/screen-bytes.js'), 'a file that was cut off is written again');
});

const versionOf = (folder: string): unknown => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
