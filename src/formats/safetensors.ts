/**
 * Safetensors files with a checksum of the whole file, including the header. The header starts with
 * `{"__metadata__":{"sha256":"<64 digits>"`: the SHA-256 (hex) of the file with these 64 digits replaced by zeros. Other
 * readers see ordinary metadata; ours detects any changed bit.
 */
import { createHash } from 'node:crypto';
import { fail } from '../errors.js';
import { runSync, within } from '../progress.js';
import {
  type Dtype,
  dtypes,
  headerLength,
  limits,
  parseHeader,
  type Safetensors,
  type Tensor,
  type TensorData,
  type TensorType,
  tensorData,
  viewTensors,
} from '../student/safetensors.js';
import { StudentError } from '../student/student-error.js';
import { PIECE, piecesOf, writingAtomic } from './atomic.js';
import { readFailed } from './io-error.js';
import { type OpenFile, openFile, withFile } from './read.js';

export type { Tensor, TensorData, TensorType };

const prefix = '{"__metadata__":{"sha256":"';
const zeros = '0'.repeat(64);

export interface ReadSafetensors extends Safetensors {
  /** The checksum of the file. Undefined if it has none, because another program wrote it. */
  readonly checksum: string | undefined;
}

/**
 * Encodes a file. Tensors are sorted by decreasing element size, then by name, so that they are aligned.
 * @returns the parts of the file, which share memory with the tensors, and its checksum
 * @throws TypeError if a shape does not match its data or a name is not allowed
 */
export const encodeSafetensors = (
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): EncodedSafetensors => runSync(encodingSafetensors(tensors, metadata));

export interface EncodedSafetensors {
  readonly parts: readonly Uint8Array[];
  readonly checksum: string;
}

/** The same in parts. */
export function* encodingSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Generator<number, EncodedSafetensors> {
  const sorted = Object.entries(tensors)
    .map(([name, { shape, data }]) => {
      return { name, shape, data, dtype: dtypeOf(name, shape, data), byteLength: data.byteLength };
    })
    .sort((a, b) => dtypes[b.dtype] - dtypes[a.dtype] || (a.name < b.name ? -1 : 1));
  const header = headerOf(sorted, metadata);
  const parts = [header, ...sorted.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
  return { parts, checksum: yield* signing(header, parts, lengthOf(parts)) };
}

interface Place {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly byteLength: number;
}

/** The first bytes of a file with these tensors in order, with zeros instead of its checksum. @throws TypeError as `encodeSafetensors` */
function headerOf(sorted: readonly Place[], metadata: Readonly<Record<string, string>>): Buffer {
  if (Object.hasOwn(metadata, 'sha256')) throw new TypeError('the metadata entry "sha256" is the checksum of the file');
  // Not from an object: it would move integer-like keys before the checksum.
  const words = Object.entries(metadata).map(([key, text]) => `,${JSON.stringify(key)}:${JSON.stringify(text)}`);
  let at = 0;
  const entries = sorted.map(({ name, dtype, shape, byteLength }) => {
    const place = [at, at + byteLength];
    at += byteLength;
    return `,${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: place })}`;
  });
  const text = Buffer.from(`${prefix}${zeros}"${words.join('')}}${entries.join('')}}`);
  const header = Buffer.alloc(8 + Math.ceil(text.length / 8) * 8, ' ');
  if (header.length - 8 > limits.headerBytes) throw new TypeError(`the header has ${header.length} bytes; too many`);
  header.writeBigUInt64LE(BigInt(header.length - 8));
  text.copy(header, 8);
  return header;
}

/** Writes the checksum of a file into its header. @param parts the file, with this header */
function* signing(header: Buffer, parts: Iterable<Uint8Array>, bytes: number): Generator<number, string> {
  const checksum = yield* digesting(parts, bytes);
  header.write(checksum, 8 + prefix.length, 'latin1');
  return checksum;
}

/**
 * Writes a file atomically.
 * @param tensors by name: 1 to 256 characters each, at most 8 dimensions
 * @param metadata additional texts
 * @returns the checksum of the file
 * @throws RecdistillError `write-failed`; TypeError those of `encodeSafetensors`
 */
export const writeSafetensors = (
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): string => runSync(writingSafetensors(path, tensors, metadata));

/** The same in parts. */
export function* writingSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Generator<number, string> {
  const { parts, checksum } = yield* within(encodingSafetensors(tensors, metadata), 0, HASHED);
  yield* within(writingAtomic(path, parts, lengthOf(parts)), HASHED, 1);
  return checksum;
}

/** Share of the time of writing a file that its checksum takes. */
const HASHED = 0.5;

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);

/** A tensor of int32 that is larger than what is held of it. */
export interface LargeTensor {
  readonly shape: readonly number[];
  /** All its elements in order, in parts. Called twice. */
  parts(): Iterable<Int32Array>;
}

/**
 * Writes a file of one tensor atomically, part by part, with the same bytes as `writeSafetensors`.
 * @returns the checksum of the file
 * @throws RecdistillError `write-failed`; TypeError those of `encodeSafetensors`
 */
export function* writingLargeSafetensors(
  path: string,
  name: string,
  { shape, parts }: LargeTensor,
  metadata: Readonly<Record<string, string>> = {},
): Generator<number, string> {
  const byteLength = shape.reduce((product, n) => product * n, 4);
  const header = headerOf([{ name, dtype: 'I32', shape, byteLength }], metadata);
  function* bytes(): Generator<Uint8Array> {
    yield header;
    for (const part of parts()) yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
  const length = header.length + byteLength;
  const checksum = yield* within(signing(header, bytes(), length), 0, HASHED);
  yield* within(writingAtomic(path, bytes(), length), HASHED, 1);
  return checksum;
}

/**
 * Reads a file and validates all of it.
 * @param options.foreign also accept files without a checksum, from other programs. Default: false
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
 */
export const readSafetensors = (path: string, options: { foreign?: boolean } = {}): ReadSafetensors =>
  runSync(readingSafetensors(path, options));

/** The same in parts. */
export function* readingSafetensors(
  path: string,
  options: { foreign?: boolean } = {},
): Generator<number, ReadSafetensors> {
  const { file, close } = openFile(path);
  try {
    const { header, checksum, start, blank } = openHeader(file);
    const data = file.read(start, file.bytes - start);
    if (checksum === undefined && !options.foreign) refuseUnsigned(path);
    if (checksum !== undefined && (yield* digesting([blank, data], file.bytes)) !== checksum) refuseChanged(path);
    return { metadata: header.metadata, tensors: viewTensors(header, data), checksum };
  } catch (cause) {
    return fileError(path, cause);
  } finally {
    close();
  }
}

/**
 * The checksum that the content of a file has, whatever its header says. The file is read in pieces.
 * @throws RecdistillError `file-missing`, `read-failed`
 */
export const checksumOf = (path: string): string =>
  withFile(path, ({ bytes, read }) => {
    const hash = createHash('sha256');
    for (let from = 0; from < bytes; from += PIECE) {
      const piece = read(from, Math.min(PIECE, bytes - from));
      if (from === 0) Buffer.from(piece.buffer).write(zeros, 8 + prefix.length, 'latin1');
      hash.update(piece);
    }
    return hash.digest('hex');
  });

export interface SafetensorsPlaces {
  readonly metadata: ReadonlyMap<string, string>;
  readonly checksum: string;
  /** Shape and position of the first byte in the file, of each tensor by its name. */
  readonly tensors: ReadonlyMap<
    string,
    { readonly shape: readonly number[]; readonly dtype: string; readonly position: number }
  >;
}

/**
 * Validates all of an open file, in parts and without holding it.
 * @throws RecdistillError `read-failed`, `artifact-damaged`
 */
export function* verifyingSafetensors(file: OpenFile): Generator<number, SafetensorsPlaces> {
  try {
    const { header, checksum = refuseUnsigned(file.path), start, blank } = openHeader(file);
    function* bytes(): Generator<Uint8Array> {
      yield blank;
      for (let at = start; at < file.bytes; at += PIECE) yield file.read(at, Math.min(PIECE, file.bytes - at));
    }
    if ((yield* digesting(bytes(), file.bytes)) !== checksum) refuseChanged(file.path);
    const tensors = header.entries.map(
      ({ name, dtype, shape, begin }) => [name, { shape, dtype, position: start + begin }] as const,
    );
    return { metadata: header.metadata, checksum, tensors: new Map(tensors) };
  } catch (cause) {
    return fileError(file.path, cause);
  }
}

/** @returns the header, where the tensors start, and the bytes before them as they were hashed */
function openHeader({ bytes, read }: OpenFile) {
  const first = read(0, Math.min(8, bytes));
  const length = headerLength(first, bytes);
  const head = Buffer.from(read(8, length).buffer);
  const start = 8 + length;
  const header = parseHeader(head, bytes - start);
  const checksum = head.toString('latin1', 0, prefix.length) === prefix ? header.metadata.get('sha256') : undefined;
  if (checksum !== undefined) head.write(zeros, prefix.length, 'latin1');
  return { header, checksum, start, blank: Buffer.concat([first, head]) };
}

const refuseUnsigned = (path: string): never =>
  fail('artifact-damaged', { path, problem: 'it has no checksum, so recdistill did not write it' });

const refuseChanged = (path: string): never =>
  fail('artifact-damaged', { path, problem: 'its content does not match its SHA-256' });

/**
 * The elements of the tensor `name` of the expected type and shape. `null` in the shape allows any length.
 * @throws RecdistillError `artifact-damaged`
 */
export function tensorOf<T extends TensorData>(
  path: string,
  file: Safetensors,
  name: string,
  type: TensorType<T>,
  shape: readonly (number | null)[],
): T {
  const tensor = file.tensors.get(name);
  if (!tensor) fail('artifact-damaged', { path, problem: `it has no tensor "${name}"` });
  return asFileError(path, () => tensorData(name, tensor, type, shape));
}

/** Runs `work` and converts a StudentError to an error about the file `path`. */
function asFileError<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    return fileError(path, cause);
  }
}

function fileError(path: string, cause: unknown): never {
  if (cause instanceof StudentError) fail('artifact-damaged', { path, problem: cause.message }, cause);
  readFailed(path, cause);
}

function dtypeOf(name: string, shape: readonly number[], data: TensorData): Dtype {
  if (name === '__metadata__' || name.length === 0 || name.length > limits.nameLength) {
    throw new TypeError(`"${name.slice(0, 60)}" is not a valid name of a tensor`);
  }
  const length = shape.reduce((product, n) => product * n, 1);
  if (
    shape.length > limits.dimensions ||
    !shape.every((n) => Number.isSafeInteger(n) && n >= 0) ||
    length !== data.length
  ) {
    throw new TypeError(`tensor "${name}" of shape [${shape}] needs ${length} elements; it has ${data.length}`);
  }
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Uint32Array) return 'U32';
  if (data instanceof Uint16Array) return 'F16';
  if (data instanceof Int8Array) return 'I8';
  return 'U8';
}

/** SHA-256 (hex). @param bytes of all parts */
function* digesting(parts: Iterable<Uint8Array>, bytes: number): Generator<number, string> {
  const hash = createHash('sha256');
  let done = 0;
  for (const piece of piecesOf(parts)) {
    hash.update(piece);
    done += piece.length;
    yield done / bytes;
  }
  return hash.digest('hex');
}
