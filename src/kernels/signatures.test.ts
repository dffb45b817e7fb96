/** The sources of the kernels, the compiled module, the generated signatures and the calls agree, or the build or a test fails. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { WasmMachine } from './machine/machine.js';
import { takeSlots } from './machine/slots.js';
import { kernelParameters } from './signatures.js';
import { wasmBase64 } from './wasm-bytes.js';

interface Signatures {
  readonly functions: readonly { readonly name: string; readonly parameters: readonly { readonly name: string }[] }[];
  readonly records: readonly { readonly name: string; readonly fields: readonly { readonly name: string }[] }[];
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const generator: {
  readSignatures(entries: readonly string[], read: (file: string) => string): Signatures;
  kernelModule(signatures: Signatures): string;
} = await import(pathToFileURL(join(root, 'scripts', 'kernel-signatures.mjs')).href);

/** What differs between the parameters as TypeScript has them and the exports of a module. */
function differences(
  parameters: Readonly<Record<string, readonly string[]>>,
  exports: Readonly<Record<string, unknown>>,
): string[] {
  const found: string[] = [];
  for (const [name, list] of Object.entries(parameters)) {
    const kernel = exports[name];
    if (typeof kernel !== 'function') found.push(`${name} is not exported`);
    else if (kernel.length !== list.length + 2) found.push(`${name} takes ${kernel.length}, not ${list.length} + 2`);
  }
  for (const [name, value] of Object.entries(exports))
    if (typeof value === 'function' && !(name in parameters)) found.push(`${name} has no signature`);
  return found;
}

test('the compiled module exports the kernels of the signatures, each with its parameters and a range', () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  const module = new WebAssembly.Module(Buffer.from(wasmBase64, 'base64'));
  const { exports } = new WebAssembly.Instance(module, {
    env: { memory, abort: () => assert.fail(), panelColumns: 8 },
  });
  assert.ok(Object.keys(kernelParameters).length > 30);
  assert.deepEqual(differences(kernelParameters, exports), []);
  const { scale, ...fewer } = exports;
  assert.deepEqual(differences(kernelParameters, { ...fewer, other: scale }), [
    'scale is not exported',
    'other has no signature',
  ]);
  assert.deepEqual(differences({ f: ['x'] }, { f: (_x: number, _begin: number) => {} }), ['f takes 2, not 1 + 2']);
});

test('the signatures are those of the sources', () => {
  const written = readFileSync(join(root, 'src', 'kernels', 'signatures.ts'), 'utf8');
  const files = new Set([...written.matchAll(/^ {2}\/\*\* (src\/.*) \*\/$/gm)].map(([, file]) => file!));
  assert.ok(files.size > 10);
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  const fresh = generator.kernelModule(generator.readSignatures([...files], read));
  assert.ok(written.endsWith(fresh));
  const renamed = generator.readSignatures([...files], (file) => read(file).replaceAll('scale(y:', 'scale(z:'));
  assert.ok(!written.endsWith(generator.kernelModule(renamed)));
});

const made: Readonly<Record<string, string>> = {
  'a/kernel.as.ts': `import { Plan } from '../b/plan.as';
    export function step(plan: Plan, x: usize, begin: i32, end: i32): void {}
    function inner(x: string): string { return x; }`,
  'b/plan.as.ts': '@unmanaged export class Plan { users: usize; dim: i32; }',
};
const signaturesOf = (changed: Readonly<Record<string, string>> = {}) =>
  generator.readSignatures(['a/kernel.as.ts'], (file) => changed[file] ?? made[file]!);

test('parameters and records are read from the sources', () => {
  const { functions, records } = signaturesOf();
  assert.deepEqual(
    functions.map((f) => [f.name, f.parameters.map((p) => p.name)]),
    [['step', ['plan', 'x']]],
  );
  assert.deepEqual(
    records.map((r) => [r.name, r.fields.map((f) => f.name)]),
    [['Plan', ['users', 'dim']]],
  );
});

test('a source that breaks a rule of the calls fails the build, with file and line', () => {
  const kernel = (text: string) => ({ 'a/kernel.as.ts': text });
  const wrong: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [kernel('\nexport function f(x: usize): void {}'), /^Error: a\/kernel\.as\.ts:2: the last parameters of f must be/],
    [kernel('export function f(begin: i32, end: i32): i32 { return 0; }'), /f must return void/],
    [kernel('export function f(x: string, begin: i32, end: i32): void {}'), /x: string is neither one of/],
    [kernel('export const LIMIT = 4;'), /only functions may be exported/],
    [
      { 'b/plan.as.ts': '@unmanaged export class Plan {\n  norm: f64; }' },
      /b\/plan\.as\.ts:2: a field of Plan must be/,
    ],
  ];
  for (const [changed, message] of wrong) assert.throws(() => signaturesOf(changed), message);
  const twice = () =>
    generator.readSignatures(['a/kernel.as.ts', 'c/kernel.as.ts'], (f) => made[f.replace('c/', 'a/')]!);
  assert.throws(twice, /a\/kernel\.as\.ts exports step, too/);
});

/** Never called: the build checks the calls, and fails where one that is marked as an error is none. */
export function wrongCalls(m: WasmMachine): void {
  const slots = takeSlots(m, 'name', 64);
  m.run('scale', { y: 64, factor: 2 }, 8, 4);
  // @ts-expect-error a name that no kernel has
  m.run('no-such-kernel', {}, 8, 4);
  // @ts-expect-error an argument is missing
  m.run('scale', { y: 64 }, 8, 4);
  // @ts-expect-error an argument is misspelt
  m.run('scale', { y: 64, faktor: 2 }, 8, 4);
  // @ts-expect-error an argument is superfluous
  m.run('scale', { y: 64, factor: 2, dim: 4 }, 8, 4);
  // @ts-expect-error arguments are superfluous, and come from elsewhere
  m.run('scale', { y: 64, factor: 2, ...slots }, 8, 4);
  // @ts-expect-error an array is an address, not a number
  m.run('scale', { y: 64, factor: new Float32Array(4) }, 8, 4);
}
