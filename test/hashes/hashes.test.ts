import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { digestJson, digestTensors } from './digest.js';
import { cases } from './index.js';
import { differences, readHashes } from './list.js';
import { runCases } from './run-cases.js';

/** What `npm test` runs; `npm run hashes` runs all. */
const few = ['model/ease', 'model/bpr-mf', 'model/mult-vae', 'distill/hetcomp', 'bd/cdae-bpr-mf', 'data/csv'];

test('a few runs have the parameters, metrics and rankings of the list', { timeout: 120_000 }, async () => {
  const { hashes, failed } = await runCases(cases, ({ name }) => few.includes(name), 2);
  assert.deepEqual([...failed], []);
  const listed = [...readHashes()].filter(([name]) => few.some((c) => name.startsWith(`${c}/`)));
  assert.ok(few.every((c) => listed.some(([name]) => name.startsWith(`${c}/`))));
  assert.deepEqual(differences(new Map(listed), hashes), []);
});

test('every model and every method has a case, and every case has hashes in the list', () => {
  const names = cases.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const options = readFileSync(fileURLToPath(new URL('../../../docs/options.md', import.meta.url)), 'utf8');
  const units = [...options.matchAll(/^## (model|method) (\S+)$/gm)];
  assert.ok(units.length > 20, 'docs/options.md has a heading for each model and method');
  // The cases of a co-trained method are in a group of its own.
  const has = (kind: string, unit: string) =>
    names.includes(`${kind === 'model' ? kind : 'distill'}/${unit}`) ||
    names.some((name) => name.startsWith(`${unit}/`));
  for (const [, kind, unit] of units) assert.ok(has(kind!, unit!), unit);
  const listed = [...readHashes().keys()];
  assert.deepEqual(
    names.filter((name) => !listed.some((l) => l.startsWith(`${name}/`))),
    [],
  );
  assert.deepEqual(
    listed.filter((l) => !names.some((name) => l.startsWith(`${name}/`))),
    [],
  );
});

test('a hash of tensors follows from their bytes, types and shapes, not from names, order and metadata', () => {
  const [userFactors, itemFactors] = [new Float32Array([1, 2, 3, 4]), new Float32Array([5, 6])];
  const whole = tensors({ run: 'a' }, ['u', [2, 2], userFactors], ['i', [2], itemFactors]);
  assert.equal(
    digestTensors(tensors({ run: 'b' }, ['item', [2], itemFactors], ['user', [2, 2], userFactors])),
    digestTensors(whole),
  );
  const others = [
    tensors({}, ['u', [4], userFactors], ['i', [2], itemFactors]),
    tensors({}, ['u', [2, 2], userFactors]),
    tensors({}, ['u', [2, 2], userFactors], ['i', [2], new Float32Array([5, 6.000001])]),
    tensors({}, ['u', [2, 2], userFactors], ['i', [2], itemFactors], ['j', [2], itemFactors]),
  ];
  assert.equal(new Set([whole, ...others].map(digestTensors)).size, 5);
  assert.throws(() => digestTensors(tensors({})), /without a tensor/);
  assert.throws(() => digestTensors(whole.subarray(0, whole.length - 1)), /ends within the tensor/);
});

test('a hash of JSON counts every bit of a number and not the order of keys', () => {
  assert.equal(digestJson({ a: [1, 2], b: { c: 1, d: 2 } }), digestJson({ b: { d: 2, c: 1 }, a: [1, 2] }));
  assert.notEqual(digestJson({ a: [1, 2] }), digestJson({ a: [2, 1] }));
  assert.notEqual(digestJson(0.1 + 0.2), digestJson(0.3));
});

test('hashes that differ, that are missing and that are new are differences', () => {
  const listed = new Map([
    ['model/a/metrics', '1'],
    ['model/b/metrics', '2'],
    ['model/c/metrics', '3'],
  ]);
  const got = new Map([
    ['model/d/metrics', '4'],
    ['model/c/metrics', '3'],
    ['model/a/metrics', '9'],
  ]);
  assert.deepEqual(differences(listed, got), [
    { name: 'model/a/metrics', expected: '1', got: '9' },
    { name: 'model/b/metrics', expected: '2' },
    { name: 'model/d/metrics', got: '4' },
  ]);
});

test('a case that fails takes those that need it along, and no others', { timeout: 60_000 }, async () => {
  const made = (name: string, needs: readonly string[], run: () => Promise<Record<string, string>>) => ({
    name,
    needs,
    run,
  });
  const fine = async () => ({ x: '1' });
  const all = [
    made('a', [], async () => {
      throw new Error('broken');
    }),
    made('b', ['a'], fine),
    made('c', [], fine),
    made('d', ['c'], fine),
    made('e', [], fine),
  ];
  const { hashes, failed } = await runCases(all, ({ name }) => ['b', 'd'].includes(name), 1);
  assert.deepEqual([...hashes], [['d/x', '1']]);
  assert.deepEqual(
    [...failed],
    [
      ['a', 'broken'],
      ['b', 'it needs a, which failed'],
    ],
  );
  await assert.rejects(
    runCases([made('b', ['a'], fine)], () => true, 1),
    /needs a, which does not stand before it/,
  );
});

/** A safetensors file of 32-bit floats. */
function tensors(
  metadata: Record<string, string>,
  ...all: (readonly [string, readonly number[], Float32Array])[]
): Buffer {
  let end = 0;
  const entries = all.map(([name, shape, data]) => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...all.map(([, , data]) => Buffer.from(data.buffer))]);
}
