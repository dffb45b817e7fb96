/** SHA-256 of tensors, JSON values and rows, such that what only names or orders things differently has the same hash. */
import { createHash } from 'node:crypto';
import type { Tensor } from 'recdistill/student';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** Numbers count to the last bit: JSON writes each double in a form that reads back to it. The order of keys does not count. */
export const digestJson = (value: Json): string => sha256(canonical(value));

/** The order of rows does not count. */
export const digestRows = (rows: readonly string[]): string => sha256([...rows].sort().join('\n'));

export const digestBytes = (bytes: Uint8Array): string => sha256(bytes);

/**
 * Element types, shapes and bytes of the tensors of a safetensors file. Their names, their order and the metadata do
 * not count, so that they may be renamed.
 * @throws Error if the bytes are no safetensors file with a tensor
 */
export function digestTensors(file: Uint8Array): string {
  const start = 8 + Number(Buffer.from(file).readBigUInt64LE(0));
  const header: unknown = JSON.parse(Buffer.from(file.subarray(8, start)).toString('utf8'));
  const tensors = Object.entries(header as Record<string, TensorEntry>).filter(([name]) => name !== '__metadata__');
  if (tensors.length === 0) throw new Error('a safetensors file without a tensor');
  const digests = tensors.map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]) => {
      if (start + end > file.length) throw new Error(`the safetensors file ends within the tensor ${name}`);
      return sha256(`${dtype} ${shape.join('x')}\n`, file.subarray(start + begin, start + end));
    },
  );
  return digestRows(digests);
}

/** The same of tensors in memory. */
export const digestTensorList = (tensors: readonly Tensor[]): string =>
  digestRows(
    tensors.map(({ shape, data }) => {
      const dtype = dtypes[data.constructor.name];
      if (dtype === undefined) throw new Error(`no element type for a ${data.constructor.name}`);
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return sha256(`${dtype} ${shape.join('x')}\n`, bytes);
    }),
  );

const dtypes: Readonly<Record<string, string>> = {
  ...{ Float64Array: 'F64', Float32Array: 'F32', Int32Array: 'I32', Uint32Array: 'U32' },
  ...{ Uint16Array: 'F16', Int8Array: 'I8', Uint8Array: 'U8' },
};

interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_, part: Json) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
