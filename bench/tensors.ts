/** Arrays that go from one process to another: raw little-endian files and one JSON header in a folder. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

export type Tensors = Readonly<Record<string, Tensor>>;

interface HeaderEntry {
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly file: string;
}

const HEADER = 'header.json';

/** An array with a shape; without one it is a vector. */
export function tensor(data: Float32Array | Int32Array, ...shape: number[]): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  if (shape.length > 0 && size !== data.length)
    throw new RangeError(`${data.length} numbers do not fill ${shape.join(' x ')}`);
  return { shape: shape.length > 0 ? shape : [data.length], data };
}

/** Writes `<name>.bin` for each array and `header.json` last. The folder is made if it is missing. */
export async function writeTensors(folder: string, tensors: Tensors): Promise<void> {
  onlyLittleEndian();
  await mkdir(folder, { recursive: true });
  const header: Record<string, HeaderEntry> = {};
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    const file = `${name}.bin`;
    await writeFile(join(folder, file), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    header[name] = { dtype: data instanceof Float32Array ? 'float32' : 'int32', shape, file };
  }
  await writeFile(join(folder, HEADER), JSON.stringify(header));
}

/** Reads a folder that `writeTensors` or a peer wrote. */
export async function readTensors(folder: string): Promise<Tensors> {
  onlyLittleEndian();
  const header = JSON.parse(await readFile(join(folder, HEADER), 'utf8')) as Record<string, HeaderEntry>;
  const tensors: Record<string, Tensor> = {};
  for (const [name, { dtype, shape, file }] of Object.entries(header)) {
    const bytes = await readFile(join(folder, file));
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    tensors[name] = tensor(dtype === 'float32' ? new Float32Array(buffer) : new Int32Array(buffer), ...shape);
  }
  return tensors;
}

function onlyLittleEndian(): void {
  if (endianness() !== 'LE')
    throw new Error('the benchmark hands arrays over in little-endian files; this machine is big-endian');
}
