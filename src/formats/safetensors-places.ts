/** Where the tensors of a safetensors file lie, so that ranges of them are read without the rest. */
import { fail } from '../errors.js';
import { type Dtype, dtypes, headerLength, parseHeader } from '../student/safetensors.js';
import { StudentError } from '../student/student-error.js';
import { withFile } from './read.js';

export interface TensorPlace {
  /** Name of the typed array of its elements. */
  readonly type: string;
  /** Number of elements. */
  readonly length: number;
  /** Of its first byte in the file. */
  readonly position: number;
}

/** The typed array of each type of elements. */
const ARRAYS: Readonly<Record<Dtype, string>> = {
  ...{ F64: 'Float64Array', F32: 'Float32Array', I32: 'Int32Array', U32: 'Uint32Array' },
  ...{ F16: 'Uint16Array', I8: 'Int8Array', U8: 'Uint8Array' },
};

/**
 * The places of all tensors, by name. The checksum of the file is not verified.
 * @throws RecdistillError `file-missing`, `read-failed`, `artifact-damaged`
 */
export const readHeader = (path: string): ReadonlyMap<string, TensorPlace> =>
  withFile(path, ({ bytes, read }) => {
    try {
      const length = headerLength(read(0, Math.min(8, bytes)), bytes);
      const { entries } = parseHeader(read(8, length), bytes - 8 - length);
      return new Map(
        entries.map(({ name, dtype, begin, end }) => [
          name,
          { type: ARRAYS[dtype], length: (end - begin) / dtypes[dtype], position: 8 + length + begin },
        ]),
      );
    } catch (cause) {
      if (cause instanceof StudentError) fail('artifact-damaged', { path, problem: cause.message }, cause);
      throw cause;
    }
  });
