import assert from 'node:assert/strict';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import fc from 'fast-check';
import { RecdistillError } from '../errors.js';
import { parseSafetensors, type Tensor, type TensorData } from '../student/safetensors.js';
import { encodeSafetensors, readSafetensors, tensorOf, writeSafetensors } from './safetensors.js';

let dir: string;
before(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'recdistill-safetensors-'));
});
after(() => fs.rmSync(dir, { recursive: true, force: true }));

const isDamaged = (error: unknown): boolean =>
  error instanceof RecdistillError &&
  error.code === 'artifact-damaged' &&
  error.message.includes('.safetensors is damaged: ');

const data: fc.Arbitrary<TensorData> = fc.oneof(
  fc.float32Array({ maxLength: 12 }),
  fc.float64Array({ maxLength: 12 }),
  fc.int32Array({ maxLength: 12 }),
  fc.uint32Array({ maxLength: 12 }),
  fc.uint8Array({ maxLength: 12 }),
);
const tensor: fc.Arbitrary<Tensor> = fc
  .tuple(data, fc.boolean())
  .map(([d, flat]) => ({ shape: flat ? [d.length] : [1, d.length, 1], data: d }));
const name = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((s) => s.length <= 256 && s !== '__metadata__'),
  fc.constantFrom('0', '17', '__proto__', 'constructor', 'a"b', '\u0000'),
);
const entries = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc
    .uniqueArray(fc.tuple(name, value), { maxLength: 6, selector: ([n]) => n })
    .map((pairs) => Object.fromEntries(pairs));
const metadata = entries(fc.string({ unit: 'grapheme' })).filter((m) => !Object.hasOwn(m, 'sha256'));

test('written tensors are read back bit for bit', () => {
  const path = join(dir, 'round-trip.safetensors');
  fc.assert(
    fc.property(entries(tensor), metadata, (tensors, meta) => {
      const checksum = writeSafetensors(path, tensors, meta);
      const file = readSafetensors(path);
      assert.equal(file.checksum, checksum);
      assert.deepEqual(new Map(file.metadata), new Map(Object.entries({ ...meta, sha256: checksum })));
      assert.deepEqual([...file.tensors.keys()].sort(), Object.keys(tensors).sort());
      for (const [key, { shape, data }] of Object.entries(tensors)) {
        assert.deepEqual(file.tensors.get(key)?.shape, shape);
        assert.deepEqual(file.tensors.get(key)?.data, data);
      }
    }),
    { numRuns: 60 },
  );
});

test('every tensor starts at a multiple of its element size', () => {
  const small = { a: { shape: [3], data: new Uint8Array(3) }, b: { shape: [1], data: new Float32Array(1) } };
  const { parts } = encodeSafetensors({ ...small, c: { shape: [1], data: Float64Array.of(Math.PI) } }, { note: 'x' });
  const bytes = new Uint8Array(Buffer.concat(parts));
  const { tensors } = parseSafetensors(bytes);
  for (const { data: view } of tensors.values()) assert.equal(view.buffer, bytes.buffer);
  assert.deepEqual([...tensors.keys()], ['c', 'b', 'a']);
});

test('tensors on shared memory are written too', () => {
  const shared = new Float32Array(new SharedArrayBuffer(16), 4, 2);
  shared.set([1, 2]);
  const path = join(dir, 'shared.safetensors');
  writeSafetensors(path, { a: { shape: [2], data: shared } });
  assert.deepEqual(readSafetensors(path).tensors.get('a')?.data, Float32Array.of(1, 2));
});

/** Small enough to damage at every place. */
const sample = (): Buffer =>
  Buffer.concat(
    encodeSafetensors(
      { user: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }, n: { shape: [3], data: Uint8Array.of(7, 8, 9) } },
      { state: '{"best":0.5}' },
    ).parts,
  );

test('every flipped bit is noticed', () => {
  const path = join(dir, 'flipped.safetensors');
  const bytes = sample();
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    fs.writeFileSync(path, bytes);
    assert.throws(() => readSafetensors(path), isDamaged, `bit ${bit & 7} of byte ${bit >> 3}`);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
});

test('every truncation, and anything added, is noticed', () => {
  const path = join(dir, 'cut.safetensors');
  const bytes = sample();
  for (let size = 0; size < bytes.length; size++) {
    fs.writeFileSync(path, bytes.subarray(0, size));
    assert.throws(() => readSafetensors(path), isDamaged, `${size} bytes`);
  }
  fs.writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(1)]));
  assert.throws(() => readSafetensors(path), isDamaged);
});

test('any overwritten stretch is noticed', () => {
  const path = join(dir, 'overwritten.safetensors');
  const bytes = sample();
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ minLength: 1, maxLength: 64 }), (at, noise) => {
      const changed = Buffer.from(bytes);
      changed.set(noise.subarray(0, bytes.length - at), at);
      fc.pre(!changed.equals(bytes));
      fs.writeFileSync(path, changed);
      assert.throws(() => readSafetensors(path), isDamaged);
    }),
  );
});

test('a size in the header that exceeds the file allocates no memory', () => {
  const path = join(dir, 'claims.safetensors');
  const read = fs.readSync;
  let most = 0;
  mock.method(fs, 'readSync', (...args: Parameters<typeof read>) => {
    most = Math.max(most, (args[1] as Uint8Array).length);
    return read(...args);
  });
  const header = Buffer.from('{"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}');
  for (const claimed of [header.length, 99_999_999, 2 ** 50]) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(claimed));
    fs.writeFileSync(path, Buffer.concat([length, header]));
    assert.throws(() => readSafetensors(path, { foreign: true }), isDamaged);
  }
  mock.restoreAll();
  assert.equal(most, header.length);
});

test('a file of another program is read only when asked for', () => {
  const path = join(dir, 'foreign.safetensors');
  const header = Buffer.from('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  fs.writeFileSync(path, Buffer.concat([length, header, Buffer.of(5)]));
  assert.throws(() => readSafetensors(path), /has no checksum/);
  const file = readSafetensors(path, { foreign: true });
  assert.equal(file.checksum, undefined);
  assert.deepEqual(file.tensors.get('a')?.data, Uint8Array.of(5));
});

test('missing files and folders have another error than damaged ones', () => {
  const code = (wanted: string) => (error: unknown) => error instanceof RecdistillError && error.code === wanted;
  assert.throws(() => readSafetensors(join(dir, 'absent.safetensors')), code('file-missing'));
  assert.throws(() => readSafetensors(dir), code('read-failed'));
});

test('tensorOf asks for name, type and shape', () => {
  const path = join(dir, 'typed.safetensors');
  writeSafetensors(path, { a: { shape: [2, 1], data: Int32Array.of(3, 4) } });
  const file = readSafetensors(path);
  assert.deepEqual(tensorOf(path, file, 'a', Int32Array, [null, 1]), Int32Array.of(3, 4));
  assert.throws(() => tensorOf(path, file, 'b', Int32Array, [2]), /no tensor "b"/);
  assert.throws(
    () => tensorOf(path, file, 'a', Float32Array, [2, 1]),
    /Int32Array of shape \[2,1\]; expected a Float32Array/,
  );
  assert.throws(() => tensorOf(path, file, 'a', Int32Array, [2]), isDamaged);
});

test('what the format cannot hold is refused before anything is written', () => {
  const path = join(dir, 'never.safetensors');
  const one = new Float32Array(1);
  const refused: Record<string, Tensor>[] = [
    { a: { shape: [2], data: one } },
    { a: { shape: [-1], data: one } },
    { a: { shape: [1, 1, 1, 1, 1, 1, 1, 1, 1], data: one } },
    { '': { shape: [1], data: one } },
    { ['x'.repeat(257)]: { shape: [1], data: one } },
    { __metadata__: { shape: [1], data: one } },
  ];
  for (const tensors of refused) assert.throws(() => writeSafetensors(path, tensors), TypeError);
  assert.throws(() => writeSafetensors(path, {}, { sha256: 'mine' }), TypeError);
  assert.equal(fs.existsSync(path), false);
});
