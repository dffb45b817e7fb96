// Makes the folder of the package @recdistill/student from the built src/student: node scripts/pack-student.mjs [FOLDER]
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

if (process.argv[2]?.startsWith('-')) {
  console.error(`there is no option ${process.argv[2]}; the one argument is the folder to make`);
  process.exit(2);
}
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = resolve(process.argv[2] ?? join(root, 'build', 'student'));
const built = join(root, 'dist', 'student');
const { version, license, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const file of imported('index.js')) {
  writeFileSync(join(out, file), withoutComments(readFileSync(join(built, file), 'utf8')));
}
for (const file of imported('index.d.ts')) copyFileSync(join(built, file), join(out, file));
const { wasmBase64 } = await import(join(built, 'screen-bytes.js'));
writeFileSync(join(out, 'kernel.wasm'), Buffer.from(wasmBase64, 'base64'));
for (const file of ['LICENSE', 'NOTICE']) copyFileSync(join(root, file), join(out, file));
copyFileSync(join(root, 'src', 'student', 'README.md'), join(out, 'README.md'));
const manifest = {
  name: '@recdistill/student',
  version,
  description:
    'Serves a student that recdistill trained: recommendations, similar items and fold-in in Node, browsers and edge workers.',
  license,
  type: 'module',
  engines,
  sideEffects: false,
  exports: {
    '.': { types: './index.d.ts', default: './index.js' },
    './kernel.wasm': './kernel.wasm',
    './package.json': './package.json',
  },
};
writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(out);

/** A built file and all that it imports, directly or not; declarations lead to declarations. */
function imported(entry) {
  const found = new Set([entry]);
  for (const file of found) {
    const text = readFileSync(join(built, file), 'utf8');
    for (const [, name] of text.matchAll(/from '\.\/([^']+)\.js'/g)) found.add(name + entry.slice('index'.length));
  }
  return [...found];
}

/** The comments are in the declarations, where editors look for them. */
function withoutComments(text) {
  const { ES2022: target } = ts.ScriptTarget;
  const { ESNext: module } = ts.ModuleKind;
  return ts.transpileModule(text, { compilerOptions: { target, module, removeComments: true } }).outputText;
}
