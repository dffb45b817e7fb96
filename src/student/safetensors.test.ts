import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSafetensors } from './safetensors.js';
import { StudentError } from './student-error.js';

// Written by Python's safetensors 0.8.0: save({'f': float32 [[1,2],[3,4.5]], 'n': int32 [-5,6], 'd': float64 2.5,
// 'b': uint8 [1,2,3]}, metadata={'made by': 'numpy'}).
const fromPython =
  'AAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJtYWRlIGJ5IjoibnVtcHkifSwiZCI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRz' +
  'IjpbMCw4XX0sImYiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsMl0sImRhdGFfb2Zmc2V0cyI6WzgsMjRdfSwibiI6eyJkdHlwZSI6IkkzMiIsInNoYXBl' +
  'IjpbMl0sImRhdGFfb2Zmc2V0cyI6WzI0LDMyXX0sImIiOnsiZHR5cGUiOiJVOCIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzMyLDM1XX19ICAgAAAA' +
  'AAAABEAAAIA/AAAAQAAAQEAAAJBA+////wYAAAABAgM=';

function file(header: string | object, data = 0, claimed?: bigint): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(data)]);
}

const tensor = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = 'F32'): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

test('reads a file that Python wrote', () => {
  const { metadata, tensors } = parseSafetensors(new Uint8Array(Buffer.from(fromPython, 'base64')));
  assert.deepEqual([...metadata], [['made by', 'numpy']]);
  assert.deepEqual(tensors.get('f'), { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4.5) });
  assert.deepEqual(tensors.get('n'), { shape: [2], data: Int32Array.of(-5, 6) });
  assert.deepEqual(tensors.get('d'), { shape: [], data: Float64Array.of(2.5) });
  assert.deepEqual(tensors.get('b'), { shape: [3], data: Uint8Array.of(1, 2, 3) });
});

test('copies tensors that are not aligned in memory, and views those that are', () => {
  const bytes = Buffer.from(fromPython, 'base64');
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const { tensors } = parseSafetensors(shifted.subarray(1));
  assert.deepEqual(tensors.get('f')?.data, Float32Array.of(1, 2, 3, 4.5));
  assert.notEqual(tensors.get('f')?.data.buffer, shifted.buffer);
  const aligned = new Uint8Array(bytes);
  assert.equal(parseSafetensors(aligned).tensors.get('f')?.data.buffer, aligned.buffer);
});

test('refuses every header that does not fit its file', () => {
  const hostile: [string, Uint8Array, RegExp][] = [
    ['empty', new Uint8Array(0), /0 bytes/],
    ['only a length', file(''), /8 bytes/],
    ['header of 2^63 bytes', file('{}', 0, 2n ** 63n), /claims 9223372036854776000 bytes/],
    ['header longer than the file', file('{}', 0, 3n), /claims 3 bytes, but the file has 10/],
    ['not JSON', file('{"a":'), /not JSON/],
    ['not an object', file('[]'), /not a JSON object/],
    ['a space first', file(' {}'), /not a JSON object/],
    ['metadata that is a list', file({ __metadata__: [] }), /metadata/],
    ['metadata that is not text', file({ __metadata__: { a: 1 } }), /"a" is not text/],
    ['a tensor that is a number', file({ a: 1 }), /"a" is not an object/],
    ['an empty name', file({ '': tensor(0, 0) }), /0 characters/],
    ['a long name', file({ ['x'.repeat(257)]: tensor(0, 0) }), /257 characters/],
    ['an unknown type', file({ a: tensor(0, 2, [1], 'BF16') }, 2), /type "BF16"/],
    ['a type from the prototype', file({ a: tensor(0, 4, [1], 'constructor') }, 4), /type "constructor"/],
    ['no type', file({ a: { shape: [], data_offsets: [0, 4] } }, 4), /type missing/],
    ['an unknown field', file({ a: { ...tensor(0, 4), device: 'x' } }, 4), /unknown field "device"/],
    ['a negative length', file({ a: tensor(0, 4, [-1]) }, 4), /no valid shape/],
    ['a fraction as length', file({ a: tensor(0, 4, [0.5]) }, 4), /no valid shape/],
    ['nine dimensions', file({ a: tensor(0, 4, [1, 1, 1, 1, 1, 1, 1, 1, 1]) }, 4), /no valid shape/],
    ['a shape whose size overflows', file({ a: tensor(0, 4, [2 ** 52, 2 ** 52]) }, 4), /expected/],
    ['a shape larger than its bytes', file({ a: tensor(0, 4, [2]) }, 4), /has 4 bytes; expected 8/],
    ['three offsets', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 4] } }, 4), /no valid offsets/],
    ['an end before the start', file({ a: tensor(4, 0, [1]) }, 4), /bytes 4 to 0/],
    ['an end outside the file', file({ a: tensor(0, 8) }, 4), /bytes 0 to 8 of 4/],
    ['a gap', file({ a: tensor(0, 4), b: tensor(8, 12) }, 12), /"b" starts at byte 8 of the data; expected 4/],
    ['an overlap', file({ a: tensor(0, 8), b: tensor(4, 12) }, 12), /"b" starts at byte 4/],
    ['data after the last tensor', file({ a: tensor(0, 4) }, 5), /need 4 bytes of data, but the file has 5/],
    ['no tensor but data', file({}, 1), /need 0 bytes/],
  ];
  for (const [what, bytes, message] of hostile) {
    assert.throws(
      () => parseSafetensors(bytes),
      (error) => error instanceof StudentError && error.code === 'bundle-damaged' && message.test(error.message),
      what,
    );
  }
});

test('takes names that mean something to JavaScript as names', () => {
  const { tensors } = parseSafetensors(file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4));
  assert.deepEqual([...tensors.keys()], ['__proto__']);
  assert.equal(tensors.get('constructor'), undefined);
});
