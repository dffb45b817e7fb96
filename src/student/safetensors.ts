/**
 * Strict reader of the safetensors format (https://github.com/huggingface/safetensors):
 * 8 bytes header length (little-endian), the header as JSON, then the data section.
 * No size in the file is used for an allocation before it is checked against the available bytes.
 */
import { parseJson } from './bounded-json.js';
import { isPlainObject } from './canonical-json.js';
import { damaged } from './student-error.js';

/** A Uint16Array holds the bits of half-precision values (F16). */
export type TensorData = Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Int8Array | Uint8Array;

export interface Tensor {
  /** Length of each dimension. `[]` is a scalar. */
  readonly shape: readonly number[];
  /** The elements in row-major order. */
  readonly data: TensorData;
}

/** Supported element types with their size in bytes. Any other type is rejected. */
export const dtypes = { F64: 8, F32: 4, I32: 4, U32: 4, F16: 2, I8: 1, U8: 1 } as const;
export type Dtype = keyof typeof dtypes;

/** Limits of a header. The limit of its length is that of the original safetensors implementation. */
export const limits = { headerBytes: 100_000_000, tensors: 100_000, nameLength: 256, dimensions: 8 } as const;

/** A header nests three levels. An entry of the most dimensions has 15 values. */
const headerLimits = { bytes: limits.headerBytes, depth: 8, values: 20 * limits.tensors };

interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte range in the data section: start, and end (exclusive). */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** Ascending by offset. Together they cover the data section without gap or overlap. */
  readonly entries: readonly TensorEntry[];
}

export interface Safetensors {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/**
 * Reads the first 8 bytes of a file of `fileBytes` bytes.
 * @returns the header's length in bytes, at least 2 and within the file
 * @throws StudentError `bundle-damaged`
 */
export function headerLength(first: Uint8Array, fileBytes: number): number {
  if (fileBytes < 10 || first.length < 8) damaged(`it has ${fileBytes} bytes, too few for a safetensors file`);
  const view = new DataView(first.buffer, first.byteOffset, 8);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > limits.headerBytes)
    damaged(`its header claims ${length} bytes; at most ${limits.headerBytes} are allowed`);
  if (length < 2 || length > fileBytes - 8) damaged(`its header claims ${length} bytes, but the file has ${fileBytes}`);
  return length;
}

/**
 * Parses a header and checks it against the size of the data section.
 * @param header bytes of the header, without the 8 bytes of its length
 * @param dataBytes number of bytes after the header
 * @throws StudentError `bundle-damaged`
 */
export function parseHeader(header: Uint8Array, dataBytes: number): SafetensorsHeader {
  const json = parsed(header);
  const metadata = new Map<string, string>();
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name !== '__metadata__') {
      entries.push(entryOf(name, value, dataBytes));
      continue;
    }
    if (!isPlainObject(value)) damaged('the metadata of its header is not an object');
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== 'string') damaged(`the metadata entry "${short(key)}" is not text`);
      metadata.set(key, text);
    }
  }
  if (entries.length > limits.tensors)
    damaged(`it has ${entries.length} tensors; at most ${limits.tensors} are allowed`);
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at) damaged(`tensor "${name}" starts at byte ${begin} of the data; expected ${at}`);
    at = end;
  }
  if (at !== dataBytes) damaged(`its tensors need ${at} bytes of data, but the file has ${dataBytes}`);
  return { metadata, entries };
}

/**
 * Reads a file that is in memory. Tensors are views of `bytes` if the alignment allows it, else copies.
 * @throws StudentError `bundle-damaged`
 */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  const length = headerLength(bytes.subarray(0, 8), bytes.length);
  const header = parseHeader(bytes.subarray(8, 8 + length), bytes.length - 8 - length);
  return { metadata: header.metadata, tensors: viewTensors(header, bytes.subarray(8 + length)) };
}

/** Creates the tensors of a checked header from its data section. */
export function viewTensors(header: SafetensorsHeader, data: Uint8Array): ReadonlyMap<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of header.entries) {
    // Not subarray: on a Buffer it returns a Buffer, whose slice does not copy.
    const section = new Uint8Array(data.buffer, data.byteOffset + begin, end - begin);
    tensors.set(name, { shape, data: viewOf(dtype, section) });
  }
  return tensors;
}

/** The typed array class of a tensor's elements. */
export interface TensorType<T extends TensorData> {
  readonly name: string;
  new (length: number): T;
}

/**
 * The elements of a tensor of the expected type and shape. `null` in the shape allows any length.
 * @throws StudentError `bundle-damaged`
 */
export function tensorData<T extends TensorData>(
  name: string,
  tensor: Tensor,
  type: TensorType<T>,
  shape: readonly (number | null)[],
): T {
  const { data } = tensor;
  const fits = tensor.shape.length === shape.length && shape.every((n, d) => n === null || n === tensor.shape[d]);
  if (fits && data instanceof type) return data;
  const given = `${data.constructor.name} of shape [${tensor.shape}]`;
  damaged(`tensor "${name}" is a ${given}; expected a ${type.name} of shape [${shape.map((n) => n ?? 'any')}]`);
}

function viewOf(dtype: Dtype, section: Uint8Array): TensorData {
  const bytes = section.byteOffset % dtypes[dtype] === 0 ? section : section.slice();
  const length = bytes.length / dtypes[dtype];
  switch (dtype) {
    case 'F64':
      return new Float64Array(bytes.buffer, bytes.byteOffset, length);
    case 'F32':
      return new Float32Array(bytes.buffer, bytes.byteOffset, length);
    case 'I32':
      return new Int32Array(bytes.buffer, bytes.byteOffset, length);
    case 'U32':
      return new Uint32Array(bytes.buffer, bytes.byteOffset, length);
    case 'F16':
      return new Uint16Array(bytes.buffer, bytes.byteOffset, length);
    case 'I8':
      return new Int8Array(bytes.buffer, bytes.byteOffset, length);
    case 'U8':
      return bytes;
  }
}

function parsed(header: Uint8Array): Record<string, unknown> {
  let json: unknown;
  try {
    json = parseJson(header, headerLimits);
  } catch (cause) {
    damaged(`its header cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, undefined, cause);
  }
  // The format requires `{` as the first byte, which distinguishes it from other files.
  if (!isPlainObject(json) || header[0] !== 0x7b) damaged('its header is not a JSON object');
  return json;
}

function entryOf(name: string, value: unknown, dataBytes: number): TensorEntry {
  if (name.length === 0 || name.length > limits.nameLength) {
    damaged(`a tensor's name has ${name.length} characters; expected 1 to ${limits.nameLength}`);
  }
  if (!isPlainObject(value)) damaged(`the entry of tensor "${name}" is not an object`);
  const { dtype, shape, data_offsets: offsets, ...rest } = value;
  if (Object.keys(rest).length > 0) damaged(`tensor "${name}" has an unknown field "${short(Object.keys(rest)[0]!)}"`);
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypes, dtype)) {
    damaged(`tensor "${name}" has the type ${short(JSON.stringify(dtype))}; known: ${Object.keys(dtypes).join(', ')}`);
  }
  if (!isCounts(shape) || shape.length > limits.dimensions) damaged(`tensor "${name}" has no valid shape`);
  if (!isCounts(offsets) || offsets.length !== 2) damaged(`tensor "${name}" has no valid offsets`);
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataBytes) damaged(`tensor "${name}" is at bytes ${begin} to ${end} of ${dataBytes}`);
  const expected = shape.reduce((product, length) => product * length, dtypes[dtype as Dtype]);
  if (expected !== end - begin)
    damaged(`tensor "${name}" of shape [${shape}] has ${end - begin} bytes; expected ${expected}`);
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((v) => Number.isSafeInteger(v) && v >= 0);

const short = (text: string | undefined): string =>
  text === undefined ? 'missing' : text.length > 60 ? `${text.slice(0, 60)}...` : text;
